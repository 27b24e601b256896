//! The report of what was learned.

use guildhall_report::{Figure, Report, Skipped};
use guildhall_verdict::Experience;

/// The report of outcomes that were told, of those among them that do not count since somebody
/// who knows better told their question, and of those that were known before.
pub(crate) fn learned(
    [told, outranked, before]: [usize; 3],
    experience: &Experience,
    wrong: &[(String, String)],
) -> Report {
    let all = experience.outcomes().count();
    let skipped = wrong.iter();
    let skipped = skipped.map(|(place, why)| Skipped::new(place, "outcome", why));
    let mut figures = vec![
        Figure::new("told", "outcomes told", told as f64),
        Figure::new("new", "of new questions", (all - before) as f64),
    ];
    if outranked > 0 {
        let label = "not counted: who knows better has told them";
        figures.push(Figure::new("outranked", label, outranked as f64));
    }
    figures.push(Figure::new("all", "outcomes known now", all as f64));
    Report {
        title: Some("Outcomes learned".to_owned()),
        figures,
        skipped: skipped.collect(),
        ..Report::default()
    }
}
