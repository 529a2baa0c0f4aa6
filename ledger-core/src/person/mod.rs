//! Personal data: what the directory keeps of a person, outside the log.
//!
//! The log holds opaque ids only. Who is behind one (a [`Name`], an [`IdNumber`], a [`BirthDate`], how to reach them) is a
//! [`Person`], which is sealed and kept in a [`PersonStore`] of its own. The log knows of it what happened: that data was
//! recorded, read or erased, by whom and what for, and never a word of it ([`PersonRecorded`], [`PersonalDataRead`],
//! [`ErasureProposed`], [`ResidentErased`]).
//!
//! Types that hold personal data show nothing of it: no `Display`, a `Debug` of a few dots, no `Serialize`; their memory is
//! wiped when they are dropped. A refusal names the field at fault and never what was in it, nor how it should be written.

mod act;
mod birth;
mod card;
mod contact;
mod erasure;
mod fact;
mod field;
mod name;
mod number;
mod record;
mod secret;
mod store;
mod uscc;

pub use act::PersonAct;
pub use birth::{ADULT_AGE, BirthDate, CONSENT_AGE};
pub use card::Card;
pub use contact::{Email, Phone};
pub use erasure::{Erasure, ErasureRequest, Kept};
pub use fact::{CardRecorded, ErasureProposed, PersonRecorded, PersonalDataRead, ResidentErased};
pub use field::{Field, ReadPurpose};
pub use name::Name;
pub use number::{IdKind, IdNumber, LAST_SHOWN};
pub use record::{Malformed, Person, RECORD_BYTES};
pub use secret::Secret;
pub use store::{LookUp, PersonStore, PersonStoreError, SealedPerson};
pub use uscc::Uscc;
