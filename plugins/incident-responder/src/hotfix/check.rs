//! Whether something mends it: built, reproduced and tested in a worktree.

use std::path::Path;

use guildhall_sdk::core::{AgentError, Context};

use super::flakes::Tally;
use crate::event::Seen;
use crate::trial::{self, Commands, Purpose, Trial, run};

/// Runs of the reproduction at what is checked out, at the most, where it passes there at times.
const MOST_RUNS: u32 = 20;

/// Failures there after which it is known well enough how often it fails.
const ENOUGH_FAILS: u32 = 3;

/// Names of tests that are told.
const MOST_NAMES: usize = 5;

/// A command that was run, and whether it came out as it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    /// `build`, `reproduce-before`, `reproduce-after`, `test-before` or `test`.
    pub(crate) name: &'static str,
    pub(crate) passed: bool,
    pub(crate) trial: Trial,
}

/// What the checks come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) passed: bool,
    /// Why, in one sentence.
    pub(crate) because: String,
}

/// What is known of what is checked out.
pub(crate) struct Before {
    pub(crate) checks: Vec<Check>,
    /// Why nothing can be tried with it, where that is so.
    pub(crate) refused: Option<Verdict>,
    /// How often the reproduction passed though it is wrong there, and how often it failed.
    pub(crate) tally: Tally,
}

/// Runs the user's commands in one worktree.
pub(crate) struct Checker<'a> {
    pub(crate) commands: &'a Commands,
    pub(crate) folder: &'a Path,
    /// How often the reproduction has to pass.
    pub(crate) passes: u32,
    pub(crate) ctx: &'a Context,
}

impl Checker<'_> {
    /// Whether it builds and is seen at what is checked out, and how often; `tally` is what is
    /// known of that already.
    ///
    /// # Errors
    /// Where a command cannot be run.
    pub(crate) async fn before(&self, tally: Tally) -> Result<Before, AgentError> {
        let mut before = Before {
            checks: Vec::new(),
            refused: None,
            tally,
        };
        if !self.built(&mut before.checks).await? {
            let because = "what is checked out does not build, so nothing can be compared with it";
            before.refused = Some(no(because));
            return Ok(before);
        }
        let mut fails = 0;
        for run in 1..=MOST_RUNS.max(self.passes) {
            let is_patient = tally.passes > 0 || fails > 0;
            let has_seen_enough = fails > 0 && before.tally.passes == 0;
            if has_seen_enough || fails == ENOUGH_FAILS || (run > self.passes && !is_patient) {
                break;
            }
            let trial = self.run(Purpose::Reproduce).await?;
            let seen = self.seen(&trial);
            fails += u32::from(seen == Some(Seen::Bad));
            before.tally.passes += u32::from(seen == Some(Seen::Good));
            before.tally.fails += u32::from(seen == Some(Seen::Bad));
            before.checks.push(Check {
                name: "reproduce-before",
                passed: seen == Some(Seen::Bad),
                trial,
            });
        }
        if fails == 0 {
            let says = match before.tally.passes > tally.passes {
                true => "does not fail",
                false => "says nothing",
            };
            before.refused = Some(no(&format!(
                "the reproduction {says} at what is checked out, so nothing shows that anything \
                 mends it"
            )));
        }
        Ok(before)
    }

    /// Whether what is in the worktree mends it and breaks nothing else.
    ///
    /// # Errors
    /// Where a command cannot be run.
    pub(crate) async fn after(&self) -> Result<(Vec<Check>, Verdict), AgentError> {
        let mut checks = Vec::new();
        if !self.built(&mut checks).await? {
            return Ok((checks, no("it does not build")));
        }
        for _ in 0..self.passes {
            let trial = self.run(Purpose::Reproduce).await?;
            let seen = self.seen(&trial);
            let passed = seen == Some(Seen::Good);
            checks.push(Check {
                name: "reproduce-after",
                passed,
                trial,
            });
            match seen {
                Some(Seen::Good) => {}
                Some(Seen::Bad) => return Ok((checks, no("the reproduction still fails"))),
                _ => return Ok((checks, no("the reproduction says nothing with it"))),
            }
        }
        let trial = self.run(Purpose::Test).await?;
        let passed = trial.succeeded();
        checks.push(Check {
            name: "test",
            passed,
            trial,
        });
        let passes = self.passes;
        let because = match passed {
            true => {
                format!("the reproduction passes {passes} of {passes} times, and the tests pass")
            }
            false => "the reproduction passes, and the tests fail".to_owned(),
        };
        Ok((checks, Verdict { passed, because }))
    }

    /// How the tests end at what is checked out: asked where they fail with a fix.
    ///
    /// # Errors
    /// Where they cannot be run.
    pub(crate) async fn test_before(&self) -> Result<Check, AgentError> {
        let mut checks = Vec::new();
        self.built(&mut checks).await?;
        let trial = self.run(Purpose::Test).await?;
        Ok(Check {
            name: "test-before",
            passed: trial.succeeded(),
            trial,
        })
    }

    async fn built(&self, checks: &mut Vec<Check>) -> Result<bool, AgentError> {
        if self.commands.build.is_empty() {
            return Ok(true);
        }
        let trial = self.run(Purpose::Build).await?;
        let passed = trial.succeeded();
        checks.push(Check {
            name: "build",
            passed,
            trial,
        });
        Ok(passed)
    }

    fn seen(&self, trial: &Trial) -> Option<Seen> {
        match trial.verdict(self.commands.hang_fails) {
            trial::Verdict::Seen(seen) => Some(seen),
            // A crash is no pass, whatever it is.
            trial::Verdict::Unknown => Some(Seen::Bad),
            trial::Verdict::Nothing => None,
        }
    }

    async fn run(&self, purpose: Purpose) -> Result<Trial, AgentError> {
        run(purpose, self.commands, self.folder, self.ctx).await
    }
}

/// The verdict where the tests fail with a fix, by how they end without it. That they fail there
/// too is no fault of the fix where it is the same tests, by their names, and none is missing.
pub(crate) fn compared(passes: u32, before: &Trial, after: &Trial) -> Verdict {
    let failing = "the reproduction passes, and the tests fail";
    let (Some(without), Some(with)) = (&before.tests, &after.tests) else {
        return no(&match before.succeeded() {
            true => failing.to_owned(),
            false => format!(
                "{failing}; they fail at what is checked out, too, and their names do not tell \
                 whether they are the same"
            ),
        });
    };
    let newly = with.newly_failed(without);
    let missing = with.missing(without);
    if !newly.is_empty() {
        let what = "tests fail that do not at what is checked out";
        return no(&format!(
            "the reproduction passes, and {what}: {}",
            names(&newly)
        ));
    }
    if !missing.is_empty() {
        let what = "tests are not run that are at what is checked out";
        return no(&format!(
            "the reproduction passes, and {what}: {}",
            names(&missing)
        ));
    }
    if before.succeeded() || with.failed().is_empty() || before.code != after.code {
        return no(&format!(
            "{failing}, though none is named that does not fail without it"
        ));
    }
    Verdict {
        passed: true,
        because: format!(
            "the reproduction passes {passes} of {passes} times, and no test fails that does not \
             fail at what is checked out, too: {}",
            names(&with.failed())
        ),
    }
}

/// The first of some names, and how many more there are.
fn names(all: &[String]) -> String {
    let shown = all.iter().take(MOST_NAMES).cloned();
    let shown = shown.collect::<Vec<String>>().join(", ");
    match all.len().saturating_sub(MOST_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn no(because: &str) -> Verdict {
    Verdict {
        passed: false,
        because: because.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use guildhall_sdk::core::programs::EndedBy;

    use super::*;
    use crate::trial::Tests;

    fn trial(code: i32, output: &str) -> Trial {
        Trial {
            argv: Vec::new(),
            code: Some(code),
            signal: None,
            by: EndedBy::Itself,
            ms: 1,
            tail: String::new(),
            tests: Tests::of(output),
        }
    }

    #[test]
    fn the_same_failing_tests_are_no_fault_of_the_fix_and_others_are() {
        let before = trial(1, "not ok 1 - a\nok 2 - b\n");
        let verdict = |output: &str| compared(3, &before, &trial(1, output));
        let same = verdict("not ok 1 - a\nok 2 - b\n");
        assert!(same.passed && same.because.ends_with("too: a"), "{same:?}");
        // As many fail, and it is another one.
        let other = verdict("ok 1 - a\nnot ok 2 - b\n");
        assert!(!other.passed && other.because.ends_with(": b"), "{other:?}");
        let missing = verdict("not ok 1 - a\n");
        assert!(
            !missing.passed && missing.because.ends_with(": b"),
            "{missing:?}"
        );
        // Where nothing is named, or it ends in another way, nothing is taken for the same.
        assert!(!verdict("it broke\n").passed);
        assert!(!compared(3, &before, &trial(2, "not ok 1 - a\nok 2 - b\n")).passed);
        assert!(!compared(3, &before, &trial(1, "ok 1 - a\nok 2 - b\n")).passed);
        let passing = trial(0, "ok 1 - a\nok 2 - b\n");
        assert!(!compared(3, &passing, &trial(1, "ok 1 - a\nok 2 - b\n")).passed);
    }
}
