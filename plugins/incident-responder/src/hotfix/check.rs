//! Whether something mends it: built, reproduced and tested in a worktree.

use std::path::Path;

use guildhall_sdk::core::{AgentError, Context};

use crate::event::Seen;
use crate::trial::{self, Commands, Purpose, Trial, run};

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

/// Runs the user's commands in one worktree.
pub(crate) struct Checker<'a> {
    pub(crate) commands: &'a Commands,
    pub(crate) folder: &'a Path,
    /// How often the reproduction has to pass.
    pub(crate) passes: u32,
    pub(crate) ctx: &'a Context,
}

impl Checker<'_> {
    /// Whether it builds and is seen at what is checked out; the verdict is `None` where it is.
    ///
    /// # Errors
    /// Where a command cannot be run.
    pub(crate) async fn before(&self) -> Result<(Vec<Check>, Option<Verdict>), AgentError> {
        let mut checks = Vec::new();
        if !self.built(&mut checks).await? {
            let because = "what is checked out does not build, so nothing can be compared with it";
            return Ok((checks, Some(no(because))));
        }
        for _ in 0..self.passes {
            let trial = self.run(Purpose::Reproduce).await?;
            let is_seen = self.seen(&trial) == Some(Seen::Bad);
            checks.push(Check {
                name: "reproduce-before",
                passed: is_seen,
                trial,
            });
            if is_seen {
                return Ok((checks, None));
            }
        }
        let because = "the reproduction does not fail at what is checked out, so nothing shows \
                       that anything mends it";
        Ok((checks, Some(no(because))))
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
        Ok(match passed {
            true => (
                checks,
                Verdict {
                    passed: true,
                    because: format!(
                        "the reproduction passes {passes} of {passes} times, and the tests pass"
                    ),
                },
            ),
            false => (checks, no("the reproduction passes, and the tests fail")),
        })
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

fn no(because: &str) -> Verdict {
    Verdict {
        passed: false,
        because: because.to_owned(),
    }
}
