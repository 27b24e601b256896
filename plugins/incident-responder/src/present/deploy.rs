//! The report of a deploy.

use guildhall_report::{Prose, Report, ReportOutcome};
use serde_json::{Map, json};

use super::incident::title;
use crate::deploy::Deployed;

/// Shows what was run, or would be.
pub(crate) fn report(deployed: &Deployed) -> Report {
    let (incident, candidate) = (&deployed.incident, deployed.candidate);
    let command = deployed.argv.join(" ");
    let (text, outcome) = match &deployed.run {
        None => (
            Prose::new(
                "deploy",
                "This was a dry run",
                format!("Nothing stands in the way of {candidate}: --really runs {command}."),
            ),
            ReportOutcome::Met,
        ),
        Some(run) if run.succeeded() => (
            Prose::new("deploy", "It is deployed", format!("{candidate}: {run}.")),
            ReportOutcome::Met,
        ),
        Some(run) => {
            let body = format!("{candidate}: {run}.\n\n{}", run.tail);
            (
                Prose::new("deploy", "The deploy failed", body.trim_end()),
                ReportOutcome::unmet(format!("the deploy of {candidate} failed: {run}")),
            )
        }
    };
    let value = json!({
        "candidate": candidate.to_string(),
        "argv": deployed.argv,
        "run": deployed.run,
    });
    Report {
        title: Some(title(incident)),
        outcome: Some(outcome),
        texts: vec![text],
        extra: Map::from_iter([
            ("deploy".to_owned(), value),
            ("incident".to_owned(), json!(incident)),
        ]),
        ..Report::default()
    }
}
