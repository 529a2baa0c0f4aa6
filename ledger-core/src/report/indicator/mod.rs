//! Indicators: {numerator, denominator, window, target, level} as data, since plans mean different things by the same word
//! (`DOMAIN.md` §7.3). A rate is a fraction of what was counted and of a population that somebody stated, with its
//! source; where none is stated the answer says so. Minimum frequencies are indicators of another sort: sessions in every
//! window.

mod document;
mod evaluate;
mod measure;
mod target;

pub use document::{
    Frequency, Indicator, IndicatorError, MAX_DOCUMENT_BYTES, Measured, Numerator, Window, preset, presets,
};
pub use evaluate::{Children, Outcome, Standings, Verdict, WindowOutcome, evaluate};
pub use measure::{Figure, Measure};
pub use target::{
    IndicatorDefined, MAX_REVISIONS, Population, PopulationStated, StatedPopulation, Target, TargetSet, as_of,
};
