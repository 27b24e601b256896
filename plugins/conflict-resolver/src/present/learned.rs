//! The report of what was learned.

use guildhall_report::{Figure, Report, Skipped};
use guildhall_verdict::Experience;

/// The report of outcomes that were told.
pub(crate) fn learned(
    told: usize,
    before: usize,
    experience: &Experience,
    wrong: &[(String, String)],
) -> Report {
    let all = experience.outcomes().count();
    let skipped = wrong.iter();
    let skipped = skipped.map(|(place, why)| Skipped::new(place, "outcome", why));
    Report {
        title: Some("Outcomes learned".to_owned()),
        figures: vec![
            Figure::new("told", "outcomes told", told as f64),
            Figure::new("new", "of new questions", (all - before) as f64),
            Figure::new("all", "outcomes known now", all as f64),
        ],
        skipped: skipped.collect(),
        ..Report::default()
    }
}
