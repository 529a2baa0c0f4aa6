//! The yearly selection from the standard to the awards, over the API: a district written by hand, with its expected
//! results computed by hand, and what becomes of it.

mod badge;
mod district;
mod golden;
mod many;
mod year;
