//! How far a fold has come: a bar on the terminal, or lines of JSON on standard error, where standard output has the
//! result.

use creditbank_ledger::{Progress, Stage};
use indicatif::{ProgressBar, ProgressStyle};
use ledger_core::quantity::Position;
use serde_json::{Value, json};
use std::io::Write;
use std::time::{Duration, Instant};

/// At most one line of JSON in so long, but one for each stage and each checkpoint.
const LINES: Duration = Duration::from_secs(1);

/// A bar of a look.
pub(crate) fn bar(look: &str, length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(look).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length).with_style(style)
}

/// Where progress is shown.
pub(crate) struct Shown {
    json: bool,
    bar: ProgressBar,
}

impl Shown {
    pub(crate) fn new(json: bool, what: &'static str) -> Shown {
        let look = "{prefix} {bar:40} {pos}/{len} {per_sec} {eta} {msg}";
        let bar = if json { ProgressBar::hidden() } else { bar(look, 0).with_prefix(what) };
        Shown { json, bar }
    }

    /// Takes the progress.
    pub(crate) fn progress(&self) -> impl FnMut(Progress) + Send + use<> {
        let (json, bar) = (self.json, self.bar.clone());
        let mut told: Option<(Stage, Position, Instant)> = None;
        let mut clock: Option<Instant> = None;
        move |progress| {
            let began = *clock.get_or_insert_with(|| {
                bar.set_position(progress.began.0);
                bar.reset_eta();
                Instant::now()
            });
            bar.set_length(progress.head.0);
            bar.set_position(progress.position.0);
            if progress.stage != Stage::Folding {
                bar.set_message(format!("{} {}", progress.stage.as_str(), progress.states));
            }
            let due = told.is_none_or(|(stage, kept, at)| {
                (stage, kept) != (progress.stage, progress.kept) || at.elapsed() >= LINES
            });
            if json && due {
                // Who reads no further does not end the work.
                let _ = writeln!(std::io::stderr(), "{}", line(progress, began.elapsed()));
                told = Some((progress.stage, progress.kept, Instant::now()));
            }
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn line(progress: Progress, elapsed: Duration) -> Value {
    let folded = progress.position.0.saturating_sub(progress.began.0);
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    let per_second = folded.saturating_mul(1_000) / milliseconds;
    let remaining = progress.head.0.saturating_sub(progress.position.0);
    json!({ "progress": {
        "stage": progress.stage.as_str(), "began": progress.began.0, "folded": folded,
        "position": progress.position.0, "kept": progress.kept.0, "head": progress.head.0,
        "per_second": per_second, "remaining": remaining,
        "remaining_seconds": remaining.checked_div(per_second), "states": progress.states,
    } })
}
