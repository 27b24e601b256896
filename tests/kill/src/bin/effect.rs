//! The program that the suite's process agents are: it leaves traces of what it does.
//!
//! Its input is JSON: how long it works, whether its first attempt fails, whether the
//! work is done by a child in a session of its own, how much it prints.
#![expect(clippy::print_stdout, reason = "the output is what the task gives")]

use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use kill_suite::release::release_of;
use kill_suite::traces::{EFFECTS_VARIABLE, SESSION_VARIABLE, Trace};
use kill_suite::work::Work;

/// Argument of the child that does the work in the program's stead.
const DEEP: &str = "deep";

/// How often something is written while it works.
const STEP: Duration = Duration::from_millis(5);

/// Exit code of a failure that is worth another attempt.
const TRY_AGAIN: u8 = 75;

fn main() -> Result<ExitCode> {
    let input = std::io::read_to_string(std::io::stdin())?;
    let work: Work = serde_json::from_str(&input)?;
    let is_deep = std::env::args()
        .nth(1)
        .is_some_and(|argument| argument == DEEP);
    if work.deep && !is_deep {
        return in_a_child(&input);
    }
    if is_deep {
        // Out of reach of whoever ends only the program, or only its group.
        let _ = rustix::process::setsid();
    }
    carry_out(&work)
}

fn in_a_child(input: &str) -> Result<ExitCode> {
    use std::io::Write as _;

    let mut child = Command::new(std::env::current_exe()?)
        .arg(DEEP)
        .stdin(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let code = child
        .wait()?
        .code()
        .and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

fn carry_out(work: &Work) -> Result<ExitCode> {
    let task = variable("GUILDHALL_TASK")?;
    let attempt: u32 = variable("GUILDHALL_ATTEMPT")?.parse()?;
    let session: u32 = variable(SESSION_VARIABLE)?.parse()?;
    let effects = PathBuf::from(variable(EFFECTS_VARIABLE)?);
    let mut trace = Trace::begin(&effects, &task, attempt, session)?;
    let mut left = Duration::from_millis(work.ms);
    while !left.is_zero() || (work.is_held && !release_of(&effects).exists()) {
        std::thread::sleep(STEP);
        left = left.saturating_sub(STEP);
        trace.say("work")?;
    }
    if work.fails_first && attempt == 1 {
        trace.say("fail")?;
        return Ok(ExitCode::from(TRY_AGAIN));
    }
    trace.say("end")?;
    print!("{}", work.output(&task));
    Ok(ExitCode::SUCCESS)
}

fn variable(name: &str) -> Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not set"))
}
