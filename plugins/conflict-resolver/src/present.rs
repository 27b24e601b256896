//! Reports of what was decided.

use guildhall_report::{Prose, Report, ReportOutcome};
use guildhall_verdict::Question;

use crate::Settings;

pub(crate) fn decisions(questions: &[Question], settings: &Settings) -> Report {
    let reason = match settings.auto_resolve {
        true => "no outcome is known, so nothing is decided alone",
        false => "`auto_resolve` is off, so nothing is decided alone",
    };
    Report {
        title: Some("Conflicts".to_owned()),
        outcome: Some(ReportOutcome::unmet(reason)),
        texts: questions
            .iter()
            .enumerate()
            .map(|(at, it)| Prose::new(format!("q{at}"), "For a person", it.question.clone()))
            .collect(),
        ..Report::default()
    }
}
