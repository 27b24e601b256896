//! The files of a plan for an edition.

use std::collections::BTreeMap;

use super::language::Site;
use super::style::StyleStep;
use crate::difference::Class;
use crate::evidence::How;
use crate::plan::{File, Use};
use crate::tiers::file_with;

/// The id of the change that is a file's layout.
pub const LAYOUT: &str = "layout";

/// The probability of a changed layout where the project does not follow the formatter.
const NOT_FOLLOWED: f64 = 0.3;

/// The files that a move to an edition changes, ordered by path: those with places that have
/// to be written otherwise, and those of the format step.
pub fn files(sites: &BTreeMap<String, Vec<Site>>, style: Option<&StyleStep>) -> Vec<File> {
    let mut uses: BTreeMap<&str, Vec<Use>> = BTreeMap::new();
    if let Some(style) = style {
        let confidence = match style.is_followed() {
            true => Class::Layout.probability(),
            false => NOT_FOLLOWED,
        };
        for path in &style.files {
            uses.entry(path).or_default().push(Use {
                line: 1,
                column: 1,
                change: LAYOUT.to_owned(),
                class: Class::Layout,
                confidence,
                how: How::Formatter,
            });
        }
    }
    for (path, sites) in sites.iter().filter(|(_, sites)| !sites.is_empty()) {
        let of_file = uses.entry(path).or_default();
        of_file.extend(sites.iter().map(|site| Use {
            line: site.position.line,
            column: site.position.column,
            change: site.rule.id.to_owned(),
            class: Class::Language,
            confidence: site.rule.confidence,
            how: How::Syntax,
        }));
    }
    let files = uses.into_iter().map(|(path, uses)| file_with(path, uses));
    files.collect()
}

#[cfg(test)]
mod tests {
    use guildhall_report::Position;

    use super::*;
    use crate::edition::language::{EXPRESSION_MATCHER, Rule, UNSAFE_CALL};
    use crate::plan::Tier;

    fn site(line: u32, rule: &'static Rule) -> Site {
        Site {
            position: Position { line, column: 1 },
            rule,
        }
    }

    fn style(unclean: usize) -> StyleStep {
        StyleStep {
            files: vec!["b.rs".to_owned()],
            unclean: vec![String::new(); unclean],
            looked_at: 10,
            ..StyleStep::default()
        }
    }

    #[test]
    fn layout_and_language_meet_in_the_files_of_the_plan() {
        let sites = BTreeMap::from([
            ("a.rs".to_owned(), vec![site(3, &UNSAFE_CALL)]),
            ("b.rs".to_owned(), vec![site(4, &UNSAFE_CALL)]),
            (
                "c.rs".to_owned(),
                vec![site(1, &EXPRESSION_MATCHER), site(2, &EXPRESSION_MATCHER)],
            ),
            ("d.rs".to_owned(), Vec::new()),
        ]);
        let files = files(&sites, Some(&style(0)));
        let found: Vec<(&str, Tier, usize)> = files
            .iter()
            .map(|it| (it.path.as_str(), it.tier, it.uses.len()))
            .collect();
        assert_eq!(
            found,
            [
                ("a.rs", Tier::Must, 1),
                ("b.rs", Tier::Must, 2),
                ("c.rs", Tier::May, 2)
            ]
        );
    }

    #[test]
    fn without_a_habit_of_formatting_the_layout_only_may_change() {
        let tier = |unclean| files(&BTreeMap::new(), Some(&style(unclean)))[0].tier;
        assert_eq!((tier(1), tier(2)), (Tier::Must, Tier::May));
    }
}
