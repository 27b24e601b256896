//! Running one command of the user, under the host's supervisor.

use std::path::Path;

use guildhall_sdk::core::programs::{EndedBy, Program, Ran};
use guildhall_sdk::core::{AgentError, Context, ErrorCode};

use super::{Commands, Tests};
use crate::event::{CommandRun, Seen};
use crate::{Evidence, EvidenceId, EvidenceKind};

/// Bytes of the output of tests in which their names are looked for.
const TEST_OUTPUT: u64 = 8 << 20;

/// Bytes of an output's end that are shown.
const TAIL: usize = 2_000;

/// The exit code by which a reproduction says that nothing can be said; git's own convention.
const SKIP: i32 = 125;

/// And the greatest that says that it failed; beyond, a shell tells of a signal.
const MOST_FAILURE: i32 = 127;

/// The variable by which a command that is tried is told what for, so that what it asks of the
/// host is not taken for a person's word.
pub(crate) const TRIAL: &str = "GUILDHALL_TRIAL";

/// What a command is run for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To build.
    Build,
    /// To see whether it is still wrong.
    Reproduce,
    /// To see whether all else works.
    Test,
}

/// A command that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trial {
    pub(crate) argv: Vec<String>,
    /// The exit code; `None` where it was ended or crashed.
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) by: EndedBy,
    /// How long it took, in milliseconds.
    pub(crate) ms: u64,
    /// The end of what it wrote, errors last.
    pub(crate) tail: String,
    /// The tests that it was, where it was run for them and names them all.
    pub(crate) tests: Option<Tests>,
}

/// What a run of the reproduction says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It says something of what it was run at.
    Seen(Seen),
    /// It was ended before it said anything.
    Nothing,
    /// It ended in a way that the convention does not know.
    Unknown,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Reproduce => "reproduce",
            Self::Test => "test",
        }
    }
}

/// Runs a command in a folder.
///
/// # Errors
/// Where it cannot be started, or the task is withdrawn.
pub(crate) async fn run(
    purpose: Purpose,
    commands: &Commands,
    folder: &Path,
    ctx: &Context,
) -> Result<Trial, AgentError> {
    let argv = match purpose {
        Purpose::Build => &commands.build,
        Purpose::Reproduce => &commands.reproduce,
        Purpose::Test => &commands.test,
    };
    let mut program = Program::new(argv.iter().cloned(), folder)
        .timeout(commands.timeout)
        .set(TRIAL, purpose.as_str());
    if purpose == Purpose::Test {
        program = program.keep(TEST_OUTPUT / 2, TEST_OUTPUT / 2);
    }
    for name in &commands.pass {
        program = program.pass(name);
    }
    let ran = ctx.programs().run(program).await?;
    ctx.check_cancelled()?;
    if ran.by == EndedBy::Cancel {
        return Err(AgentError::new(
            ErrorCode::Cancelled,
            "the task was withdrawn",
        ));
    }
    let tests = match purpose {
        Purpose::Test => tests_of(&ran),
        Purpose::Build | Purpose::Reproduce => None,
    };
    Ok(Trial {
        tests,
        ..Trial::of(argv, &ran)
    })
}

/// The tests of an output that is there as a whole.
fn tests_of(ran: &Ran) -> Option<Tests> {
    let is_whole = ran.stdout.is_whole() && ran.stderr.is_whole();
    let output = || format!("{}\n{}", ran.stdout.text(), ran.stderr.text());
    is_whole.then(output).and_then(|output| Tests::of(&output))
}

/// A program that was run, as it is kept.
pub(crate) fn run_of(argv: &[String], ran: &Ran) -> CommandRun {
    Trial::of(argv, ran).kept()
}

/// That a program was run, as evidence.
pub(crate) fn evidence_of(run: &CommandRun) -> Evidence {
    let source = run.argv.join(" ");
    let ended = match (&run.ended, run.code) {
        (Some(ended), _) => ended.clone(),
        (None, Some(code)) => format!("exit code {code}"),
        (None, None) => "its end is not known".to_owned(),
    };
    Evidence::new(
        EvidenceId(0),
        EvidenceKind::Command,
        source,
        ended,
        &run.tail,
    )
}

impl Trial {
    fn of(argv: &[String], ran: &Ran) -> Self {
        Self {
            argv: argv.to_vec(),
            code: ran.code,
            signal: ran.signal,
            by: ran.by,
            ms: ran.ms,
            tail: tail_of(ran),
            tests: None,
        }
    }

    /// Whether it ended by itself with the code 0.
    pub(crate) fn succeeded(&self) -> bool {
        self.by == EndedBy::Itself && self.code == Some(0)
    }

    /// What a reproduction says, by the convention of `git bisect run`: 0 is good, 125 says
    /// nothing, other codes up to 127 are bad.
    pub(crate) fn verdict(&self, hang_fails: bool) -> Verdict {
        match (self.by, self.code) {
            (EndedBy::Timeout, _) if hang_fails => Verdict::Seen(Seen::Bad),
            (EndedBy::Itself, Some(0)) => Verdict::Seen(Seen::Good),
            (EndedBy::Itself, Some(SKIP)) => Verdict::Seen(Seen::Skip),
            (EndedBy::Itself, Some(code)) if (1..=MOST_FAILURE).contains(&code) => {
                Verdict::Seen(Seen::Bad)
            }
            (EndedBy::Itself, _) => Verdict::Unknown,
            _ => Verdict::Nothing,
        }
    }

    /// As it is kept.
    pub(crate) fn kept(&self) -> CommandRun {
        let is_ordinary = self.by == EndedBy::Itself && self.code.is_some();
        CommandRun {
            argv: self.argv.clone(),
            code: self.code.filter(|_| is_ordinary),
            ended: (!is_ordinary).then(|| self.ending()),
            ms: self.ms,
            tail: self.tail.clone(),
        }
    }

    /// How it ended, in words.
    pub(crate) fn ending(&self) -> String {
        match (self.by, self.code, self.signal) {
            (EndedBy::Itself, Some(code), _) => format!("exit code {code}"),
            (EndedBy::Itself, None, Some(signal)) => format!("signal {signal}"),
            (EndedBy::Timeout, ..) => "ended at the end of its time".to_owned(),
            (EndedBy::TooManyProcesses, ..) => "ended for its many processes".to_owned(),
            _ => "its end is not known".to_owned(),
        }
    }
}

/// The end of what it wrote, without what a terminal would take for orders.
fn tail_of(ran: &Ran) -> String {
    let mut text = ran.stdout.text();
    let errors = ran.stderr.text();
    if !text.is_empty() && !errors.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&errors);
    let text = text.trim_end();
    let from = text.ceil_char_boundary(text.len().saturating_sub(TAIL));
    let is_shown = |character: &char| !character.is_control() || *character == '\n';
    text[from..].chars().filter(is_shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(by: EndedBy, code: Option<i32>) -> Trial {
        Trial {
            argv: Vec::new(),
            code,
            signal: code.is_none().then_some(11),
            by,
            ms: 1,
            tail: String::new(),
            tests: None,
        }
    }

    #[test]
    fn exit_codes_mean_what_they_mean_to_git_bisect_run() {
        let of = |code: i32| ended(EndedBy::Itself, Some(code)).verdict(false);
        assert_eq!(of(0), Verdict::Seen(Seen::Good));
        assert_eq!(of(125), Verdict::Seen(Seen::Skip));
        for code in [1, 2, 124, 126, 127] {
            assert_eq!(of(code), Verdict::Seen(Seen::Bad), "{code}");
        }
        for code in [128, 139, 255] {
            assert_eq!(of(code), Verdict::Unknown, "{code}");
        }
        assert_eq!(
            ended(EndedBy::Itself, None).verdict(false),
            Verdict::Unknown
        );
    }

    #[test]
    fn what_hangs_says_nothing_unless_hanging_is_the_failure() {
        let hung = ended(EndedBy::Timeout, None);
        assert_eq!(hung.verdict(false), Verdict::Nothing);
        assert_eq!(hung.verdict(true), Verdict::Seen(Seen::Bad));
        let lost = ended(EndedBy::Lost, None);
        assert_eq!(lost.verdict(true), Verdict::Nothing);
    }
}
