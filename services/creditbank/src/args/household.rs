//! The arguments of the commands about households.

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

#[derive(Debug, ClapArgs)]
pub(crate) struct HouseholdArgs {
    #[command(subcommand)]
    pub(crate) command: HouseholdCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HouseholdCommand {
    /// Record that a resident came into a household
    Join(Join),
    /// Record that a resident left it
    Leave(Leave),
    /// Its members, with their dates
    Members(Members),
    /// Record that it belongs to another community
    Move(Move),
    /// Record that it is no more
    Dissolve(Dissolve),
    /// Let some members live in a new household
    Split(Split),
    /// Name or release a minor's guardian
    #[command(subcommand)]
    Guardian(Guardian),
    /// Record that somebody agreed to what a record is used for, or does no longer
    #[command(subcommand)]
    Consent(Consent),
    /// Its community, the members of a day, their guardians, and who agreed
    Show(Show),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Join {
    /// households/ID
    pub(crate) household: String,
    /// residents/ID
    pub(crate) account: String,
    /// First day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: String,
    /// Last day, of a membership that is over already
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) last_day: Option<String>,
    /// Not of age
    #[arg(long)]
    pub(crate) minor: bool,
    /// The community of the household, or an organisation above it
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Leave {
    /// households/ID
    pub(crate) household: String,
    /// residents/ID
    pub(crate) account: String,
    /// Last day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) last_day: String,
    /// The community of the household, or an organisation above it
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Members {
    /// households/ID
    pub(crate) household: String,
    /// Only who was a member on this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) day: Option<String>,
    /// As it was at this position of the ledger
    #[arg(long, value_name = "POSITION")]
    pub(crate) as_of: Option<u64>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Move {
    /// households/ID
    pub(crate) household: String,
    /// The community it belongs to
    #[arg(long, value_name = "ID")]
    pub(crate) to: String,
    /// First day there
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: String,
    /// The community that it leaves, or an organisation above both
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Dissolve {
    /// households/ID
    pub(crate) household: String,
    /// Its last day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) last_day: String,
    /// The community of the household, or an organisation above it
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Split {
    /// households/ID
    pub(crate) household: String,
    /// Who lives in the new one: residents/ID, one or more
    #[arg(required = true)]
    pub(crate) members: Vec<String>,
    /// The id of the new household
    #[arg(long, value_name = "NEW-ID")]
    pub(crate) into: String,
    /// The community of the new one, if it is another
    #[arg(long, value_name = "ID")]
    pub(crate) community: Option<String>,
    /// First day there
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: String,
    /// The community of the household, or an organisation above it
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Guardian {
    /// Name a guardian: another person, of age
    Name(NameGuardian),
    /// Record that a guardian is one no longer
    Release(ReleaseGuardian),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct NameGuardian {
    /// The minor: residents/ID
    pub(crate) account: String,
    /// residents/ID
    pub(crate) guardian: String,
    /// First day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: String,
    /// The opener of the minor's account, or an organisation above it
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ReleaseGuardian {
    /// The minor: residents/ID
    pub(crate) account: String,
    /// residents/ID
    pub(crate) guardian: String,
    /// Last day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) last_day: String,
    /// The opener of the minor's account, or an organisation above it
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Consent {
    /// To what --for says
    Give(GiveConsent),
    /// It is agreed to no longer, whoever agreed
    Withdraw(WithdrawConsent),
}

/// What somebody agrees to.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ConsentPurpose {
    /// To take part in the yearly selection of learning families, and to be named publicly
    Selection,
    /// That the directory keeps personal data of a child under 14
    PersonalData,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct GiveConsent {
    /// residents/ID
    pub(crate) account: String,
    /// The guardian who agrees for a minor: residents/ID
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) by: Option<String>,
    /// First day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: String,
    /// To what
    #[arg(long = "for", value_enum, default_value = "selection")]
    pub(crate) purpose: ConsentPurpose,
    /// The opener of the account, or an organisation above it
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct WithdrawConsent {
    /// residents/ID
    pub(crate) account: String,
    /// Last day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) last_day: String,
    /// To what
    #[arg(long = "for", value_enum, default_value = "selection")]
    pub(crate) purpose: ConsentPurpose,
    /// The opener of the account, or an organisation above it
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Show {
    /// households/ID
    pub(crate) household: String,
    /// The day to tell of; else today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) day: Option<String>,
    /// As it was at this position of the ledger
    #[arg(long, value_name = "POSITION")]
    pub(crate) as_of: Option<u64>,
}
