//! Reports: what was learned in some months, by organisation, kind, subject, audience and mode, as each month was when
//! it closed and as it stands at the position of the answer (`DOMAIN.md` §6.1 Month, §6.3 item 6).
//!
//! The entries of a month are found by its [`MonthRoll`]s, which also tell where each was reversed. So entries are taken
//! up in any order, each once, and every figure can be had at any position of the log. Attendances (人次) add up over
//! organisations; persons (人數) do not: they are counted as sets for every row that is asked for.

mod correction;
mod figures;
mod filter;
mod fold;
pub mod indicator;
mod month_roll;
mod period;
mod person;
mod score_table;
mod session;
mod tree;

pub use correction::{Correction, Corrections, Counts};
pub use figures::{Figures, Mode, Standing, session_of};
pub use filter::Filter;
pub use fold::{Bounds, Cuts, Dimension, Report, Reported, Row, TooLarge};
pub use month_roll::MonthRoll;
pub use period::{MAX_MONTHS, Period};
pub use score_table::{MAX_ITEMS, MAX_TABLE_BYTES, ScoreItem, ScoreTable, ScoreTableError};
pub use tree::{Node, Tree};
