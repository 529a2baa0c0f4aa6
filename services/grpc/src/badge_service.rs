//! `creditbank.v1.BadgeService`.

use crate::asked::{answer, of, under};
use crate::names;
use crate::proto;
use crate::proto::badge_service_server::BadgeService;
use crate::status::status;
use chrono::{DateTime, Utc};
use creditbank_badge::{
    Believed, FRESH, Fault, Form, Issuer, Issuers, Key, Listed, Says, Seal, Signed, StatusList, handle_url,
    status_url,
};
use creditbank_ledger::{Bank, Ledger, Summed, Told};
use ledger_core::id::{AccountId, LedgerId, SelectionId};
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};

/// The longest text that is checked (our own default): whoever asks may be anybody. `creditbank verify-badge` takes longer ones.
const LONGEST: usize = 256 << 10;

/// Texts that are read at once, and transcripts that are signed at once (our own defaults): each takes a core for a while.
static READERS: Semaphore = Semaphore::const_new(2);
static WRITERS: Semaphore = Semaphore::const_new(2);

pub(crate) struct BadgeDoor {
    pub(crate) bank: Arc<Bank>,
    /// None where the service has no key.
    pub(crate) issuers: Option<Arc<Issuers>>,
}

impl BadgeDoor {
    fn issuer(&self, ledger: &LedgerId) -> Result<Issuer, Refusal> {
        let issuers = self.issuers.as_ref().ok_or_else(|| {
            Refusal::new(
                Reason::CheckpointsClosed,
                "服務沒有簽署金鑰，不能開立徽章；請管理員以 --checkpoint-key 啟動。\
                 The service has no key to sign badges with: the operator starts it with --checkpoint-key.",
            )
        })?;
        Ok(issuers.of(ledger))
    }

    /// What issues for a ledger, once a checkpoint of all that is recorded is signed.
    async fn issuing(&self, ledger: &Ledger) -> Result<Issuer, Refusal> {
        let issuer = self.issuer(ledger.id())?;
        ledger.is_as_signed(true).await?;
        Ok(issuer)
    }

    /// What has issued for a ledger, which is what was signed.
    async fn answering(&self, ledger: &Ledger) -> Result<Issuer, Refusal> {
        let issuer = self.issuer(ledger.id())?;
        ledger.is_as_signed(false).await?;
        Ok(issuer)
    }

    /// The sums of a statement, as a request names it.
    async fn summed(
        &self,
        (name, year, at): (&str, i32, u64),
        entries: bool,
    ) -> Result<(Issuer, Told<Summed>), Refusal> {
        let (id, ledger) = of(&self.bank, name, "name").await?;
        let account = names::account(&id, name, "name")?;
        let year = (year != 0).then_some(year);
        Ok((self.issuing(&ledger).await?, ledger.summed(&account, year, Position(at), entries).await?))
    }
}

/// A badge that could not be signed.
fn unsigned(fault: Fault) -> Refusal {
    Refusal::new(Reason::FieldInvalid, format!("徽章開不出來。The badge cannot be signed: {fault}"))
}

fn badge(signed: Signed, seal: String, position: Position) -> proto::Badge {
    proto::Badge { json: signed.json, jwt: signed.jwt, seal, position: position.0 }
}

/// The seal of a badge that bears one.
fn sealed(seal: &Seal) -> proto::Seal {
    let (sums, title, selection) = match &seal.says {
        Says::Statement(sums) => (Some(sums), String::new(), String::new()),
        Says::Title { title, selection, .. } => (None, title.to_string(), selection.to_string()),
    };
    proto::Seal {
        account: seal.account.path(),
        position: seal.position.0,
        sums: sums.map(|sums| proto::SealedSums {
            year: sums.year.unwrap_or(0),
            today: sums.today.to_string(),
            centi_credits: sums.credit.0,
            pending_centi_credits: sums.pending.0,
            minutes: sums.minutes,
            entries: sums.entries,
        }),
        title,
        selection,
    }
}

/// The list of a seal: its one bit.
async fn list_of(ledger: &Ledger, seal: &Seal) -> Result<StatusList, Refusal> {
    let mut list = StatusList::default();
    // A title that has come to its end was not taken back.
    if let Some(Fault::Revoked(_)) = ledger.taken_back(seal).await? {
        list.revoke(seal.index());
    }
    Ok(list)
}

/// What was found of a text: a fault of its own, or why it cannot be told.
enum Checked {
    Fault(Fault),
    Refused(Refusal),
}

impl From<Fault> for Checked {
    fn from(fault: Fault) -> Checked {
        Checked::Fault(fault)
    }
}

impl From<Refusal> for Checked {
    fn from(refusal: Refusal) -> Checked {
        Checked::Refused(refusal)
    }
}

/// Holds a badge, and what it encloses, against its lists. They are this ledger's own, so that none is fetched.
async fn hold(ledger: &Ledger, issuer: &Issuer, badge: &Believed) -> Result<(), Checked> {
    let mut lists: Vec<(String, StatusList)> = Vec::new();
    for one in std::iter::once(badge).chain(&badge.enclosed) {
        let (url, _) = &one.status;
        if !lists.iter().any(|(held, _)| held == url) {
            lists.push((url.clone(), list_at(ledger, issuer, url).await?));
        }
        if let Some((_, list)) = lists.iter().find(|(held, _)| held == url) {
            one.stands(list)?;
        }
    }
    Ok(())
}

/// The list that is served at an address.
async fn list_at(ledger: &Ledger, issuer: &Issuer, url: &str) -> Result<StatusList, Checked> {
    match Listed::at(issuer, url) {
        Some(Listed::Entries(list)) => Ok(ledger.status_list(list).await?),
        Some(Listed::Handle(handle)) => Ok(list_of(ledger, &Seal::of_handle(handle, issuer)?).await?),
        None => Err(Fault::StatusUnknown(format!("{url} is no list of this ledger")).into()),
    }
}

#[tonic::async_trait]
impl BadgeService for BadgeDoor {
    async fn get_issuer(
        &self,
        request: Request<proto::GetIssuerRequest>,
    ) -> Result<Response<proto::GetIssuerResponse>, Status> {
        answer!(self, request, {
            let id = names::parse_ledger(&request.name, "name")?;
            self.bank.ledger(&id).await?;
            let issuer = self.issuer(&id)?;
            Ok(proto::GetIssuerResponse {
                did: issuer.did().to_owned(),
                did_key: issuer.did_key(),
                document: issuer.document().to_string(),
                home: issuer.home().to_owned(),
            })
        })
    }

    async fn get_status_list(
        &self,
        request: Request<proto::GetStatusListRequest>,
    ) -> Result<Response<proto::GetStatusListResponse>, Status> {
        answer!(self, request, {
            let (_, ledger) = under(&self.bank, &request.parent).await?;
            let issuer = self.answering(&ledger).await?;
            let form = match request.form() {
                proto::BadgeForm::Jwt => Form::Jwt,
                proto::BadgeForm::Json | proto::BadgeForm::Unspecified => Form::Json,
            };
            let (list, url) = if request.handle.is_empty() {
                (ledger.status_list(request.list).await?, status_url(&issuer, request.list, form))
            } else {
                let seal = Seal::of_handle(&request.handle, &issuer).map_err(|_| {
                    Refusal::field(
                        Reason::FieldInvalid,
                        "handle",
                        "這個帳本沒有這份名冊，請用徽章裡的網址。There is no such list: use the address in the badge.",
                    )
                })?;
                (list_of(&ledger, &seal).await?, handle_url(&issuer, &request.handle, form))
            };
            let content = list.sign(&issuer, form, &url, ledger.now()).map_err(unsigned)?;
            let max_age_seconds = u32::try_from(FRESH.num_seconds()).unwrap_or(0) / 2;
            Ok(proto::GetStatusListResponse { content, max_age_seconds })
        })
    }

    async fn check_badge(
        &self,
        request: Request<proto::CheckBadgeRequest>,
    ) -> Result<Response<proto::CheckBadgeResponse>, Status> {
        answer!(self, request, {
            let (_, ledger) = under(&self.bank, &request.parent).await?;
            let issuer = self.answering(&ledger).await?;
            if request.text.len() > LONGEST {
                return Err(Refusal::field(
                    Reason::FieldInvalid,
                    "text",
                    "內容超過 256 KiB；請用 creditbank verify-badge。It has more than 256 KiB: use creditbank verify-badge.",
                ));
            }
            let mut answer = proto::CheckBadgeResponse::default();
            let checked = check(&ledger, &issuer, request.text.trim(), &mut answer).await;
            answer.position = ledger.head().position.0;
            match checked {
                Ok(()) => Ok(answer),
                Err(Checked::Refused(refusal)) => Err(refusal),
                Err(Checked::Fault(fault)) => {
                    fault.reason().clone_into(&mut answer.reason);
                    Ok(answer)
                }
            }
        })
    }

    async fn get_entry_badge(
        &self,
        request: Request<proto::GetEntryBadgeRequest>,
    ) -> Result<Response<proto::Badge>, Status> {
        answer!(self, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let position = names::entry(&id, &request.name, "name")?;
            let issuer = self.issuing(&ledger).await?;
            let Told { says, district, position } = ledger.completion(position).await?;
            let signed = creditbank_badge::completion(&issuer, &district, &says).map_err(unsigned)?;
            Ok(badge(signed, String::new(), position))
        })
    }

    async fn get_title_badge(
        &self,
        request: Request<proto::GetTitleBadgeRequest>,
    ) -> Result<Response<proto::Badge>, Status> {
        answer!(self, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let household = names::account(&id, &request.name, "name")?;
            if !matches!(household, AccountId::Household(_)) {
                return Err(Refusal::field(
                    Reason::FieldInvalid,
                    "name",
                    "稱號徽章只發給家庭。Badges of titles are of households only.",
                ));
            }
            let selection = SelectionId::parse(&request.selection)?;
            let issuer = self.issuing(&ledger).await?;
            let Told { says, district, position } = ledger.title_held(&household, &selection).await?;
            let signed = creditbank_badge::title(&issuer, &district, &says).map_err(unsigned)?;
            Ok(badge(signed, says.seal.sign(&issuer), position))
        })
    }

    async fn get_statement_badge(
        &self,
        request: Request<proto::GetStatementBadgeRequest>,
    ) -> Result<Response<proto::Badge>, Status> {
        answer!(self, request, {
            let asked = (request.name.as_str(), request.year, request.as_of_position);
            let (issuer, Told { says, district, .. }) = self.summed(asked, false).await?;
            let signed = creditbank_badge::statement(&issuer, &district, &says.seal, says.at);
            Ok(badge(signed.map_err(unsigned)?, says.seal.sign(&issuer), says.seal.position))
        })
    }

    async fn get_transcript(
        &self,
        request: Request<proto::GetTranscriptRequest>,
    ) -> Result<Response<proto::Badge>, Status> {
        answer!(self, request, {
            let asked = (request.name.as_str(), request.year, request.as_of_position);
            let (issuer, Told { says, district, .. }) = self.summed(asked, true).await?;
            let (seal, position) = (says.seal.sign(&issuer), says.seal.position);
            // Five hundred signatures take their time.
            let _turn = WRITERS.acquire().await.map_err(|_| crate::asked::damaged())?;
            let signed = tokio::task::spawn_blocking(move || {
                creditbank_badge::transcript(&issuer, &district, &says.seal, says.at, &says.entries)
            });
            let signed = signed.await.map_err(|_| crate::asked::damaged())?;
            Ok(badge(signed.map_err(unsigned)?, seal, position))
        })
    }
}

/// Reads what somebody sent: of a transcript that takes hundreds of signatures.
async fn believed(text: String, key: Key, now: DateTime<Utc>) -> Result<Believed, Checked> {
    let _turn = READERS.acquire().await.map_err(|_| crate::asked::damaged())?;
    let read = tokio::task::spawn_blocking(move || Believed::read(&text, &key, now));
    Ok(read.await.map_err(|_| crate::asked::damaged())??)
}

async fn check(
    ledger: &Ledger,
    issuer: &Issuer,
    text: &str,
    answer: &mut proto::CheckBadgeResponse,
) -> Result<(), Checked> {
    if Seal::is_one(text) {
        let seal = Seal::read(text, &issuer.key())?;
        answer.seal = Some(sealed(&seal));
        return match ledger.taken_back(&seal).await? {
            None => Ok(()),
            Some(fault) => Err(fault.into()),
        };
    }
    let badge = believed(text.to_owned(), issuer.key(), ledger.now()).await?;
    let says = |path: &[&str]| badge.text(path).unwrap_or_default().to_owned();
    answer.title = says(&["name"]);
    answer.description = says(&["description"]);
    answer.valid_from = says(&["validFrom"]);
    answer.enclosed = u32::try_from(badge.enclosed.len()).unwrap_or(u32::MAX);
    hold(ledger, issuer, &badge).await
}
