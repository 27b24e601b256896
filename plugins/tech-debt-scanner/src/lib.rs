//! The agent that measures technical debt in source code.
//!
//! A scan walks over a folder ([`scan()`]) and reads each source file once. What its text
//! says becomes facts; what is reported of them, and from which value on, is said by the
//! [`rules()`]. Files that can't be examined are listed with the reason.
//!
//! In reading order: `scan` runs the phases, `gather` finds the files (`guildhall-source`
//! walks, reads and parses; `cargo` reads manifests and lock files), `analyse` makes
//! `facts` of one, with `comments` for its comments and `rust` for its syntax tree (`other`
//! where it is not Rust), `tree` holds all files and the `crates` that they make up (with
//! `graph` for cycles among modules), `clones` finds what is copied among them and
//! `duplicates` where (`divergence` which copies a fix forgot), `rules` judges them, and `present` makes a report. `metrics` lists
//! what was measured without judging. `purpose` tells what ships from tests and what goes
//! along, `history` reads what git knows of the files, `rank`
//! says by it where work pays, and `trend` measures the states that git has of a folder.
//! `cache` keeps what was found out for the next scan, `work` spreads work over threads,
//! and `clippy` takes in what another tool has found. `agent` is what the host sees of it;
//! `parts` are for a benchmark.

mod agent;
mod analyse;
mod cache;
mod cargo;
mod clippy;
mod clones;
mod comments;
mod crates;
mod divergence;
mod duplicates;
mod facts;
mod gather;
mod graph;
mod history;
mod languages;
mod listing;
mod metrics;
#[cfg(feature = "grammars")]
mod other;
#[doc(hidden)]
pub mod parts;
mod present;
mod purpose;
mod rank;
mod rules;
mod rust;
mod scan;
mod settings;
mod suppress;
mod tree;
mod trend;
mod work;

pub use clippy::ClippyError;
pub use metrics::{Level, MetricsRequest, metrics};
pub use rank::{HotspotsRequest, hotspots};
pub use scan::{Hooks, ScanError, scan};
pub use settings::SettingError;
pub use trend::{TrendError, trend};

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
