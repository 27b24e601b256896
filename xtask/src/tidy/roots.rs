//! What the Cargo.toml at the root says, and that the fuzz targets' own workspace, which
//! can take nothing over, says the same.

use toml::{Table, Value};

use super::{File, Problem};

const ROOT: &str = "Cargo.toml";

const FUZZ: &str = "fuzz/Cargo.toml";

/// What JSON must be read and written with, everywhere alike: a plugin and the host that
/// disagree in a number's last digit disagree in a result's hash.
const JSON_FEATURES: [&str; 2] = ["float_roundtrip", "raw_value"];

pub(super) fn check(files: &[File]) -> Vec<Problem> {
    let (root, fuzz) = match (read(files, ROOT), read(files, FUZZ)) {
        (Ok(root), Ok(fuzz)) => (root, fuzz),
        (Err(problem), _) | (_, Err(problem)) => return vec![problem],
    };
    let mut problems = Vec::new();
    for (path, table) in [(ROOT, &root), (FUZZ, &fuzz)] {
        let wrong = aborting_profiles(table).into_iter().chain(json(table));
        problems.extend(wrong.map(|what| Problem::new(path, what)));
    }
    problems.extend(unlike(&root, &fuzz));
    problems
}

fn read(files: &[File], path: &str) -> Result<Table, Problem> {
    let file = files.iter().find(|file| file.path == path);
    file.ok_or_else(|| Problem::new(path, "this file is missing"))?
        .text
        .parse()
        .map_err(|error| Problem::new(path, format!("is no TOML: {error}")))
}

/// A plugin's panic is caught at the boundary, which needs a panic that unwinds.
fn aborting_profiles(table: &Table) -> Vec<String> {
    let profiles = table.get("profile").and_then(Value::as_table);
    profiles
        .into_iter()
        .flatten()
        .filter(|(_, profile)| {
            let panic = profile.get("panic").and_then(Value::as_str);
            panic.is_some_and(|panic| panic != "unwind")
        })
        .map(|(name, _)| {
            format!("profile {name} does not unwind, so a plugin's panic would end the host; take `panic` out")
        })
        .collect()
}

fn json(table: &Table) -> Vec<String> {
    let found: Vec<&str> = at(table, &["workspace", "dependencies", "serde_json"])
        .or_else(|| at(table, &["dependencies", "serde_json"]))
        .and_then(|dependency| dependency.get("features"))
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    JSON_FEATURES
        .iter()
        .filter(|feature| !found.contains(feature))
        .map(|feature| format!("serde_json lacks the feature {feature}; add it for everybody"))
        .collect()
}

/// What the fuzz targets must repeat.
fn unlike(root: &Table, fuzz: &Table) -> Vec<Problem> {
    [
        (&["workspace", "lints"][..], &["lints"][..]),
        (
            &["workspace", "package", "rust-version"],
            &["package", "rust-version"],
        ),
        (
            &["workspace", "package", "edition"],
            &["package", "edition"],
        ),
    ]
    .iter()
    .filter(|(ours, theirs)| at(root, ours) != at(fuzz, theirs))
    .map(|(ours, theirs)| {
        let what = format!(
            "`{}` differs from `{}` of the root; make them alike",
            theirs.join("."),
            ours.join(".")
        );
        Problem::new(FUZZ, what)
    })
    .collect()
}

fn at<'a>(table: &'a Table, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter()
        .try_fold(table.get(*first)?, |value, key| value.get(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::file;

    const GOOD_ROOT: &str = "
        [workspace.package]
        edition = \"2024\"
        rust-version = \"1.95\"
        [workspace.dependencies]
        serde_json = { version = \"1\", features = [\"float_roundtrip\", \"raw_value\"] }
        [workspace.lints.rust]
        unsafe_code = \"deny\"
        [profile.dist]
        panic = \"unwind\"
    ";

    const GOOD_FUZZ: &str = "
        [package]
        edition = \"2024\"
        rust-version = \"1.95\"
        [dependencies]
        serde_json = { version = \"1\", features = [\"float_roundtrip\", \"raw_value\"] }
        [lints.rust]
        unsafe_code = \"deny\"
    ";

    fn problems(root: &str, fuzz: &str) -> Vec<Problem> {
        check(&[file(ROOT, root), file(FUZZ, fuzz)])
    }

    /// Replaces `from` in one of the two and looks for `words` in what is said of it.
    #[track_caller]
    fn refused(place: &str, from: &str, to: &str, words: &str) {
        let change = |path: &str, text: &str| {
            if path == place {
                assert!(text.contains(from), "{from}");
                text.replace(from, to)
            } else {
                text.to_owned()
            }
        };
        let found = problems(&change(ROOT, GOOD_ROOT), &change(FUZZ, GOOD_FUZZ));
        assert!(
            found.iter().any(|problem| problem.what.contains(words)),
            "{found:?}"
        );
    }

    #[test]
    fn what_is_alike_passes() {
        assert_eq!(problems(GOOD_ROOT, GOOD_FUZZ), []);
    }

    #[test]
    fn a_profile_that_aborts_is_refused() {
        refused(ROOT, "\"unwind\"", "\"abort\"", "profile dist");
        let fuzz = format!("{GOOD_FUZZ}\n[profile.release]\npanic = \"abort\"\n");
        assert_eq!(problems(GOOD_ROOT, &fuzz)[0].place, FUZZ);
    }

    #[test]
    fn json_is_read_alike_everywhere() {
        for place in [ROOT, FUZZ] {
            refused(
                place,
                "\"float_roundtrip\", ",
                "",
                "lacks the feature float_roundtrip",
            );
            refused(place, ", \"raw_value\"", "", "lacks the feature raw_value");
        }
    }

    #[test]
    fn the_fuzz_targets_repeat_lints_and_versions() {
        refused(FUZZ, "\"deny\"", "\"warn\"", "`lints` differs");
        refused(
            ROOT,
            "\"1.95\"",
            "\"1.96\"",
            "`package.rust-version` differs",
        );
        refused(FUZZ, "\"2024\"", "\"2021\"", "`package.edition` differs");
    }

    #[test]
    fn a_file_that_is_missing_or_broken_is_named() {
        assert!(check(&[])[0].what.contains("missing"));
        assert!(problems("[", GOOD_FUZZ)[0].what.contains("no TOML"));
    }
}
