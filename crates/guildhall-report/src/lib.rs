//! The report model that agents fill, and its renderings.
//!
//! An agent never formats for itself. It fills a [`Report`]: [`Finding`]s (a rule,
//! a severity, a place, a measured value against a threshold, a stable
//! [`Fingerprint`]), what it [`Skipped`] and why, [`Prose`], key [`Figure`]s, [`Table`]s,
//! [`Timeline`]s, [`Graph`]s, [`Chart`]s and ordered [`ActionPlan`]s. The host puts the
//! reports of all agents together with [`merge`]; the result, a [`Document`], says of
//! everything who has [`Said`] it, and all that may differ from run to run stands under
//! `run`. [`render`] writes it in any [`Format`], [`render_rules`] what the rules say of
//! themselves.
//!
//! Only what is new need fail: a [`Baseline`] keeps what was found at one time,
//! [`Document::hold_against`] tells what is not in it, [`compare`] and [`Diff`] what changed
//! between two documents, and [`suppression`] has the comment by which an author keeps a
//! finding.
//!
//! The types of the model are made with `new` and `with_...`, and sets of names that will
//! grow keep names that they do not know, so that a newer version breaks no agent.
//!
//! ```
//! use guildhall_report::{
//!     Finding, Format, Location, Part, Report, RunInfo, Severity, Style, merge, render,
//! };
//!
//! let finding = Finding::new(
//!     "long-function",
//!     Severity::Major,
//!     Location::at("src/main.rs", 12, 1),
//!     "the function has 240 lines, the threshold is 100",
//! )
//! .with_subject("main")
//! .with_reason("Long functions are hard to test in parts.")
//! .with_value(240.0)
//! .with_threshold(100.0)
//! .with_remediation_minutes(45)
//! .with_identity(&["main"], 0);
//! let report = Report { findings: vec![finding], ..Report::default() };
//! let part = Part::new("tech-debt-scanner", "0.1.0", report);
//! let document = merge(vec![part], RunInfo::default());
//! assert_eq!(document.at_or_over(Severity::Major), 1);
//!
//! let mut text = Vec::new();
//! render(&document, Format::Text, &Style::default(), &mut text)?;
//! assert!(String::from_utf8_lossy(&text).contains(
//!     "src/main.rs:12:1 major long-function\n    the function has 240 lines"
//! ));
//! # Ok::<(), std::io::Error>(())
//! ```

mod fingerprint;
mod model;
mod scan;
mod trend;

mod baseline;
mod checks;
mod compare;
mod diff;
mod held;
mod matching;
mod merge;
mod run;
mod said;
mod summary;

pub mod suppression;

mod error;
mod number;
mod render;

#[cfg(test)]
mod samples;

pub use baseline::{BASELINE_SCHEMA, Baseline, BaselineChanges, BaselineRow, BaselineTool};
pub use checks::Problem;
pub use compare::{Comparison, compare};
pub use diff::{DIFF_SCHEMA, Diff, Moved, RuleChanges};
pub use error::ReportError;
pub use fingerprint::Fingerprint;
pub use held::{Absent, Held, Since};
pub use merge::{Document, Part, SCHEMA, merge};
pub use model::*;
pub use render::{DiffFormat, Format, Style, json_of_run, render, render_diff, render_rules};
pub use run::{AgentFailure, AgentRun, FailedAgent, RunInfo, SinceLastScan};
pub use said::Said;
pub use scan::{
    RULES_CAPABILITY, RULES_VERSIONS, RuleList, SCAN_CAPABILITY, SCAN_VERSIONS, ScanRequest,
    Standing,
};
pub use summary::{SeverityCounts, Summary, TOP_FILES, TopFile};
pub use trend::{
    Day, MOST_TREND_POINTS, Step, StepUnit, TREND_CAPABILITY, TREND_VERSIONS, TrendPoints,
    TrendRequest,
};
