//! Cards of organisations. They are the organisation's own and nobody's in particular, so a look at one is not put on the
//! record; that one was kept is.

use crate::directory::{Asked, Directory, no_randomness, not_found, submit};
use crate::error::{damaged, other_key_file};
use crate::seal::{open_at, place, request_digest, seal_at};
use creditbank_ledger::{Ledger, Receipt, store_error};
use ledger_core::Refusal;
use ledger_core::command::Action;
use ledger_core::id::{LedgerId, OrganizationId, RequestId};
use ledger_core::person::{Card, PersonAct};
use zeroize::Zeroizing;

/// A request to keep a card.
pub struct PutCard {
    /// Whose.
    pub of: OrganizationId,
    /// Who asks.
    pub asked: Asked,
    /// The request's own name.
    pub request_id: RequestId,
    /// The request as it came, without its id.
    pub content: Zeroizing<Vec<u8>>,
    /// What to keep.
    pub card: Card,
}

/// What a card is sealed for, and whose.
fn place_of_card(ledger: &LedgerId, of: &OrganizationId) -> Vec<u8> {
    place("card", &[ledger.as_str(), of.as_str()])
}

impl Directory {
    /// Keeps an organisation's card, in place of what was kept before: the event first, then the card. The same request
    /// again writes what a crash may have kept from being written.
    ///
    /// # Errors
    /// What the log refuses, or what the store says.
    pub async fn put_card(&self, ledger: &Ledger, put: PutCard) -> Result<Receipt, Refusal> {
        let PutCard { of, asked, request_id, content, card } = put;
        let _one_at_a_time = self.writing.lock().await;
        let digest = request_digest(&self.carding, &content);
        let act = PersonAct::RecordCard { of: of.clone(), recorded_by: asked.person };
        let action = Action::Person(Box::new(act));
        let receipt = submit(ledger, (asked.organization, asked.by), request_id, digest, action).await?;
        let place = place_of_card(ledger.id(), &of);
        let held = self.persons().card(ledger.id(), &of).await.map_err(store_error)?;
        let held = held.map(|held| open_at(&self.carding, &place, &held).ok_or_else(other_key_file));
        if held.transpose()?.is_none_or(|(at, _)| at < receipt.position) {
            let sealed = seal_at(&self.carding, &place, receipt.position, &card.encode());
            let sealed = sealed.map_err(no_randomness)?;
            self.persons().put_card(ledger.id(), &of, &sealed).await.map_err(store_error)?;
        }
        Ok(receipt)
    }

    /// An organisation's card.
    ///
    /// # Errors
    /// `PERSON_NOT_FOUND`, `DIRECTORY_CLOSED`, or what the store says.
    pub async fn card(&self, ledger: &LedgerId, of: &OrganizationId) -> Result<Card, Refusal> {
        let held = self.persons().card(ledger, of).await.map_err(store_error)?;
        let held = held.ok_or_else(|| not_found("name"))?;
        let opened = open_at(&self.carding, &place_of_card(ledger, of), &held);
        let (_, opened) = opened.ok_or_else(other_key_file)?;
        Card::decode(&opened).map_err(|_| damaged())
    }
}
