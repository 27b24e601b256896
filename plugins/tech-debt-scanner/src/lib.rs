//! The agent that measures technical debt in source code.
//!
//! A scan walks over a folder ([`scan()`]), reads each Rust file once, and measures
//! its functions and comments. What is reported, and from which value on, is said
//! by the [`rules()`]. Files that can't be examined are listed with the reason.
//!
//! In reading order: `scan` runs the phases (`guildhall-source` finds, reads and parses
//! the files), `analyse` does all that is done with one file, `comments` looks at its
//! comments, `rust` at its syntax tree, `rules` turns measurements into findings, `tally`
//! gathers the facts of all files and `present` makes a report of them. `agent` is what
//! the host sees of it.

mod agent;
mod analyse;
mod comments;
mod metrics;
mod present;
mod rules;
mod rust;
mod scan;
mod settings;
mod tally;

pub use metrics::{Level, MetricsRequest, metrics};
pub use scan::{Hooks, ScanError, scan};
pub use settings::SettingError;

use guildhall_report::Rule;

/// The documentation of every rule, ordered by id.
///
/// ```
/// let rules = tech_debt_scanner::rules();
/// assert!(rules.iter().any(|rule| rule.id == "cognitive-complexity"));
/// ```
pub fn rules() -> Vec<Rule> {
    rules::all()
}
