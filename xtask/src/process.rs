//! Running other programs: said what is run, and with an error that names it.

use std::ffi::OsString;
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace;

/// Cargo itself, run in the workspace's root.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(cargo_program());
    command.current_dir(workspace::root());
    command
}

/// Runs a program that shares this one's streams.
///
/// # Errors
/// Where it cannot be started, or fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    eprintln!("+ {}", shown(command));
    let status = status(command)?;
    if !status.success() {
        bail!("{} failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs a program for what it writes to standard output.
///
/// # Errors
/// Where it cannot be started, fails, or writes what is not UTF-8.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    if !output.status.success() {
        bail!("{} failed ({})", shown(command), output.status);
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("{} wrote what is not UTF-8", shown(command)))
}

/// Runs a program that shares this one's streams, and tells how it ended.
///
/// # Errors
/// Where it cannot be started.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    command
        .status()
        .with_context(|| format!("cannot start {}", shown(command)))
}

/// The exit code that passes on how a program ended; one that was ended by a signal
/// counts as a failure.
pub(crate) fn exit_code(status: ExitStatus) -> ExitCode {
    status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from)
}

/// The command as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let variables = command.get_envs().filter_map(|(name, value)| {
        let value = value?.to_string_lossy().into_owned();
        Some(format!("{}={}", name.to_string_lossy(), quoted(value)))
    });
    let program = if *command.get_program() == cargo_program() {
        "cargo".to_owned()
    } else {
        command.get_program().to_string_lossy().into_owned()
    };
    let arguments = command
        .get_args()
        .map(|argument| quoted(argument.to_string_lossy().into_owned()));
    let words: Vec<String> = variables.chain([program]).chain(arguments).collect();
    words.join(" ")
}

fn cargo_program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn quoted(word: String) -> String {
    if word.is_empty() || word.contains(char::is_whitespace) {
        format!("{word:?}")
    } else {
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command() {
        let error = run(cargo().args(["no-such command"])).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("cargo \"no-such command\" failed"),
            "{error}"
        );
        let error = run(&mut Command::new("no-such-program")).unwrap_err();
        assert!(error.to_string().contains("cannot start no-such-program"));
    }

    #[test]
    fn variables_are_shown() {
        let mut command = cargo();
        command.env("RUSTFLAGS", "--cfg loom").arg("test");
        assert_eq!(shown(&command), "RUSTFLAGS=\"--cfg loom\" cargo test");
    }
}
