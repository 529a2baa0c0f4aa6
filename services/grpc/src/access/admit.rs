//! Admission of a message: what it names is held against the scope of the caller's credential, by the row of its method.

use super::gatekeeper::denied;
use super::{Caller, Check, Effect, rule};
use crate::names;
use crate::proto::Asks;
use crate::status::status;
use creditbank_access::Principal;
use creditbank_ledger::{Bank, Ledger, no_such_event};
use ledger_core::access::Scope;
use ledger_core::decide::no_account;
use ledger_core::id::{AccountId, LedgerId, OrganizationId, PersonId};
use ledger_core::ports::StoreError;
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use std::sync::Arc;
use tonic::{Request, Status};

/// The fields by which a message says what ledger it is about.
const LEDGERS: [&str; 4] = ["parent", "name", "before", "after"];

/// Takes a message from its caller, if what it names is in the caller's scope. There is no other way to a message
/// (`clippy.toml`).
#[expect(clippy::disallowed_methods, reason = "here it is asked whose it is")]
pub(crate) async fn admit<T: Asks>(bank: &Bank, request: Request<T>) -> Result<(Caller, T), Status> {
    let (_, mut extensions, mut message) = request.into_parts();
    let caller = extensions.remove::<Caller>().ok_or_else(|| status(super::gatekeeper::missing()))?;
    if let Some(holder) = caller.holder() {
        Admission { bank, holder }.check(&mut message).await.map_err(status)?;
    }
    Ok((caller, message))
}

struct Admission<'a> {
    bank: &'a Bank,
    holder: &'a Principal,
}

impl Admission<'_> {
    async fn check<T: Asks>(&self, message: &mut T) -> Result<(), Refusal> {
        let rule = rule(T::METHOD);
        if !matches!(rule.effect, Effect::Runs | Effect::Shows) {
            self.own_ledger(message)?;
        }
        for check in rule.checks {
            match check {
                Check::Is(field) => self.is(message, field)?,
                _ if self.holder.scope == Scope::Ledger => {}
                Check::Acts(path) | Check::ActsIfNamed(path) => self.acts(message, *check, path).await?,
                Check::Sees(path) => self.sees(message, path).await?,
                Check::Within(field) => self.within(message, field).await?,
                Check::Whole => {
                    if !self.ledger().await?.is_whole(&self.holder.scope).await? {
                        return Err(denied(self.holder.role));
                    }
                }
            }
        }
        Ok(())
    }

    /// Another ledger does not exist for the holder.
    fn own_ledger<T: Asks>(&self, message: &T) -> Result<(), Refusal> {
        for field in LEDGERS {
            for (_, raw) in texts(message, field) {
                // The two sides of a comparison may be documents, and what is empty is refused by its method.
                let documents = matches!(field, "before" | "after") && !raw.starts_with("ledgers/");
                if raw.is_empty() || documents {
                    continue;
                }
                // The ledger itself, or something of it.
                let id = match raw.strip_prefix("ledgers/") {
                    Some(id) if !id.contains('/') => names::parse_ledger(raw, field)?,
                    _ => names::ledger_of(raw, field)?,
                };
                if id != self.holder.ledger {
                    return Err(no_such_ledger());
                }
            }
        }
        Ok(())
    }

    /// Who acts is who holds the credential.
    fn is<T: Asks>(&self, message: &mut T, field: &'static str) -> Result<(), Refusal> {
        let Some(text) = message.text_mut(field) else { return Ok(()) };
        if text.is_empty() {
            self.holder.person.as_str().clone_into(text);
        } else if PersonId::parse(text).map_err(|refusal| crate::convert::at(refusal, field))?
            != self.holder.person
        {
            return Err(Refusal::field(
                Reason::PersonMismatch,
                field,
                format!(
                    "{field} 須是憑證的持有人「{0}」，或留空。{field} is the holder of the credential, \"{0}\": write that, \
                     or leave it empty.",
                    self.holder.person
                ),
            ));
        }
        Ok(())
    }

    /// The organisations at a path act.
    async fn acts<T: Asks>(&self, message: &T, check: Check, path: &'static str) -> Result<(), Refusal> {
        let mut last: Option<&str> = None;
        for (index, raw) in texts(message, path) {
            // Of a batch all items are mostly of one.
            let unnamed = raw.is_empty() && check == Check::ActsIfNamed(path);
            if unnamed || last == Some(raw) {
                continue;
            }
            let field = spelled(path, index);
            let organization = names::organization(&self.holder.ledger, raw, &field)?;
            if !self.ledger().await?.has_in_scope(&self.holder.scope, &organization).await? {
                return Err(not_yours(&organization, &field));
            }
            last = Some(raw);
        }
        Ok(())
    }

    async fn sees<T: Asks>(&self, message: &T, path: &'static str) -> Result<(), Refusal> {
        for (index, raw) in texts(message, path) {
            let field = spelled(path, index);
            if raw.is_empty() {
                continue;
            }
            match Named::of(&self.holder.ledger, raw, &field)? {
                Named::Account(account) => {
                    if !self.ledger().await?.is_seen(&self.holder.scope, &account).await? {
                        return Err(no_account(&account, &field));
                    }
                }
                Named::Posted(organization) => {
                    if !self.ledger().await?.has_in_scope(&self.holder.scope, &organization).await? {
                        return Err(no_account(&AccountId::Organization(organization), &field));
                    }
                }
                Named::Event(position) => {
                    if !self.ledger().await?.is_event_seen(&self.holder.scope, position).await? {
                        return Err(no_such_event(position));
                    }
                }
            }
        }
        Ok(())
    }

    async fn within<T: Asks>(&self, message: &mut T, field: &'static str) -> Result<(), Refusal> {
        let ledger = self.holder.ledger.clone();
        let named = texts(message, field).first().is_some_and(|(_, raw)| !raw.is_empty());
        if named {
            for (_, raw) in texts(message, field) {
                let organization = names::organization(&ledger, raw, field)?;
                if !self.ledger().await?.has_in_scope(&self.holder.scope, &organization).await? {
                    return Err(no_account(&AccountId::Organization(organization), field));
                }
            }
            return Ok(());
        }
        match &self.holder.scope {
            Scope::Organization(own) => {
                // What is asked of one account was seen to be the caller's to see.
                let of_account = texts(message, "account").first().is_some_and(|(_, raw)| !raw.is_empty());
                if let (false, Some(text)) = (of_account, message.text_mut(field)) {
                    *text = format!("{}/organizations/{own}", names::ledger_name(&ledger));
                }
                Ok(())
            }
            Scope::Resident(own) => match message.text_mut("account") {
                Some(text) if text.is_empty() => {
                    *text = format!("{}/residents/{own}", names::ledger_name(&ledger));
                    Ok(())
                }
                Some(_) => Ok(()),
                None => Err(denied(self.holder.role)),
            },
            Scope::Ledger => Ok(()),
        }
    }

    async fn ledger(&self) -> Result<Arc<Ledger>, Refusal> {
        self.bank.ledger(&self.holder.ledger).await
    }
}

/// What a resource name names, as far as scopes tell it apart.
enum Named {
    /// An account: seen with it.
    Account(AccountId),
    /// What an organisation posted: seen with the organisation.
    Posted(OrganizationId),
    /// What stands at a position of the log.
    Event(Position),
}

impl Named {
    fn of(ledger: &LedgerId, raw: &str, field: &str) -> Result<Named, Refusal> {
        let path = names::below(ledger, raw, field)?;
        if path.starts_with("entries/") {
            return names::entry(ledger, raw, field).map(Named::Event);
        }
        if path.starts_with("corrections/") {
            return names::correction(ledger, raw, field).map(Named::Event);
        }
        if path.starts_with("selections/") {
            return names::application(ledger, raw, field).map(|(_, account)| Named::Account(account));
        }
        if path.contains("/batches/") {
            return names::batch(ledger, raw, field).map(|(organization, _)| Named::Posted(organization));
        }
        names::account(ledger, raw, field).map(Named::Account)
    }
}

fn texts<'a, T: Asks>(message: &'a T, path: &str) -> Vec<(Option<usize>, &'a str)> {
    let mut found = Vec::new();
    message.texts(path, None, &mut found);
    found
}

/// A path with the number of the item that it leads to.
fn spelled(path: &str, index: Option<usize>) -> String {
    match (index, path.split_once('.')) {
        (None, _) => path.to_owned(),
        (Some(index), None) => format!("{path}[{index}]"),
        (Some(index), Some((list, rest))) => format!("{list}[{index}].{rest}"),
    }
}

fn no_such_ledger() -> Refusal {
    creditbank_ledger::refuse(&StoreError::NoLedger)
}

/// An organisation outside the scope does not act for the caller.
fn not_yours(organization: &OrganizationId, field: &str) -> Refusal {
    Refusal::field(
        Reason::SchoolScope,
        field,
        format!(
            "憑證不能代機構「{organization}」辦理，請以自己的機構辦理，或請該機構辦理。\
             The credential does not act for \"{organization}\": act for your own organisation, or ask that one."
        ),
    )
}
