//! Each invariant in ARCHITECTURE.md names what holds it, and that is there: a test, or a
//! check of tidy.

use super::source::rust;
use super::{File, Problem};

const PATH: &str = "ARCHITECTURE.md";

/// The heading above them.
const HEADING: &str = "## Invariants";

/// An item of the list.
#[derive(Debug, Default)]
struct Invariant {
    line: usize,
    text: String,
}

pub(super) fn check(files: &[File]) -> Vec<Problem> {
    let Some(file) = files.iter().find(|file| file.path == PATH) else {
        // That it is missing is said by another check.
        return Vec::new();
    };
    let invariants = invariants(&file.text);
    if invariants.is_empty() {
        let what = format!("has no list under `{HEADING}`; write down what always holds");
        return vec![Problem::new(PATH, what)];
    }
    invariants
        .iter()
        .flat_map(|invariant| {
            let place = format!("{PATH}:{}", invariant.line);
            let wrong = problems_of(invariant, files);
            wrong
                .into_iter()
                .map(move |what| Problem::new(place.clone(), what))
        })
        .collect()
}

fn problems_of(invariant: &Invariant, files: &[File]) -> Vec<String> {
    let mut holders = 0;
    let mut wrong = Vec::new();
    for code in invariant.text.split('`').skip(1).step_by(2) {
        if let Some(check) = code.strip_prefix("tidy::") {
            holders += 1;
            let path = format!("xtask/src/tidy/{check}.rs");
            if !files.iter().any(|file| file.path == path) {
                wrong.push(format!("names the check {code}, but there is no {path}"));
            }
        } else if looks_like_a_test(code) {
            holders += 1;
            if !rust(files).any(|file| has_test(file, code)) {
                wrong.push(format!(
                    "names the test {code}, which is not there; correct the name or write it"
                ));
            }
        }
    }
    if holders == 0 {
        wrong.push("this invariant names neither a test nor a check of tidy".to_owned());
    }
    wrong
}

/// Whether this is a name of several words; a file or a type is none.
fn looks_like_a_test(code: &str) -> bool {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    code.contains('_') && code.chars().all(is_name)
}

/// Whether a file with tests has a function of this name. Its attribute is not looked
/// at: some tests are run by a macro, once for each implementation.
fn has_test(file: &File, name: &str) -> bool {
    let is_of_tests = file.path.contains("tests/") || file.path.ends_with("/tests.rs");
    let has_tests = is_of_tests || file.text.contains("#[cfg(test)]");
    has_tests
        && file.text.match_indices("fn ").any(|(at, _)| {
            file.text[at + 3..]
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(['(', '<']))
        })
}

/// The items of the list under the heading.
fn invariants(text: &str) -> Vec<Invariant> {
    let mut invariants: Vec<Invariant> = Vec::new();
    let section = text
        .lines()
        .enumerate()
        .skip_while(|(_, line)| *line != HEADING)
        .skip(1)
        .take_while(|(_, line)| !line.starts_with("## "));
    for (at, line) in section {
        if line.starts_with("- ") {
            invariants.push(Invariant {
                line: at + 1,
                text: String::new(),
            });
        }
        if let Some(last) = invariants.last_mut() {
            last.text.push_str(line);
            last.text.push('\n');
        }
    }
    invariants
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::file;

    #[track_caller]
    fn problems(list: &str) -> Vec<Problem> {
        check(&[
            file(
                PATH,
                &format!("# A\n\n{HEADING}\n\n{list}\n## B\n\n- no invariant\n"),
            ),
            file("tests/a.rs", "//! a\nasync fn it_holds(store: Store) {}"),
            file("src/b.rs", "//! b\nfn it_is_no_test() {}"),
            file("xtask/src/tidy/purity.rs", "//! c\n"),
        ])
    }

    #[test]
    fn an_invariant_that_names_a_test_or_a_check_passes() {
        let list = "- **A.** See `a.rs`\n  (`it_holds`).\n- **B** (`tidy::purity`).\n";
        assert_eq!(problems(list), []);
    }

    #[test]
    fn one_that_names_nothing_is_found_at_its_line() {
        let found = problems("- **A** (`it_holds`).\n- **B**, as `pool.rs` says.\n");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].place, "ARCHITECTURE.md:6");
        assert!(found[0].what.contains("neither a test nor"));
    }

    #[test]
    fn names_that_are_not_there_are_found() {
        for (list, words) in [
            ("- **A** (`it_hold`).", "test it_hold,"),
            ("- **A** (`it_is_no_test`).", "test it_is_no_test,"),
            ("- **A** (`tidy::purty`).", "no xtask/src/tidy/purty.rs"),
            ("", "has no list"),
        ] {
            let found = problems(list);
            assert!(found[0].what.contains(words), "{list}: {found:?}");
        }
    }
}
