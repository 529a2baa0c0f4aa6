//! The table of `docs/benchmarks.md`.

use std::fmt;

pub(crate) struct Table {
    rows: Vec<String>,
}

impl Table {
    pub(crate) fn new() -> Table {
        Table { rows: Vec::new() }
    }

    /// A measurement beside its floor.
    pub(crate) fn row(&mut self, what: &str, rate: f64, floor_name: &str, floor: f64) {
        let row = format!("| {what} | {rate:.0} | {floor_name} | {floor:.0} | {:.2} |", rate / floor);
        eprintln!("{row}");
        self.rows.push(row);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | per second | floor of the same run | per second | ratio |")?;
        writeln!(f, "|---|---:|---|---:|---:|")?;
        for row in &self.rows {
            writeln!(f, "{row}")?;
        }
        Ok(())
    }
}
