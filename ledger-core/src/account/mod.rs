//! Accounts: what the fold keeps of each. An account's lines stand in buckets, one a year and one for what counts
//! once in a lifetime; an organisation keeps tallies by month and kind besides, and a roll of what it posted.

mod batch;
mod bucket;
mod line;
mod packing;
mod roll;
mod tally;

pub use batch::BatchRecord;
pub use bucket::{Bucket, BucketScope, MAX_LINES};
pub(crate) use bucket::{Encoded, PackedLines};
pub(crate) use line::identity;
pub use line::{Grade, Line, PosterTag};
pub(crate) use packing::{LEAST_BYTES, Packing};
pub use roll::{ROLL_WINDOW, Roll};
pub use tally::{Tally, TallyCell, YearTally};
