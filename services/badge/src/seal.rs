//! Seals: what a printed paper says, short enough for its code, signed by the ledger. Whoever holds the paper needs no account
//! to learn that it is genuine, and whether it still stands.

use crate::error::{Fault, malformed};
use crate::issuer::{Issuer, Key};
use crate::status::BITS;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chacha20poly1305::XNonce;
use chacha20poly1305::aead::Aead;
use ed25519_dalek::Signature;
use ed25519_dalek::ed25519::signature::Signer;
use ledger_core::date::OccurredOn;
use ledger_core::id::{AccountId, Code, HouseholdId, LedgerId, ResidentId, SelectionId};
use ledger_core::quantity::{CentiCredits, Position};

/// The version of the form of seals.
const VERSION: &str = "2";
/// What stands before the text that is signed: the key signs other things, too.
const PURPOSE: &str = "creditbank seal\n";
/// The longest text of a seal that is read (our own default).
const LONGEST: usize = 1_024;

/// What is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// Whose it is.
    pub ledger: LedgerId,
    /// The account it is about.
    pub account: AccountId,
    /// The position it was true at.
    pub position: Position,
    /// What it says.
    pub says: Says,
}

/// What a seal says of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// The sums of a statement.
    Statement(Sums),
    /// That a household was given a title.
    Title {
        /// The title.
        title: Code,
        /// The selection.
        selection: SelectionId,
        /// Its last day.
        until: OccurredOn,
    },
}

/// The sums of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sums {
    /// The civil year it is of; none where it is of all.
    pub year: Option<i32>,
    /// Its day in the ledger's time zone.
    pub today: OccurredOn,
    /// Credit that counts by then.
    pub credit: CentiCredits,
    /// Credit that counts from a later year on.
    pub pending: CentiCredits,
    /// Minutes of entries that stand.
    pub minutes: u64,
    /// Entries that stand (人次).
    pub entries: u64,
}

impl Seal {
    /// Its text, as the query of an address, signed.
    #[must_use]
    pub fn sign(&self, issuer: &Issuer) -> String {
        let text = self.text();
        let signature = issuer.signing().sign(format!("{PURPOSE}{text}").as_bytes());
        format!("{text}&g={}", BASE64_URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    /// A name of it for the address of its list, from which nobody else can tell what it is of; always the same.
    #[must_use]
    pub fn handle(&self, issuer: &Issuer) -> String {
        let text = self.text();
        let secret = issuer.secret_of(&format!("nonce {text}"));
        let nonce = XNonce::from(secret.first_chunk::<24>().copied().unwrap_or_default());
        // A text of this length is always closed.
        let closed = issuer.closing().encrypt(&nonce, text.as_bytes()).unwrap_or_default();
        BASE64_URL_SAFE_NO_PAD.encode([nonce.as_slice(), &closed].concat())
    }

    /// What a handle of this issuer's is of.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn of_handle(handle: &str, issuer: &Issuer) -> Result<Seal, Fault> {
        let none = || malformed("it is no handle of this issuer");
        let bytes = Some(handle).filter(|handle| handle.len() <= LONGEST);
        let bytes = bytes.and_then(|handle| BASE64_URL_SAFE_NO_PAD.decode(handle).ok()).ok_or_else(none)?;
        let (nonce, closed) = bytes.split_first_chunk::<24>().ok_or_else(none)?;
        let mut opened = issuer.secrets().filter_map(|own| own.closing().decrypt(nonce.into(), closed).ok());
        let text = opened.next().ok_or_else(none)?;
        let fields: Vec<_> = form_urlencoded::parse(&text).collect();
        Seal::of(&fields).ok_or_else(none)
    }

    /// Its place on its list.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.position.0 % BITS
    }

    fn text(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("v", VERSION).append_pair("l", self.ledger.as_str());
        let (account, position) = (self.account.path(), self.position.0.to_string());
        match &self.says {
            Says::Statement(sums) => {
                query.append_pair("k", "statement").append_pair("s", &account).append_pair("p", &position);
                if let Some(year) = sums.year {
                    query.append_pair("y", &year.to_string());
                }
                query.append_pair("o", &sums.today.to_string());
                query
                    .append_pair("c", &sums.credit.0.to_string())
                    .append_pair("w", &sums.pending.0.to_string());
                query.append_pair("m", &sums.minutes.to_string()).append_pair("n", &sums.entries.to_string());
            }
            Says::Title { title, selection, until } => {
                query.append_pair("k", "title").append_pair("s", &account).append_pair("p", &position);
                query.append_pair("t", title.as_str()).append_pair("e", selection.as_str());
                query.append_pair("u", &until.to_string());
            }
        }
        query.finish()
    }

    /// Whether a text is one of this form, whoever may have signed it.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        text.starts_with("v=2&")
    }

    /// The ledger that a text says it is of, before it is believed.
    #[must_use]
    pub fn ledger_of(text: &str) -> Option<LedgerId> {
        let (_, ledger) = form_urlencoded::parse(text.as_bytes()).find(|(name, _)| name == "l")?;
        LedgerId::parse(&ledger).ok()
    }

    /// Reads a text that a key has signed. Fields that are not signed are not read.
    ///
    /// # Errors
    /// `Malformed`, `SignatureInvalid`.
    pub fn read(text: &str, key: &Key) -> Result<Seal, Fault> {
        if text.len() > LONGEST {
            return Err(malformed("a seal is shorter"));
        }
        let fields: Vec<_> = form_urlencoded::parse(text.trim().as_bytes()).collect();
        let seal = Seal::of(&fields).ok_or_else(|| malformed("it is no seal of this version"))?;
        let signature = field(&fields, "g").and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok());
        let signature = signature.and_then(|bytes| Signature::from_slice(&bytes).ok());
        let signature = signature.ok_or_else(|| malformed("it bears no signature"))?;
        let signed = format!("{PURPOSE}{}", seal.text());
        let verified = key.named(None).any(|key| key.verify_strict(signed.as_bytes(), &signature).is_ok());
        if verified { Ok(seal) } else { Err(Fault::SignatureInvalid(key.did().to_owned())) }
    }

    fn of(fields: &[Field<'_>]) -> Option<Seal> {
        let get = |name| field(fields, name);
        if get("v")? != VERSION {
            return None;
        }
        let account = match get("s")?.split_once('/')? {
            ("residents", id) => AccountId::Resident(ResidentId::parse(id).ok()?),
            ("households", id) => AccountId::Household(HouseholdId::parse(id).ok()?),
            _ => return None,
        };
        let says = match get("k")? {
            "statement" => Says::Statement(Sums {
                year: get("y").map(str::parse).transpose().ok()?,
                today: OccurredOn::parse(get("o")?, "o").ok()?,
                credit: CentiCredits(get("c")?.parse().ok()?),
                pending: CentiCredits(get("w")?.parse().ok()?),
                minutes: get("m")?.parse().ok()?,
                entries: get("n")?.parse().ok()?,
            }),
            "title" => Says::Title {
                title: Code::parse(get("t")?, "t").ok()?,
                selection: SelectionId::parse(get("e")?).ok()?,
                until: OccurredOn::parse(get("u")?, "u").ok()?,
            },
            _ => return None,
        };
        let (ledger, position) = (LedgerId::parse(get("l")?).ok()?, Position(get("p")?.parse().ok()?));
        Some(Seal { ledger, account, position, says })
    }
}

type Field<'a> = (std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>);

fn field<'a>(fields: &'a [Field<'_>], name: &str) -> Option<&'a str> {
    fields.iter().find(|(found, _)| found == name).map(|(_, value)| &**value)
}
