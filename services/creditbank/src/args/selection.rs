//! The arguments of `creditbank selection`.

use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(crate) struct Selection {
    #[command(subcommand)]
    pub(crate) command: SelectionCommand,
}

/// Who acts.
#[derive(Debug, ClapArgs)]
pub(crate) struct Acting {
    /// The organisation whose step it is
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// The person who acts: the number of a post or an account, never a name
    #[arg(long, value_name = "ID")]
    pub(crate) person: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

/// One application.
#[derive(Debug, ClapArgs)]
pub(crate) struct Of {
    /// The selection
    pub(crate) selection: String,
    /// households/ID, residents/ID or organizations/ID
    pub(crate) account: String,
    #[command(flatten)]
    pub(crate) by: Acting,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SelectionCommand {
    /// Propose a standard from a file, or publish the one that was proposed
    PublishStandard(PublishStandard),
    /// Open a selection by the newest version of a standard
    Open(Open),
    /// Take an application in
    Apply(Of),
    /// Take an application back
    WithdrawApplication(Of),
    /// The community verifies an application
    VerifyApplication(VerifyApplication),
    /// The organisation above the community reviews it
    Review(Review),
    /// Appoint a judge
    Appoint(Appoint),
    /// Record the points of a judge
    Judge(Judge),
    /// Record a veto
    Veto(Ground),
    /// Record a hold
    Hold(Ground),
    /// Lift a hold
    Lift(Ground),
    /// Record how the panel voted on candidates that are equal at the edge
    Vote(Vote),
    /// Rank the candidates and propose to freeze that list
    Freeze(Close),
    /// Approve the list that was proposed to be frozen
    ApproveFreeze(ApproveFreeze),
    /// Make a frozen list anew from the log and compare its digest; exits with 3 where it differs
    Verify(SelectionName),
    /// Whoever of a frozen list stands otherwise by now
    Differences(SelectionName),
    /// Write the notice, the score sheets or the data of certificates as a page to print, a workbook or CSV
    Export(Export),
    /// Note that the differences were seen, by their digest
    NoteDifferences(ApproveFreeze),
    /// Propose whom to name
    Name(Name),
    /// Name who was proposed
    ApproveNaming(ApproveFreeze),
    /// Publish the notice
    Notice(Notice),
    /// Take in an objection
    Object(Ground),
    /// Answer an objection, or the appeal against that answer
    Answer(Answer),
    /// Take in an appeal
    Appeal(Appeal),
    /// Close a selection
    Close(Close),
    /// Record the yearly check of a title
    Recheck(Recheck),
    /// The titles of an account
    Titles(Holder),
    /// Propose to withdraw a title, or withdraw it
    Withdraw(Withdraw),
    /// A selection, or one of its applications
    Show(Show),
    /// The selections, or the applications of one
    List(List),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PublishStandard {
    /// The document to propose, TOML
    #[arg(required_unless_present = "standard", conflicts_with = "standard")]
    pub(crate) file: Option<PathBuf>,
    /// The standard to publish
    #[arg(long, value_name = "ID", requires_all = ["standard_version", "sha256"])]
    pub(crate) standard: Option<String>,
    /// Its version
    #[arg(long, value_name = "VERSION")]
    pub(crate) standard_version: Option<u32>,
    /// The digest of the document that was read
    #[arg(long, value_name = "DIGEST")]
    pub(crate) sha256: Option<String>,
    #[command(flatten)]
    pub(crate) by: Acting,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Open {
    /// The id of the selection
    pub(crate) selection: String,
    /// The standard
    #[arg(long, value_name = "ID")]
    pub(crate) standard: String,
    /// The civil year it is held for
    #[arg(long)]
    pub(crate) year: i32,
    /// The first day whose records are looked at
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: String,
    /// The last day whose records are looked at
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) to: String,
    /// The day whose members a household is taken to have
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) counted_on: String,
    /// The last day of applications
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) apply_until: String,
    #[command(flatten)]
    pub(crate) by: Acting,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct VerifyApplication {
    #[command(flatten)]
    pub(crate) of: Of,
    /// Recommend it
    #[arg(long)]
    pub(crate) recommend: bool,
    /// Confirm that it works, studies or lives in the district long enough
    #[arg(long)]
    pub(crate) residence: bool,
    /// SHA-256 of the stamped form
    #[arg(long, value_name = "DIGEST")]
    pub(crate) stamp: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Review {
    #[command(flatten)]
    pub(crate) of: Of,
    /// It goes on to the panel
    #[arg(long, conflicts_with = "failed", required_unless_present = "failed")]
    pub(crate) passed: bool,
    /// It does not
    #[arg(long)]
    pub(crate) failed: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Appoint {
    /// The selection
    pub(crate) selection: String,
    /// The judge: the number of a post or an account, never a name
    pub(crate) judge: String,
    /// The judge's own account: residents/ID
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) resident: Option<String>,
    #[command(flatten)]
    pub(crate) by: Acting,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Judge {
    #[command(flatten)]
    pub(crate) of: Of,
    /// The item of the standard
    #[arg(long)]
    pub(crate) item: String,
    /// The points
    #[arg(long)]
    pub(crate) points: u32,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Ground {
    #[command(flatten)]
    pub(crate) of: Of,
    /// The ground: a code
    #[arg(long, value_name = "CODE")]
    pub(crate) ground: String,
    /// SHA-256 of the evidence
    #[arg(long, value_name = "DIGEST")]
    pub(crate) evidence: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ApproveFreeze {
    /// The selection
    pub(crate) selection: String,
    /// The digest of what was read
    #[arg(long, value_name = "DIGEST")]
    pub(crate) sha256: String,
    #[command(flatten)]
    pub(crate) by: Acting,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Notice {
    /// The selection
    pub(crate) selection: String,
    /// First day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: String,
    /// Last day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) to: String,
    #[command(flatten)]
    pub(crate) by: Acting,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Answer {
    /// The selection
    pub(crate) selection: String,
    /// The number of the objection
    pub(crate) objection: u64,
    /// The objection is right
    #[arg(long, conflicts_with = "dismissed", required_unless_present = "dismissed")]
    pub(crate) upheld: bool,
    /// It is not
    #[arg(long)]
    pub(crate) dismissed: bool,
    /// It is the appeal that is answered
    #[arg(long)]
    pub(crate) appeal: bool,
    /// SHA-256 of the written answer
    #[arg(long, value_name = "DIGEST")]
    pub(crate) evidence: String,
    #[command(flatten)]
    pub(crate) by: Acting,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Appeal {
    /// The selection
    pub(crate) selection: String,
    /// The number of the objection
    pub(crate) objection: u64,
    /// SHA-256 of what was submitted
    #[arg(long, value_name = "DIGEST")]
    pub(crate) evidence: String,
    #[command(flatten)]
    pub(crate) by: Acting,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Close {
    /// The selection
    pub(crate) selection: String,
    #[command(flatten)]
    pub(crate) by: Acting,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Recheck {
    /// Who holds the title: households/ID, residents/ID or organizations/ID
    pub(crate) account: String,
    /// The title: a code
    #[arg(long, value_name = "CODE")]
    pub(crate) title: String,
    /// The civil year
    #[arg(long)]
    pub(crate) year: i32,
    /// It is not kept: it lapses today
    #[arg(long)]
    pub(crate) lapsed: bool,
    #[command(flatten)]
    pub(crate) by: Acting,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Withdraw {
    /// Who holds the title: households/ID, residents/ID or organizations/ID
    pub(crate) account: String,
    /// The title: a code
    #[arg(long, value_name = "CODE")]
    pub(crate) title: String,
    /// Propose it on this ground, a code; without it, approve what was proposed
    #[arg(long, value_name = "CODE", requires = "evidence", required_unless_present = "sha256")]
    pub(crate) ground: Option<String>,
    /// The digest of the proposal that was read and is approved
    #[arg(long, value_name = "DIGEST", conflicts_with = "ground")]
    pub(crate) sha256: Option<String>,
    /// SHA-256 of the evidence
    #[arg(long, value_name = "DIGEST")]
    pub(crate) evidence: Option<String>,
    #[command(flatten)]
    pub(crate) by: Acting,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Show {
    /// The selection
    pub(crate) selection: String,
    /// One of its applications: households/ID, residents/ID or organizations/ID
    pub(crate) account: Option<String>,
    /// The application as it was at this position of the ledger
    #[arg(long, value_name = "POSITION", default_value_t = 0, requires = "account")]
    pub(crate) as_of: u64,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct List {
    /// The selection whose applications are listed; none lists the selections
    pub(crate) selection: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SelectionName {
    /// The selection
    pub(crate) selection: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Name {
    /// The selection
    pub(crate) selection: String,
    /// The day of the award
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) awarded_on: String,
    #[command(flatten)]
    pub(crate) by: Acting,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Export {
    /// The selection
    pub(crate) selection: String,
    /// Which: the notice 公示名單, the score sheets 評分表, the data of certificates 證書資料; the list of families 名單 as PDF
    #[arg(long, value_enum)]
    pub(crate) what: Exported,
    /// Where to
    #[arg(long, value_name = "FILE.html|FILE.xlsx|FILE.csv|FILE.pdf")]
    pub(crate) out: PathBuf,
    /// The language of a PDF
    #[arg(long, default_value = "zh-Hant", value_parser = ["zh-Hant", "zh-Hans", "en"])]
    pub(crate) pdf_language: String,
    /// The console's address for the code of a PDF, such as https://ledger.example.org
    #[arg(long, env = "CREDITBANK_CONSOLE_URL", value_name = "URL")]
    pub(crate) console_url: Option<String>,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Exported {
    /// Who is chosen, for the public: no members, so no minor is named.
    Notice,
    /// Every item's points of every candidate, with what was measured and the entries behind it.
    Sheets,
    /// Who is named, the title and its days.
    Certificates,
    /// Who is named, before the naming who is chosen: a PDF with a code to check it by.
    Awards,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Vote {
    /// The selection
    pub(crate) selection: String,
    /// All the candidates that are equal, the first first: households/ID and the like
    #[arg(required = true, num_args = 2..)]
    pub(crate) accounts: Vec<String>,
    /// The digest of the tie that the panel saw, as `creditbank rank --selection` tells it
    #[arg(long, value_name = "DIGEST")]
    pub(crate) tie: String,
    /// SHA-256 of the minutes
    #[arg(long, value_name = "DIGEST")]
    pub(crate) minutes: String,
    #[command(flatten)]
    pub(crate) by: Acting,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Holder {
    /// households/ID, residents/ID or organizations/ID
    pub(crate) account: String,
}
