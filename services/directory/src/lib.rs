//! The directory of personal data: who is behind an opaque id of the log.
//!
//! A person's record is sealed under a key of its own, which is wrapped under a key of the [key file](KeyFile). The file is
//! kept apart from the database: whoever has one of the two has nothing. An ID number is found by a keyed hash.
//!
//! The log comes first. That data is recorded, read or erased is an event before it happens, decided by `ledger-core` as
//! everything else; the data itself never comes near the log. What was begun and not ended (a crash between the event of an
//! erasure and the removal of the rows) is finished when the directory is opened ([`Directory::finish_erasures`]), and so
//! are erasures that a restored backup knows nothing of: the [register](Register) beside the key file remembers them.

mod card;
mod directory;
mod erasure;
mod error;
mod key_file;
mod register;
mod retention;
mod seal;

pub use card::PutCard;
pub use directory::{Asked, Directory, Found, PutPerson, ReadPerson};
pub use erasure::Finished;
pub use error::{DirectoryError, closed};
pub use key_file::KeyFile;
pub use register::Register;
