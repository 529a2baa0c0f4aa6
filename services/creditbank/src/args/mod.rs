//! The command line.

mod access;
mod account;
mod badge;
mod common;
mod correction;
mod deployment;
mod directory;
mod evaluation;
mod household;
mod identity;
mod maintain;
mod policy;
mod proof;
mod report;
mod retention;
pub(crate) mod selection;
mod serve;

pub(crate) use access::{
    ApproveToken, Audit, CreateCertificate, CreateIdentity, CreateToken, ListTokens, RevokeToken, Token,
    TokenCommand, Wanted,
};
pub(crate) use account::{Balance, Entries, Explain, Redeem, Redeemable, Reverse, Statement, When};
pub(crate) use badge::{BadgeArgs, TranscriptArgs, VerifyBadge};
pub(crate) use common::{Common, DEFAULT_DATABASE, Pdf};
pub(crate) use correction::{
    ApproveCorrection, Batches, CloseMonth, Correct, CorrectCommand, ProposeCorrection, RejectCorrection,
    ReverseBatch,
};
pub(crate) use deployment::{Export, Init, Ledgers, LedgersCommand, Migrate};
pub(crate) use directory::{
    Acting, ApproveErasure, CardCommand, DirectoryArgs, DirectoryCommand, Erase, Find, InitKey, Put, Reading,
    Reads, ShowPerson,
};
pub(crate) use evaluation::{Evaluate, Rank, Yardstick};
pub(crate) use household::{
    Consent, ConsentPurpose, Dissolve, Guardian, HouseholdArgs, HouseholdCommand, Join, Leave, Members, Move,
    Show, Split,
};
pub(crate) use identity::{
    ApproveMerge, Distinguish, Duplicates, Merge, ProposeMerge, ProposeUnmerge, Rename, Who,
};
pub(crate) use maintain::{Backup, Rebuild, Restore};
pub(crate) use policy::{Policy, PolicyCommand, ProposePolicy, PublishPolicy};
pub(crate) use proof::{
    CheckpointKeyFile, ShowKey, VerifyExport, VerifyStatement, WitnessArgs, WitnessKeyFile,
};
pub(crate) use report::{Evidence, Indicators, Population, Report, Target};
pub(crate) use retention::{ApproveRetention, DueRetention, ProposeRetention, Retention, SetRetention};
pub(crate) use serve::{Addresses, Oidc, ServerTls};

use clap::{Args as ClapArgs, Parser, Subcommand};
use std::path::PathBuf;

const EXIT_CODES: &str = "Exit codes:
  0  done
  1  refused; the reason is printed
  2  wrong usage
  3  done, but with findings: rows refused by an import, differences found by verify or doctor
  4  not reachable, stopped half-way, or the outcome is unknown: run the same command again, nothing is doubled";

/// 學分銀行: a district's learning-credit ledger
#[derive(Debug, Parser)]
#[command(name = "creditbank", version, about, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build a small district from a real work plan and serve it
    #[command(after_help = "Examples:\n  creditbank demo\n  creditbank demo --grpc-addr 127.0.0.1:6000\n\n\
        It is kept in creditbank-demo.db unless --database-url names another file. Running it again adds nothing.")]
    Demo(Addresses),
    /// Serve a file over gRPC, with metrics over HTTP
    #[command(after_help = "Examples:\n  creditbank serve\n  \
        creditbank serve --database-url sqlite:///var/lib/creditbank/ledger.db --reflection\n\n\
        SIGTERM or Ctrl-C: open calls are finished and all that was taken is written, then it ends.")]
    Serve(Addresses),
    /// Open a ledger with its time zone and first day
    #[command(after_help = "Example:\n  creditbank init --ledger wenjiang --begins-on 2020-01-01")]
    Init(Init),
    /// Who may do what: tokens are issued, listed, approved and revoked
    #[command(after_help = "Examples:\n  \
        creditbank token create --role officer --person officer-01 --out officer.token\n  \
        creditbank token create --role clerk --person clerk-01 --organization jinma-school\n  \
        creditbank token create --role resident --person r0001 --resident r0001\n  \
        creditbank token certificate --role clerk --person clerk-01 --organization jinma-school\n  \
        creditbank token identity --role officer --person officer-02 --issuer https://id.example \\\n    \
        --subject-file subject.txt\n  \
        creditbank token list\n  \
        creditbank token revoke ledgers/district/credentials/0123456789abcdef0123\n\n\
        Whoever opens the database needs none; a server asks everybody (docs/access.md).")]
    Token(Token),
    /// Whose token is in use
    Whoami,
    /// The acts that are looked into afterwards: rules, approvals, credentials, every read of personal data
    #[command(
        after_help = "Examples:\n  creditbank audit --limit 20\n  creditbank audit --limit 0 --json\n\n\
        Newest first. What schools post day by day is not among them: `creditbank entries` lists that."
    )]
    Audit(Audit),
    /// The ledgers of a deployment: which there are, how far each may grow, whether it takes postings
    #[command(
        after_help = "Examples:\n  creditbank ledgers\n  creditbank ledgers quota 5000000 --ledger wenjiang\n  \
        creditbank ledgers quota --none --ledger wenjiang\n  creditbank ledgers seal --ledger wenjiang\n\n\
        A sealed ledger is read as before and records nothing more: seal it before it moves (docs/scale.md)."
    )]
    Ledgers(Ledgers),
    /// Bring the schema of a database up to date, without serving it
    #[command(
        after_help = "Examples:\n  creditbank migrate --database-url postgres://creditbank@db/creditbank\n  \
        creditbank migrate --distribute --database-url postgres://creditbank@coordinator/creditbank\n\n\
        `serve` does the first by itself. The second distributes the tables by ledger on a coordinator of Citus\n\
        (docs/scale.md); what was distributed before stays as it is."
    )]
    Migrate(Migrate),
    /// Write a whole ledger to plain files
    #[command(after_help = "Examples:\n  creditbank export archive-2026 --ledger wenjiang\n  \
        creditbank export moving --ledger wenjiang --seal\n\n\
        docs/format.md describes the files. `creditbank import FOLDER` makes a ledger of them in another deployment.")]
    Export(Export),
    /// Record a school's own sheet, or take in a whole ledger that was exported
    #[command(after_help = "Examples:\n  \
        creditbank import --mapping docs/examples/class-list.toml docs/examples/class-list.csv\n  \
        creditbank import --mapping map.toml sheet.xlsx --yes --verdicts verdicts.csv\n  \
        creditbank import moving --ledger wenjiang --database-url postgres://creditbank@db/creditbank\n\n\
        First a dry run says what would happen, then it asks. The mapping (docs/import.md) names columns, row\n\
        filters, look-up tables and computed dates. Running it again records nothing twice and goes on where it\n\
        stopped. Exits with 3 where rows are bad or refused.")]
    Import(Import),
    /// The balance of an account
    #[command(after_help = "Examples:\n  creditbank balance residents/r0001\n  \
        creditbank balance organizations/jinma-school --json\n  creditbank balance --all residents")]
    Balance(Balance),
    /// Why a balance is what it is: every line with its rule, rounding and limits
    #[command(after_help = "Examples:\n  creditbank explain residents/r0001\n  \
        creditbank explain residents/r0001 --language en")]
    Explain(Explain),
    /// The entries of an account with the credit of each
    #[command(after_help = "Examples:\n  creditbank statement residents/r0001 --year 2025\n  \
        creditbank statement residents/r0001 --pdf statement.pdf")]
    Statement(Statement),
    /// The entries of the ledger, an account or an organisation
    #[command(after_help = "Examples:\n  creditbank entries --limit 20\n  \
        creditbank entries --organization jinma-school")]
    Entries(Entries),
    /// Reverse an entry
    #[command(
        after_help = "Example:\n  creditbank reverse 1234 --organization jinma-school --reason wrong_person\n\n\
        Reasons: input_error 輸錯, wrong_person 錯人, duplicate 重複, absent 未出席,\n  \
        recognition_changed 認定變更, false_record 虛假, appeal_upheld 申訴成立.\n\
        A reversal is final; to restore an entry, post it anew with `restores`."
    )]
    Reverse(Reverse),
    /// How a household stands by a standard: each item's points, and what is still missing
    #[command(after_help = "Examples:\n  creditbank evaluate households/h0001\n  \
        creditbank evaluate households/h0001 --standard reading-family\n  \
        creditbank evaluate residents/r0001 --standard practice-pupil --as-of 2026-10-01T00:00:00Z")]
    Evaluate(Evaluate),
    /// All households ranked by a standard, or by one that is tried out
    #[command(
        after_help = "Examples:\n  creditbank rank\n  creditbank rank --document draft.toml --places 80\n  \
        creditbank rank --out list.xlsx\n\n\
        The digest is that of the list's own form (docs/selection.md). Nothing is written to the ledger."
    )]
    Rank(Rank),
    /// The credit rules: presets, drafts tried on all accounts, proposals and what is published
    #[command(after_help = "Examples:\n  \
        creditbank policy preset district-default > draft.toml\n  \
        creditbank policy diff district-default/versions/1 draft.toml\n  \
        creditbank policy simulate draft.toml\n  \
        creditbank policy propose draft.toml --organization college --person officer-01\n  \
        creditbank policy publish district-default/versions/2 --sha256 DIGEST \\\n    \
        --organization college --person officer-02\n\n\
        One person proposes, another publishes (docs/policy.md).")]
    Policy(Policy),
    /// Merge a resident's account into another, as they are one person's, or undo it: one person proposes, another approves
    #[command(
        subcommand,
        after_help = "Examples:\n  \
        creditbank merge propose residents/r0107 --into residents/r0017 \\\n    \
        --organization district --person officer-01\n  \
        creditbank merge approve residents/r0107 --sha256 DIGEST --organization district --person officer-02\n  \
        creditbank merge undo residents/r0107 --keep 812 --organization district --person officer-01\n\n\
        Nothing moves; every entry keeps its account and poster. Entries posted since a merge must be said to stay\n\
        (--keep) or be reversed before it is undone (docs/identity.md)."
    )]
    Merge(Merge),
    /// Give a resident's account another id; the old one goes on answering
    #[command(after_help = "Example:\n  \
        creditbank rename residents/s2025-017 --to s2026-017 --organization jinma-school")]
    Rename(Rename),
    /// What a resident's account is: who answers for it, its ids, its household
    #[command(after_help = "Example:\n  creditbank who residents/r0107 --day 2025-09-01")]
    Who(Who),
    /// Accounts that may be one person's, and what speaks for it
    Duplicates(Duplicates),
    /// Say that two accounts are two persons': they are no candidates any more
    #[command(after_help = "Example:\n  \
        creditbank distinguish residents/r0001 residents/r000l --organization district")]
    Distinguish(Distinguish),
    /// The directory of personal data: who is behind an account, who looked, erasing for good
    #[command(after_help = "Examples:\n  creditbank directory init-key /etc/creditbank/key\n  \
        creditbank directory put residents/r0001 --from person.toml --organization school --person clerk-01\n  \
        creditbank directory show residents/r0001 --fields name,phone --purpose contact \\\n    \
        --organization school --person clerk-01\n  \
        creditbank directory find --kind mainland --purpose identity_check --organization school \\\n    \
        --person clerk-01 < number.txt\n  \
        creditbank directory reads residents/r0001\n  \
        creditbank directory erase propose residents/r0001 --organization school --person officer-01\n  \
        creditbank directory erase approve residents/r0001 --sha256 DIGEST --organization district \\\n    \
        --person officer-02\n  \
        creditbank directory retention due\n\n\
        Personal data is read from files or standard input, never from the command line, which others on the machine\n\
        can see (docs/directory.md).")]
    Directory(DirectoryArgs),
    /// Households: members, moves, splits, the end; guardians and consent
    #[command(after_help = "Examples:\n  \
        creditbank household join households/h001 residents/r0001 --from 2024-09-01 --organization town\n  \
        creditbank household leave households/h001 residents/r0001 --last-day 2026-05-31 --organization town\n  \
        creditbank household members households/h001 --day 2025-06-30\n  \
        creditbank household move households/h001 --to lanyuan --from 2026-05-01 --organization town\n  \
        creditbank household split households/h001 residents/r0001 --into h002 --from 2026-05-01 \\\n    \
        --organization town\n  \
        creditbank household dissolve households/h001 --last-day 2026-05-31 --organization town\n  \
        creditbank household guardian name residents/r0003 residents/r0001 --from 2024-09-01 --organization town\n  \
        creditbank household consent give residents/r0003 --by residents/r0001 --from 2026-03-01 \\\n    \
        --organization town\n  \
        creditbank household show households/h001 --day 2026-05-31\n\n\
        Nothing is edited: every day may lie back, and --as-of tells what was known (docs/households.md).")]
    Household(HouseholdArgs),
    /// Redeem credit of a resident: a debit for good, which lowers no level
    #[command(
        after_help = "Example:\n  creditbank redeem residents/r0001 12.5 --reward certificate \\\n    \
        --organization college\n\n\
        Credit is redeemed in the yearly window of the policy; `creditbank redeemable` shows it and what is left.\n\
        Rewards are codes of the list `rewards`: certificate, scholarship, training-place, discount, and your own."
    )]
    Redeem(Redeem),
    /// The report of a month, quarter, half-year, year, or of the months from one to another
    #[command(after_help = "Examples:\n  creditbank report 2026-05 --by organization\n  \
        creditbank report 2026-H1 --organization jinma --by kind,subject\n  \
        creditbank report 2026 --by organization,mode --as-of 12345 --json\n\n\
        人次 and 人數 are told apart, heads without names stand by themselves. Of closed months each figure is shown as it\n\
        was at the closing, and after the arrow as it stands now (docs/reports.md).")]
    Report(Report),
    /// The indicators; what one says of an organisation and all below it
    #[command(after_help = "Examples:\n  creditbank indicators\n  \
        creditbank indicators resident-participation 2026 --organization jinma\n  \
        creditbank indicators quarterly-law 2026\n  \
        creditbank indicators resident-participation --document > draft.toml\n  \
        creditbank indicators --define draft.toml --by college --person officer-01")]
    Indicators(Indicators),
    /// Set an organisation's target of a year
    #[command(after_help = "Examples:\n  \
        creditbank target lecture-sessions jinma 2026 16 --by college --person officer-01\n  \
        creditbank target resident-participation lanyuan 2026 1/2 --by jinma --person officer-02")]
    Target(Target),
    /// State how many people an organisation's rates are taken of in a year
    #[command(
        after_help = "Example:\n  creditbank population lanyuan 2026 permanent_residents 8600 \\\n    \
        --source yearbook-2025 --by jinma --person officer-02\n\n\
        permanent_residents 常住人口, registered_residents 戶籍人口, area_residents 轄區人口, employees 從業人員,\n\
        carers_0_3 0–3 歲看護人, households 戶數"
    )]
    Population(Population),
    /// Write the entries that prove each item of a score table (台賬), in its order
    #[command(after_help = "Examples:\n  creditbank evidence 2026 --table score.toml --out pack.xlsx\n  \
        creditbank evidence 2026-H1 --table score.csv --organization jinma --out pack.csv\n\n\
        No account is named in it. docs/reports.md shows the tables.")]
    Evidence(Evidence),
    /// The yearly selection of learning families, step by step
    #[command(after_help = "Examples:\n  \
        creditbank selection publish-standard family.toml --organization college --person officer-01\n  \
        creditbank selection apply families-2026 households/h0001 --organization jinma --person clerk-01\n  \
        creditbank selection show families-2026\n\n\
        Each step belongs to an organisation, and each comes in its turn.")]
    Selection(selection::Selection),
    /// What a resident can redeem, by year of earning, and what was redeemed
    #[command(after_help = "Example:\n  creditbank redeemable residents/r0001")]
    Redeemable(Redeemable),
    /// Close a month: what was learned in it changes by approved corrections only
    #[command(
        after_help = "Example:\n  creditbank close-month 2026-05 --organization college --by officer-01\n\n\
        From day 5 of the next month on. Months close in order; the first one closes everything before it too."
    )]
    CloseMonth(CloseMonth),
    /// The months that are closed
    Closings,
    /// Corrections of closed months: one person proposes, another approves
    #[command(after_help = "Examples:\n  \
        creditbank correct propose --organization jinma-school --by clerk-01 --reason wrong_person --reverse 1234\n  \
        creditbank correct propose --organization jinma-school --by clerk-01 --reason input_error \\\n    \
        --reverse 1234 --mapping map.toml --record right.csv\n  \
        creditbank correct propose --organization jinma-school --by clerk-01 --reason appeal_upheld --restore 1234\n  \
        creditbank correct list\n  \
        creditbank correct approve 2001 --organization wenjiang-college --by officer-02 --sha256 DIGEST\n\n\
        All parts are recorded together or not at all (docs/corrections.md).")]
    Correct(Correct),
    /// The batches of an organisation: what came in one file
    Batches(Batches),
    /// Reverse all that still stands of a batch
    #[command(after_help = "Example:\n  \
        creditbank reverse-batch import-0123456789abcdef0123 --posted-by jinma-school --reason input_error\n\n\
        Entries of closed months, or whose credit was redeemed, are not reversed but listed; it exits with 3 then.\n\
        Where it was cut off, the same command goes on.")]
    ReverseBatch(ReverseBatch),
    /// Make the key that a server signs checkpoints with (serve --checkpoint-key)
    #[command(
        after_help = "Example:\n  creditbank checkpoint-key checkpoint.key --name ledger.example.org\n\n\
        Prints the public key of the ledger's log. Publish it where the server cannot change it: on paper, on the\n\
        district's site, with each school. docs/proof.md tells what it proves."
    )]
    CheckpointKey(CheckpointKeyFile),
    /// Print the public key of the ledger's log
    #[command(after_help = "Example:\n  creditbank verifier-key checkpoint.key --ledger district")]
    VerifierKey(ShowKey),
    /// Print the newest signed checkpoint of the ledger
    Checkpoint,
    /// Verify an exported ledger, without a server and without a database
    #[command(after_help = "Example:\n  creditbank verify-export archive-2026 --key VKEY\n\n\
        Without --key it is told whether the files are whole, and not by whom they are signed. Exits with 3 where\n\
        anything is not as it was signed, and names the first event that differs.")]
    VerifyExport(VerifyExport),
    /// Verify a statement's file, without a server and without a database
    #[command(after_help = "Examples:\n  creditbank statement residents/r0001 --proof statement.json\n  \
        creditbank verify-statement statement.json --key VKEY\n\n\
        Exits with 3 where anything is not as it was signed.")]
    VerifyStatement(VerifyStatement),
    /// Tell who issues the ledger's badges
    #[command(
        after_help = "Example:\n  creditbank --server http://127.0.0.1:50051 issuer --json > did.json\n\n\
        With --json the DID document. docs/badges.md"
    )]
    Issuer,
    /// Write the badge (Open Badges 3.0) of an entry, of a household's title, or of a statement
    #[command(after_help = "Examples:\n  creditbank --server URL badge entries/1571 badge.json\n  \
        creditbank --server URL badge households/h001 title.jwt --selection s2026\n  \
        creditbank --server URL badge residents/r0001 statement.json --year 2026\n\n\
        It needs the server's key: serve --checkpoint-key. docs/badges.md")]
    Badge(BadgeArgs),
    /// Write the transcript (CLR 2.0) of a resident or household
    #[command(
        after_help = "Example:\n  creditbank --server URL transcript residents/r0001 transcript.json --year 2026"
    )]
    Transcript(TranscriptArgs),
    /// Verify a badge or transcript, without a server and without a database
    #[command(
        after_help = "Example:\n  creditbank verify-badge badge.json --issuer did:key:z6Mk… --status list.json\n\n\
        Without the list it tells where to fetch it, and exits with 3, as it does where anything is not as it was signed."
    )]
    VerifyBadge(VerifyBadge),
    /// Make the key of a witness
    #[command(after_help = "Example:\n  creditbank witness-key witness.key --name library.example.org")]
    WitnessKey(WitnessKeyFile),
    /// Watch logs, and cosign only what each has grown to
    #[command(
        after_help = "Example:\n  creditbank witness --key witness.key --state seen --log VKEY --http-addr 0.0.0.0:8090\n\n\
        It runs anywhere but with who keeps the ledger: a school, a library. All it hears and says is signed and public,\n\
        so it needs no TLS. The server shows it each checkpoint: serve --witness http://HOST:8090=VKEY."
    )]
    Witness(WitnessArgs),
    /// Compute everything anew from the log and compare
    #[command(after_help = "Example:\n  creditbank verify --json\n\nExits with 3 where anything differs.")]
    Verify,
    /// Fold all states anew from the log and serve them, while others read and write
    #[command(after_help = "Examples:\n  creditbank rebuild\n  creditbank rebuild --discard\n\n\
        Compares what was served with what it folded, and says what differed. Ctrl-C stops it: what is served is as\n\
        it was, and the next run goes on from there, as it does after a crash. With --json, progress is told on\n\
        standard error, a line of JSON a second.")]
    Rebuild(Rebuild),
    /// Write a consistent copy of the file, also while it is served
    #[command(after_help = "Example:\n  creditbank backup /backups/ledger-2026-05-31.db")]
    Backup(Backup),
    /// Put a backup in place of a file that is not there, after checking it
    #[command(after_help = "Example:\n  \
        creditbank --database-url sqlite://ledger.db restore /backups/ledger-2026-05-31.db")]
    Restore(Restore),
    /// Look at file, schema, settings, clock and disk, and say what to mend
    Doctor,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Import {
    /// What the columns mean; of a sheet
    #[arg(long, value_name = "MAP.toml")]
    pub(crate) mapping: Option<PathBuf>,
    /// The sheet, CSV; or the folder of an exported ledger
    pub(crate) file: PathBuf,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
    /// Write one verdict a row to this CSV file
    #[arg(long, value_name = "FILE")]
    pub(crate) verdicts: Option<PathBuf>,
}
