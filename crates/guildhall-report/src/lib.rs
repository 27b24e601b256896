//! The report model that agents fill, and its renderings.
//!
//! An agent never formats for itself. It fills a [`Report`]: [`Finding`]s (a rule,
//! a severity, a place, a measured value against a threshold, a stable
//! fingerprint), what it [`Skipped`] and why, key [`Figure`]s, [`Table`]s,
//! [`Timeline`]s, [`Graph`]s, [`Chart`]s and ordered [`Plan`]s. The host puts the
//! reports of all agents together with [`merge`]; the result, a [`Merged`], is one
//! document in which everything that may differ from run to run stands under
//! `run`, and [`render`] writes it in any [`Format`].
//!
//! ```
//! use guildhall_report::{
//!     AgentReport, Finding, Format, Location, Position, Report, RunInfo, Severity, Style, merge,
//!     render,
//! };
//!
//! let finding = Finding {
//!     rule: "long-function".into(),
//!     severity: Severity::Major,
//!     location: Location {
//!         path: "src/main.rs".into(),
//!         start: Some(Position { line: 12, column: 1 }),
//!         end: None,
//!     },
//!     subject: Some("main".into()),
//!     message: "the function has 240 lines, the threshold is 100".into(),
//!     reason: "Long functions are hard to test in parts.".into(),
//!     value: Some(240.0),
//!     threshold: Some(100.0),
//!     remediation_minutes: Some(45),
//!     fingerprint: "5f3a".into(),
//!     related: Vec::new(),
//!     agent: None,
//!     extra: Default::default(),
//! };
//! let part = AgentReport {
//!     agent: "tech-debt-scanner".into(),
//!     agent_version: "0.1.0".into(),
//!     report: Report { findings: vec![finding], ..Report::default() },
//! };
//! let merged = merge(vec![part], RunInfo::default());
//! assert_eq!(merged.at_or_over(Severity::Major), 1);
//!
//! let mut text = Vec::new();
//! render(&merged, Format::Text, &Style::default(), &mut text)?;
//! assert!(String::from_utf8_lossy(&text).contains(
//!     "src/main.rs:12:1 major long-function\n    the function has 240 lines"
//! ));
//! # Ok::<(), std::io::Error>(())
//! ```

pub mod model;
mod scan;

mod merge;
mod run;
mod summary;

mod error;
mod number;
mod render;

#[cfg(test)]
mod samples;

pub use error::ReportError;
pub use merge::{AgentReport, Merged, SCHEMA, Said, merge};
pub use model::*;
pub use render::{Format, Style, render};
pub use run::{AgentFailure, AgentRun, FailedAgent, RunInfo};
pub use scan::{
    RULES_CAPABILITY, RULES_VERSIONS, RuleList, SCAN_CAPABILITY, SCAN_VERSIONS, ScanRequest,
};
pub use summary::{SeverityCounts, Summary, TOP_FILES, TopFile};
