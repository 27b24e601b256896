//! Which tests passed and which failed, by the names that a test program writes.
//!
//! Known are libtest (`cargo test`), pytest, `go test`, TAP, and the marks of Jest, Mocha and
//! Node. Anything else, an output that is cut off, and a run that ended at its first failure say
//! nothing: then it is not known which tests there are.

use std::collections::BTreeMap;

use crate::severity::pattern;

pattern!(COLOUR, r"\x1b\[[0-9;]*m");
// A run that leaves out what comes after a failure.
pattern!(
    CUT_OFF,
    r"(?m)^error: test failed, to rerun pass|^!+ (?:stopping after|Interrupted)|^Bail out!"
);
// Where a set of tests begins: names are unique within one only.
pattern!(
    SET,
    r"^running \d+ tests?$|^(?:PASS|FAIL) (\S+\.\S+)(?: \(.*\))?$"
);
pattern!(LIBTEST, r"^test (.+) \.\.\. (ok|FAILED)(?:,? <?\d.*)?$");
pattern!(
    PYTEST,
    r"^(FAILED|ERROR) (\S+\.py\S*(?: [^-\s]\S*)*)(?: - .*)?$"
);
pattern!(
    PYTEST_VERBOSE,
    r"^(\S+\.py::.+?) (PASSED|FAILED|ERROR)(?: +\[ *\d+%\])?$"
);
pattern!(GO, r"^\s*--- (PASS|FAIL): (\S+)");
pattern!(GO_PACKAGE, r"^(ok  |FAIL)\t(\S+)");
pattern!(TAP, r"^\s*(not ok|ok) \d+(?: -)? (.+)$");
pattern!(MARKED, r"^\s*([✓✔√✕✖×]) (.+?)(?: \(\d[\d.]* ?m?s\))?$");

/// A test: the set that it is in, and its name there.
type Test = (String, String);

/// Tests that were run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tests {
    /// Whether each has passed.
    passed: BTreeMap<Test, bool>,
}

impl Tests {
    /// The tests that an output names; `None` where it is not known to name all that were run.
    pub(crate) fn of(output: &str) -> Option<Self> {
        let output = COLOUR.replace_all(output, "");
        if CUT_OFF.is_match(&output) {
            return None;
        }
        let mut reader = Reader::default();
        for line in output.lines() {
            reader.read(line.trim_end());
        }
        let tests = reader.tests;
        (!tests.passed.is_empty()).then_some(tests)
    }

    /// The names of those that failed.
    pub(crate) fn failed(&self) -> Vec<String> {
        let failed = self.passed.iter().filter(|(_, passed)| !**passed);
        failed.map(|((_, name), _)| name.clone()).collect()
    }

    /// The names of those that fail here and did not before.
    pub(crate) fn newly_failed(&self, before: &Self) -> Vec<String> {
        let failed = self.passed.iter().filter(|(_, passed)| !**passed);
        let newly = failed.filter(|(test, _)| before.passed.get(*test) != Some(&false));
        newly.map(|((_, name), _)| name.clone()).collect()
    }

    /// The names of those that were run before and are not here.
    pub(crate) fn missing(&self, before: &Self) -> Vec<String> {
        let tests = before.passed.keys();
        let missing = tests.filter(|test| !self.passed.contains_key(*test));
        missing.map(|(_, name)| name.clone()).collect()
    }

    /// Takes a test in; one that has failed once has failed.
    fn add(&mut self, set: &str, name: &str, passed: bool) {
        let test = (set.to_owned(), name.trim().to_owned());
        let known = self.passed.entry(test).or_insert(true);
        *known &= passed;
    }
}

#[derive(Default)]
struct Reader {
    tests: Tests,
    sets: u32,
    set: String,
    /// Tests of a Go package, whose name comes after them.
    of_package: Vec<(String, bool)>,
}

impl Reader {
    fn read(&mut self, line: &str) {
        if let Some(found) = SET.captures(line) {
            self.sets += 1;
            self.set = found
                .get(1)
                .map_or_else(|| self.sets.to_string(), |file| file.as_str().to_owned());
            if let (Some(file), true) = (found.get(1), line.starts_with("FAIL")) {
                self.tests.add("", file.as_str(), false);
            }
        } else if let Some(found) = LIBTEST.captures(line) {
            self.tests.add(&self.set, &found[1], &found[2] == "ok");
        } else if let Some(found) = PYTEST.captures(line) {
            self.tests.add("", &found[2], false);
        } else if let Some(found) = PYTEST_VERBOSE.captures(line) {
            self.tests.add("", &found[1], &found[2] == "PASSED");
        } else if let Some(found) = GO.captures(line) {
            self.of_package
                .push((found[2].to_owned(), &found[1] == "PASS"));
        } else if let Some(found) = GO_PACKAGE.captures(line) {
            self.package(&found[2], &found[1] != "FAIL");
        } else if let Some(found) = TAP.captures(line) {
            let name = &found[2];
            let is_to_do = name.contains("# TODO") || name.contains("# todo");
            let name = name.split(" # ").next().unwrap_or(name);
            self.tests
                .add(&self.set, name, &found[1] == "ok" || is_to_do);
        } else if let Some(found) = MARKED.captures(line) {
            let passed = matches!(&found[1], "✓" | "✔" | "√");
            self.tests.add(&self.set, &found[2], passed);
        }
    }

    fn package(&mut self, package: &str, passed: bool) {
        self.tests.add("", package, passed);
        for (name, passed) in self.of_package.drain(..) {
            self.tests.add(package, &name, passed);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn failing_tests_are_known_by_name_in_the_forms_of_usual_programs() {
        let cargo = "running 2 tests\ntest a::fits ... ok\ntest a::breaks ... FAILED\n\
                     \nfailures:\n    a::breaks\n\nrunning 1 test\ntest a::breaks ... ok\n";
        let pytest = "tests/test_a.py::test_fits PASSED   [ 50%]\n\
                      tests/test_a.py::test_breaks[a b] FAILED [100%]\n\
                      FAILED tests/test_a.py::test_breaks[a b] - assert 1 == 2\n";
        let summary = "E   assert\nERROR tests/test_b.py - ImportError: no module\n";
        let go = "--- PASS: TestFits (0.00s)\n--- FAIL: TestBreaks (0.00s)\n    a_test.go:3: no\n\
                  FAIL\nFAIL\texample.org/a\t0.01s\nok  \texample.org/b\t0.01s\n";
        let tap = "TAP version 13\nok 1 - fits\nnot ok 2 - breaks\nnot ok 3 - later # TODO\n";
        let jest = "FAIL src/a.test.js (5.1 s)\n  a\n    ✓ fits (3 ms)\n    ✕ breaks (1 ms)\n";
        let node = "\u{1b}[32m✔ fits (1.2ms)\u{1b}[39m\n✖ breaks (0.3ms)\n";
        for (output, failed) in [
            (cargo, &["a::breaks"][..]),
            (pytest, &["tests/test_a.py::test_breaks[a b]"]),
            (summary, &["tests/test_b.py"]),
            (go, &["example.org/a", "TestBreaks"]),
            (tap, &["breaks"]),
            (jest, &["src/a.test.js", "breaks"]),
            (node, &["breaks"]),
        ] {
            let tests = Tests::of(output).unwrap();
            assert_eq!(tests.failed(), failed, "{output}");
        }
    }

    #[test]
    fn what_cannot_be_told_by_name_or_ended_early_is_not_known() {
        for output in [
            "",
            "make: *** [check] Error 2\n",
            "3 failed, 5 passed in 0.1s\n",
            "running 1 test\ntest a ... FAILED\n\nerror: test failed, to rerun pass `--lib`\n",
            "FAILED t.py::a - x\n!!!!!!!!! stopping after 1 failures !!!!!!!!!\n",
        ] {
            assert_eq!(Tests::of(output), None, "{output}");
        }
    }

    #[test]
    fn other_tests_that_fail_are_found_though_their_number_is_the_same() {
        let tests = |output: &str| Tests::of(output).unwrap();
        let before = tests("running 2 tests\ntest a ... FAILED\ntest b ... ok\n");
        let after = tests("running 2 tests\ntest a ... ok\ntest b ... FAILED\n");
        assert_eq!(after.newly_failed(&before), ["b"]);
        assert_eq!(before.newly_failed(&before), [""; 0]);
        // The same name in another set is another test.
        let after = tests("running 1 test\ntest b ... ok\n\nrunning 1 test\ntest a ... FAILED\n");
        assert_eq!(after.newly_failed(&before), ["a"]);
        let fewer = tests("running 1 test\ntest a ... FAILED\n");
        assert_eq!(fewer.missing(&before), ["b"]);
    }

    proptest! {
        #[test]
        fn any_output_is_read_and_is_no_worse_than_itself(
            output in "(\\PC{0,40}\n|test [a-c] \\.\\.\\. (ok|FAILED)\n|(not )?ok 1 - [a-c]\n|--- FAIL: [a-c]\n){0,12}",
        ) {
            if let Some(tests) = Tests::of(&output) {
                prop_assert!(tests.newly_failed(&tests).is_empty());
                prop_assert!(tests.missing(&tests).is_empty());
                prop_assert_eq!(Tests::of(&output), Some(tests));
            }
        }
    }
}
