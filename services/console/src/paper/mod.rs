//! Papers: what can be printed, each made from the answers of the gRPC door with the caller's own token, and each with a code
//! by which it can be checked against the ledger later. The command line prints the same.

mod award;
mod claim;
mod report;
mod score;
mod served;
mod sign_in_sheet;
mod statement;
mod verify;

pub(crate) use served::{awards, report, score, statement};
pub(crate) use sign_in_sheet::{form as sign_in_form, print as sign_in_print};
pub(crate) use verify::page as verify;

use crate::account;
use crate::desk::{Desk, id};
use crate::form::Form;
use crate::language::{Language, Text, texts};
use crate::origin::NoOrigin;
use crate::stop::{Refused, Stop};
use crate::year::today;
use claim::{Claim, Figures};
use creditbank_grpc::{Credentialed, proto};
use creditbank_print::{Align, Block, Code, Column, Document, PrintError, Printed};
use ledger_core::{Reason, Refusal};
use std::collections::HashMap;
use tokio::sync::{Semaphore, SemaphorePermit};
use tonic::Status;

/// Papers that are made at a time (our own default): one of 10,000 rows takes 125 MB while it is written.
static PRESSES: Semaphore = Semaphore::const_new(2);

texts! {
    CODE = "掃描查驗本件與帳本是否相符", "扫描查验本件与账本是否相符", "Scan to check this paper against the ledger";
    LEDGER = "帳本", "账本", "Ledger";
    POSITION = "位置", "位置", "position";
    ISSUED = "列印日期", "打印日期", "printed";
    DIGEST = "數字摘要", "数字摘要", "digest of the figures";
    COVERS = "摘要為 SHA-256 的前 32 位，涵蓋本件的編號、代碼、日期與數字，不含名稱與手寫內容；計算方法見 docs/print.md。", "摘要为 SHA-256 的前 32 位，涵盖本件的编号、代码、日期与数字，不含名称与手写内容；计算方法见 docs/print.md。", "The digest is the first 32 digits of a SHA-256 over the numbers, codes, dates and figures of this paper, without names and handwriting; docs/print.md says how.";
    TOO_LONG = "一份文件至多 10,000 列，請縮短期間，例如只印一個年度。", "一份文件至多 10,000 行，请缩短期间，例如只打印一个年度。", "A paper has at most 10,000 rows: choose a shorter period, such as one year.";
    ONLY = "學分證明和評分表只為居民與家庭帳戶列印；機構的數字請列印月報。", "学分证明和评分表只为居民与家庭账户打印；机构的数字请打印月报。", "Statements and score sheets are printed of residents and households only; for an organisation print its report.";
    LACKING = "字型沒有的字以 Unicode 編碼印在方括號裡，共", "字体没有的字以 Unicode 编码印在方括号里，共", "Characters that the font lacks stand as code points in brackets:";
    LATER = "現在不能列印，請稍候再試。", "现在不能打印，请稍候再试。", "Nothing can be printed right now. Try again shortly.";
    SEAL = "開立單位（蓋章）", "开具单位（盖章）", "Issued by (seal)";
    HANDLED = "經辦人（簽名）", "经办人（签名）", "Handled by (signature)";
}

/// What a paper is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The learning statement 學分證明 of an account, `residents/ID` or `households/ID`: of a civil year, or all (0).
    Statement {
        /// The account.
        account: String,
        /// The year.
        year: i32,
    },
    /// The score sheet 評分表 of a candidate.
    Score {
        /// The candidate.
        account: String,
        /// By what.
        by: Yard,
    },
    /// The list of families 學習型家庭名單 of a selection: those named, before the naming those chosen.
    Awards {
        /// The selection's id.
        selection: String,
    },
    /// The report 月報 of a month, quarter, half-year or year.
    Report {
        /// As in `GetReportRequest.period`.
        period: String,
        /// The organisation's id; empty = the whole of the caller's scope.
        organization: String,
    },
}

/// What a score sheet measures by, as in `Yardstick`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Yard {
    /// A selection's id; else:
    pub selection: String,
    /// A standard's id.
    pub standard: String,
    /// First day, or empty.
    pub from: String,
    /// Last day, or empty.
    pub to: String,
}

impl Subject {
    /// The fields that name it, always in this order.
    fn fields(&self) -> Vec<(&'static str, String)> {
        match self {
            Subject::Statement { account, year } => {
                let year = if *year == 0 { String::new() } else { year.to_string() };
                vec![("k", "statement".to_owned()), ("s", account.clone()), ("y", year)]
            }
            Subject::Score { account, by } => vec![
                ("k", "score".to_owned()),
                ("s", account.clone()),
                ("c", by.selection.clone()),
                ("n", by.standard.clone()),
                ("f", by.from.clone()),
                ("t", by.to.clone()),
            ],
            Subject::Awards { selection } => vec![("k", "awards".to_owned()), ("c", selection.clone())],
            Subject::Report { period, organization } => {
                vec![("k", "report".to_owned()), ("m", period.clone()), ("o", organization.clone())]
            }
        }
    }

    /// Reads the fields; none where they name no paper.
    fn read(form: &Form) -> Option<Subject> {
        let get = |name| form.get(name).to_owned();
        let account = Some(get("s")).filter(|account| printable(account));
        match form.get("k") {
            "statement" => {
                let year = if form.get("y").is_empty() { 0 } else { form.get("y").parse().ok()? };
                Some(Subject::Statement { account: account?, year })
            }
            "score" => {
                let by = Yard { selection: get("c"), standard: get("n"), from: get("f"), to: get("t") };
                Some(Subject::Score { account: account?, by })
            }
            "awards" => Some(Subject::Awards { selection: get("c") }),
            "report" => Some(Subject::Report { period: get("m"), organization: get("o") }),
            _ => None,
        }
    }

    /// The name of the file, in ASCII.
    fn file(&self) -> String {
        let parts = self.fields();
        let parts: Vec<&str> =
            parts.iter().filter(|(_, part)| !part.is_empty()).map(|(_, part)| id(part)).collect();
        parts.join("-")
    }
}

/// Whether papers are made of an account: an organisation's figures are in reports.
fn printable(account: &str) -> bool {
    ["residents/", "households/"]
        .iter()
        .any(|kind| account.strip_prefix(kind).is_some_and(|id| !id.is_empty()))
}

/// A paper, ready to be sent.
#[derive(Debug)]
pub struct Paper {
    /// Its name in the language of the paper, without ending.
    pub title: String,
    /// Its name in ASCII, without ending.
    pub file: String,
    /// The position it is true at; 0 where it shows nothing of the ledger.
    pub position: u64,
    /// The file.
    pub printed: Printed,
}

/// Why there is no paper.
#[derive(Debug)]
pub struct NoPaper {
    /// The reason of docs/errors.md.
    pub reason: String,
    /// 繁體中文 first, then English.
    pub text: String,
    /// Whether trying again later may help.
    pub later: bool,
}

/// What a paper says, before it has a foot and a code.
struct Draft {
    title: &'static str,
    subject: String,
    position: u64,
    facts: Vec<(String, String)>,
    blocks: Vec<Block>,
    figures: Figures,
}

/// Whoever prints: asks the ledger as one caller, in one language.
pub struct Press {
    desk: Desk,
    language: Language,
    /// `https://NAME` of the console, where it is known.
    site: Option<String>,
}

impl Press {
    /// On a way to a ledger, `ledgers/{ledger}`. `site` is the console's address for the codes of papers.
    ///
    /// # Errors
    /// Where `site` is no `https://` and a name.
    pub fn new(
        way: Credentialed,
        ledger: String,
        language: creditbank_print::Language,
        site: Option<&str>,
    ) -> Result<Press, NoOrigin> {
        let language = Language::parse(language.tag()).unwrap_or_default();
        let site = site.map(crate::origin::site).transpose()?;
        Ok(Press { desk: Desk::new(way, ledger), language, site })
    }

    /// Prints a paper as the ledger was when it ended at a position; 0 = as it stands.
    ///
    /// # Errors
    /// What the ledger says, or that there is too much for one paper.
    pub async fn print(&self, subject: &Subject, at: u64) -> Result<Paper, NoPaper> {
        Ok(self.paper(subject, at).await?)
    }

    async fn paper(&self, subject: &Subject, at: u64) -> Result<Paper, Stop> {
        let turn = turn().await?;
        let head = self.desk.head().await?;
        let position = if at == 0 { head.position } else { at };
        let draft = self.draft(subject, None, position).await?;
        let claim = self.claim(subject, &draft);
        let payload = match self.seal(subject, position).await? {
            Some(seal) => claim::address(self.site.as_deref(), &seal),
            None => claim.payload(self.site.as_deref()),
        };
        let say = |text: Text| self.language.say(text);
        let foot = format!(
            "{} {}，{} {} · {} {} · {} {}",
            say(LEDGER),
            claim.ledger,
            say(POSITION),
            claim.position,
            say(ISSUED),
            today(&head),
            say(DIGEST),
            claim.digest
        );
        let mut document = Document {
            language: self.printed_in(),
            issuer: self.issuer().await?,
            title: draft.title.to_owned(),
            subject: draft.subject,
            code: Some(Code { payload, caption: say(CODE).to_owned() }),
            facts: draft.facts,
            blocks: draft.blocks,
            foot: if self.language == Language::En { foot.replace('，', ", ") } else { foot },
        };
        document.blocks.push(Block::Note(say(COVERS).to_owned()));
        document.blocks.push(Block::Seals([SEAL, HANDLED].map(|text| say(text).to_owned()).to_vec()));
        let printed = self.press(document, turn).await?;
        Ok(Paper { title: draft.title.to_owned(), file: subject.file(), position: claim.position, printed })
    }

    /// The seal of a statement, which whoever holds the paper can check; none of other papers, and where the ledger has no key.
    async fn seal(&self, subject: &Subject, position: u64) -> Result<Option<String>, Stop> {
        let Subject::Statement { account, year } = subject else { return Ok(None) };
        let name = self.desk.name(account);
        let request = proto::GetStatementBadgeRequest { name, year: *year, as_of_position: position };
        match self.desk.badges().get_statement_badge(request).await {
            Ok(badge) => Ok(Some(badge.into_inner().seal)),
            Err(status) => match Refused::from(status) {
                refused if refused.reason == Reason::CheckpointsClosed.as_str() => Ok(None),
                refused => Err(Stop::Refused(refused)),
            },
        }
    }

    /// The digest of a paper's figures as the ledger gives them today for an earlier position.
    async fn digest(&self, subject: &Subject, position: u64) -> Result<String, Stop> {
        let _turn = turn().await?;
        Ok(self.draft(subject, Some(position), position).await?.figures.digest())
    }

    /// What a paper says at a position. `claimed` is the position that an earlier paper says of itself.
    async fn draft(&self, subject: &Subject, claimed: Option<u64>, position: u64) -> Result<Draft, Stop> {
        match subject {
            Subject::Statement { account, .. } | Subject::Score { account, .. } if !printable(account) => {
                Err(refused(Reason::FieldInvalid, "account", ONLY))
            }
            Subject::Statement { account, year } => {
                statement::draft(self, subject, account, *year, position).await
            }
            Subject::Score { account, by } => score::draft(self, subject, account, by, position).await,
            Subject::Awards { selection } => award::draft(self, subject, selection, claimed).await,
            Subject::Report { period, organization } => {
                report::draft(self, subject, period, organization, position).await
            }
        }
    }

    fn claim(&self, subject: &Subject, draft: &Draft) -> Claim {
        Claim {
            ledger: id(&self.desk.parent).to_owned(),
            subject: subject.clone(),
            position: draft.position,
            digest: draft.figures.clone().digest(),
        }
    }

    /// The figures of a paper, begun.
    fn figures(&self, subject: &Subject, position: u64) -> Figures {
        Figures::of(id(&self.desk.parent), subject, position)
    }

    /// Draws a document; where the font lacks characters, again with a note that says so.
    async fn press(&self, document: Document, turn: SemaphorePermit<'static>) -> Result<Printed, Stop> {
        let lacking = self.language.say(LACKING);
        let drawn = tokio::task::spawn_blocking(move || {
            // Until the drawing ends, also where nobody waits for it any more.
            let (_turn, mut document) = (turn, document);
            let printed = creditbank_print::print(&document)?;
            if printed.lacking == 0 {
                return Ok(printed);
            }
            document.blocks.push(Block::Note(format!("{lacking} {}", printed.lacking)));
            creditbank_print::print(&document)
        });
        match drawn.await {
            Ok(Ok(printed)) => Ok(printed),
            Ok(Err(PrintError::TooLong)) => Err(too_long()),
            Ok(Err(error)) => Err(Status::internal(error.to_string()).into()),
            Err(error) => Err(Status::internal(error.to_string()).into()),
        }
    }

    /// Who issues: the district at the root of the tree.
    async fn issuer(&self) -> Result<String, Stop> {
        Ok(self.desk.root().await?.map(|root| root.display_name).unwrap_or_default())
    }

    /// What organisations are called, by resource name; of a larger ledger the first 10,000, others by their id.
    async fn organizations(&self) -> Result<HashMap<String, String>, Stop> {
        let all = self.desk.organizations().await?;
        Ok(all.into_iter().map(|one| (one.name, one.display_name)).collect())
    }

    fn printed_in(&self) -> creditbank_print::Language {
        use creditbank_print::Language as P;
        self.language.of([P::Hant, P::Hans, P::En])
    }

    /// What an account is called, `residents/ID` or `households/ID`.
    fn account(&self, account: &str) -> String {
        let kind =
            if account.starts_with("residents/") { account::RESIDENT } else { account::HOUSEHOLD_ACCOUNT };
        format!("{} {}", self.language.say(kind), id(account))
    }

    fn say(&self, text: Text) -> String {
        self.language.say(text).to_owned()
    }

    fn words(&self, head: Text, share: u16) -> Column {
        Column { head: self.say(head), share, align: Align::Left }
    }

    fn number(&self, head: Text, share: u16) -> Column {
        Column { head: self.say(head), share, align: Align::Right }
    }
}

/// Waits for a turn at the presses.
async fn turn() -> Result<SemaphorePermit<'static>, Stop> {
    PRESSES.acquire().await.map_err(|_| Stop::TooLate)
}

/// A refusal of the console's own.
fn refused(reason: Reason, field: &str, text: Text) -> Stop {
    let text = format!("{}{}", text.hant, text.en);
    creditbank_grpc::status(Refusal::field(reason, field, text)).into()
}

fn too_long() -> Stop {
    refused(Reason::FieldInvalid, "year", TOO_LONG)
}

/// What an organisation is called.
fn named<'a>(names: &'a HashMap<String, String>, organization: &'a str) -> &'a str {
    names.get(organization).map_or_else(|| id(organization), String::as_str)
}

impl From<Stop> for NoPaper {
    fn from(stop: Stop) -> NoPaper {
        match stop {
            Stop::Refused(refused) => {
                let later = refused.leaves_unknown();
                NoPaper { reason: refused.reason, text: refused.text, later }
            }
            _ => NoPaper {
                reason: "UNAVAILABLE".to_owned(),
                text: format!("{}{}", LATER.hant, LATER.en),
                later: true,
            },
        }
    }
}
