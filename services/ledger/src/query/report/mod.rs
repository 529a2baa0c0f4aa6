//! Reports of months: the ground they stand on, the way to their entries, and what they say.

mod entries;
mod evidence;
mod ground;
mod indicator;
mod period;

pub use evidence::EvidencePack;
pub use ground::ReportQuestion;
pub use indicator::{Evaluated, HeldIndicator};
pub use period::{MonthState, PeriodReport};
