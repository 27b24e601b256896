//! The table of results.

use std::io::Write as _;

/// The table of results.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<[String; 4]>,
}

impl Table {
    /// Adds a measure that has no goal.
    pub(crate) fn add(&mut self, what: &str, value: String, unit: &str) {
        let row = [what.to_owned(), value, unit.to_owned(), String::new()];
        self.rows.push(row);
    }

    /// Adds a measure and whether it stays at or below its goal.
    pub(crate) fn check(&mut self, what: &str, value: f64, unit: &str, goal: f64) {
        let verdict = if value <= goal { "holds" } else { "MISSED" };
        self.rows.push([
            what.to_owned(),
            format!("{value:.2}"),
            unit.to_owned(),
            format!("goal {goal}: {verdict}"),
        ]);
    }

    pub(crate) fn print(&self) -> std::io::Result<()> {
        let width = self.rows.iter().map(|row| row[0].len()).max().unwrap_or(0);
        let mut out = std::io::stdout().lock();
        for [what, value, unit, goal] in &self.rows {
            writeln!(out, "{what:<width$}  {value:>10} {unit:<22} {goal}")?;
        }
        Ok(())
    }
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
