//! Which commits fix a bug, by the words of their subjects.

/// Words of those who mend what was wrong.
const FIXES: &[&str] = &[
    "fix",
    "fixes",
    "fixed",
    "fixing",
    "bug",
    "bugs",
    "bugfix",
    "bugfixes",
    "regress",
    "regression",
    "regressions",
    "regressed",
    "panic",
    "panics",
    "panicked",
    "panicking",
    "crash",
    "crashes",
    "crashed",
    "crashing",
    "deadlock",
    "deadlocks",
    "soundness",
    "unsound",
    "ub",
    "overflow",
    "race",
    "leak",
    "leaks",
    "incorrect",
    "incorrectly",
    "wrong",
    "wrongly",
];

/// Words of those who mend what is no bug of the program: texts, checks, releases.
const CHORES: &[&str] = &[
    "typo",
    "typos",
    "spelling",
    "rustfmt",
    "fmt",
    "format",
    "formatting",
    "clippy",
    "lint",
    "lints",
    "doc",
    "docs",
    "documentation",
    "doccomment",
    "doccomments",
    "readme",
    "changelog",
    "comment",
    "comments",
    "ci",
    "workflow",
    "bump",
    "release",
    "dependabot",
    "rustdoc",
    "link",
    "links",
    "warning",
    "warnings",
    "test",
    "tests",
    "flaky",
    "example",
    "examples",
    "bench",
    "benches",
    "benchmark",
    "benchmarks",
    "msrv",
    "merge",
    "rollup",
    "nightly",
    "chore",
    "style",
];

/// Whether a commit with this subject fixes a bug: one of its words says so, and none says
/// that it is about something else.
pub(super) fn is_fix(subject: &[u8]) -> bool {
    let subject = String::from_utf8_lossy(subject).to_lowercase();
    let mut has_fix = false;
    for word in subject.split(|c: char| !c.is_alphanumeric() && c != '_') {
        if CHORES.contains(&word) {
            return false;
        }
        has_fix |= FIXES.contains(&word);
    }
    has_fix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixes_are_told_from_chores() {
        for subject in [
            "Fix a panic in the parser",
            "fix(net): reconnect after a reset",
            "Do not CRASH when the file is empty",
            "bugfix",
            "Handles (wrongly) nested lists, see #12",
        ] {
            assert!(is_fix(subject.as_bytes()), "{subject}");
        }
        for subject in [
            "Add a parser",
            "Fix typo",
            "fix(docs): a broken page",
            "Fix clippy's warnings",
            "prefix the names",
            "fix_up the names",
            "",
        ] {
            assert!(!is_fix(subject.as_bytes()), "{subject}");
        }
        assert!(!is_fix(b"\xff\xfe"));
    }
}
