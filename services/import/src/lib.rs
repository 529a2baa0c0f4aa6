//! Imports: a school's own sheet, read by a mapping that is written once for it.
//!
//! A [`Mapping`] says which column means what; `docs/import.md` describes it. A [`Source`] is a sheet that fits it, CSV or a
//! workbook, a file beside others or one that was uploaded.
//! Its [`Rows`] give one verdict a row: an entry to post, a reason why it is none, or everything that is wrong with it
//! and what to do. No row is dropped silently and none is guessed at. What must be registered first is collected on
//! the way:
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use creditbank_import::{Mapping, RowOutcome, Source};
//! use ledger_core::id::LedgerId;
//!
//! let mapping = Mapping::parse(&std::fs::read_to_string("class-list.toml")?)?;
//! let source = Source::open(&mapping, "class-list.csv".as_ref())?;
//! let ledger = LedgerId::parse("example").map_err(|refusal| refusal.message().to_owned())?;
//!
//! let mut rows = source.rows(&ledger)?;
//! for row in rows.by_ref() {
//!     let row = row?;
//!     if let RowOutcome::Bad { problems } = row.outcome {
//!         println!("{}: {}", row.number, problems[0]);
//!     }
//! }
//! let first = rows.registration(); // register this, then walk `source.rows(&ledger)` again and post
//! # Ok(())
//! # }
//! ```
//!
//! The crate reads the files it is given and nothing else: no network, no clock, no store. The same file gives the
//! same requests with the same request ids, so importing it twice records nothing new.

mod error;
mod expression;
pub mod heading;
mod mapping;
pub mod reason;
mod register;
mod repair;
mod row;
mod sheet;
mod source;
mod workbook;

pub use error::{ImportError, MappingError, Mistake};
pub use mapping::Mapping;
pub use register::Registration;
pub use repair::{Repair, Suggestion};
pub use row::rows::{MAX_ROWS, Rows};
pub use row::{Note, Problem, Row, RowOutcome};
pub use sheet::{MAX_FILE_BYTES, MAX_LOOKUP_BYTES, MAX_ROW_BYTES};
pub use source::Source;
