//! An agent as a third party would write it that uses what a host offers beside calls: an
//! outcome that decides an exit code.

use guildhall_report::{Prose, Report, ReportOutcome};
use guildhall_sdk::prelude::*;

/// What to check.
#[derive(Deserialize, Schema)]
struct Check {
    /// What is to be there, one of them a line.
    wanted: Vec<String>,
    /// What there is.
    #[serde(default)]
    present: Vec<String>,
}

#[derive(Default)]
struct Workbench;

#[agent]
impl Workbench {
    /// Checks that everything is there.
    #[capability(name = "bench.check", version = "1.0.0", command = "bench check")]
    async fn check(&self, input: Check) -> Result<Report, AgentError> {
        let missing = |wanted: &&String| !input.present.contains(wanted);
        let missing: Vec<&str> = input
            .wanted
            .iter()
            .filter(missing)
            .map(String::as_str)
            .collect();
        let outcome = match missing.as_slice() {
            [] => ReportOutcome::Met,
            missing => ReportOutcome::unmet(format!("{} is missing", missing.join(", "))),
        };
        Ok(Report {
            title: Some("Checking the bench".to_owned()),
            outcome: Some(outcome),
            texts: vec![Prose::new(
                "wanted",
                "What was wanted",
                input.wanted.join(", "),
            )],
            ..Report::default()
        })
    }
}

guildhall_sdk::export!(Workbench);
