//! Which commits fix a bug, by their subjects, and which files are production code.

use std::sync::LazyLock;

use regex::Regex;

/// Words of those who mend.
const FIX: &str = r"(?i)\b(fix(e[sd]|ing)?|bug(s|fix(es)?)?|regress(ion|ions|ed)?|panic(s|ked|king)?|crash(es|ed|ing)?|deadlock(s)?|soundness|unsound|ub|overflow|race|leak(s)?|incorrect(ly)?|wrong(ly)?)\b";

/// Words of those who mend something that is no bug.
const NO_BUG: &str = r"(?i)\b(typos?|spelling|rustfmt|fmt|format(ting)?|clippy|lints?|docs?|documentation|doc-?comments?|readme|changelog|comments?|ci|workflow|bump|release|dependabot|rustdoc|links?|warnings?|tests?|flaky|examples?|bench(es|marks?)?|msrv|merge|rollup|nightly|chore|style)\b";

/// Files that are not production code.
const BESIDE: &str = r"(^|/)(tests?|benches|bench|examples|fixtures?|testdata|test_data|third_party|vendor|target|errors?-?codes?)/|(^|/)(tests?|test_[^/]*|[^/]*_tests?|build)\.rs$|/generated(/|\.rs$)|^xtask/|^tools?/|^crates/syntax/src/ast/generated|test-utils|test_support|tests-build|tests-integration|stress-test";

/// Whether a commit with this subject fixes a bug.
pub(super) fn is_fix(subject: &str) -> bool {
    static FIXES: LazyLock<Regex> = LazyLock::new(|| compiled(FIX));
    static OTHERS: LazyLock<Regex> = LazyLock::new(|| compiled(NO_BUG));
    static SCOPE: LazyLock<Regex> = LazyLock::new(|| compiled(r"^[a-z]+\(?[^)]*\)?:"));
    if !FIXES.is_match(subject) {
        return false;
    }
    // A scope such as `fix(parser):` is said whole where it is about something else, and
    // else counts as nothing.
    match SCOPE.find(subject) {
        Some(scope) if OTHERS.is_match(scope.as_str()) => false,
        Some(scope) => !OTHERS.is_match(&format!(" {}", &subject[scope.end()..])),
        None => !OTHERS.is_match(subject),
    }
}

/// Whether a file is production code in Rust.
pub(super) fn is_production(path: &str) -> bool {
    static OUTSIDE: LazyLock<Regex> = LazyLock::new(|| compiled(BESIDE));
    path.ends_with(".rs") && !OUTSIDE.is_match(path)
}

fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the patterns are constants, and a test uses each")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixes_of_bugs_are_told_from_other_mending() {
        for subject in [
            "Fix a panic in the parser",
            "fix(net): reconnect after a reset",
            "Do not crash when the file is empty",
            "bugfix",
        ] {
            assert!(is_fix(subject), "{subject}");
        }
        for subject in [
            "Add a parser",
            "Fix typo",
            "fix(docs): a broken page",
            "fix: clippy",
            "Prefix names",
        ] {
            assert!(!is_fix(subject), "{subject}");
        }
    }

    #[test]
    fn production_code_is_told_from_the_rest() {
        for path in ["src/lib.rs", "crates/a/src/attest.rs", "src/latest/x.rs"] {
            assert!(is_production(path), "{path}");
        }
        for path in [
            "src/lib.py",
            "tests/it.rs",
            "crates/a/benches/x.rs",
            "src/parser/tests.rs",
            "src/parse_test.rs",
            "build.rs",
            "xtask/src/main.rs",
            "src/generated.rs",
        ] {
            assert!(!is_production(path), "{path}");
        }
    }
}
