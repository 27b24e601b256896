//! Which commands are run, and how long each may take.

use std::time::Duration;

use guildhall_sdk::Schema;
use guildhall_sdk::core::{AgentError, ErrorCode};
use serde::{Deserialize, Serialize};

use crate::Settings;

/// Seconds that a command may take where nobody says how many.
pub(crate) const USUAL_SECONDS: u32 = 900;

/// Where and by which commands something is tried: the part of a request that every search and
/// trial has. It is flattened into each, so `deny_unknown_fields` stands there and not here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
pub struct TrialRequest {
    /// A folder of the repository; the one of the incident, else the current folder, where absent.
    #[serde(default)]
    pub repo: Option<String>,
    /// The command that fails where it is seen and passes else; 125 says that nothing can be said. A line for the shell, or given several times a program and its arguments.
    #[serde(default)]
    pub reproduce: Vec<String>,
    /// The command that builds.
    #[serde(default)]
    pub build: Vec<String>,
    /// A variable of your environment that the commands are given beside the usual few.
    #[serde(default)]
    pub pass: Vec<String>,
    /// Seconds that a command may take; 900 where absent.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub seconds: Option<u32>,
    /// Take a reproduction that does not end in its time for one that fails.
    #[serde(default)]
    pub hang_fails: bool,
}

/// The commands that are run. Each is a program and its arguments; empty where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Commands {
    pub(crate) build: Vec<String>,
    pub(crate) reproduce: Vec<String>,
    pub(crate) test: Vec<String>,
    /// Variables of the user's environment that they are given.
    pub(crate) pass: Vec<String>,
    pub(crate) timeout: Duration,
    /// Whether a reproduction that does not end in its time has failed.
    pub(crate) hang_fails: bool,
}

impl Commands {
    /// What the request says, and what is set where it says nothing.
    ///
    /// # Errors
    /// Where there is nothing to reproduce with, or a time is none.
    pub(crate) fn of(
        told: &TrialRequest,
        test: &[String],
        set: &Settings,
    ) -> Result<Self, AgentError> {
        let reproduce = argv(&told.reproduce, &set.reproduce);
        if reproduce.is_empty() {
            let text = "`reproduce` is missing: there is no command that fails where it is seen";
            return Err(AgentError::new(ErrorCode::InvalidInput, text).with_help(
                "name one by --reproduce, or as `reproduce` in \
                 [plugins.config.incident-responder]",
            ));
        }
        let seconds = told
            .seconds
            .or(set.command_seconds)
            .unwrap_or(USUAL_SECONDS);
        if seconds == 0 {
            let text = "`seconds` is 0, so that no command could run; 1 is the least";
            return Err(AgentError::new(ErrorCode::InvalidInput, text));
        }
        Ok(Self {
            build: argv(&told.build, &set.build),
            reproduce,
            test: argv(test, &set.test),
            pass: [&told.pass[..], &set.pass].concat(),
            timeout: Duration::from_secs(seconds.into()),
            hang_fails: told.hang_fails,
        })
    }
}

/// A program and its arguments: a single text is for the shell.
fn argv(told: &[String], set: &[String]) -> Vec<String> {
    let chosen = if told.is_empty() { set } else { told };
    match chosen {
        [line] => vec!["sh".to_owned(), "-c".to_owned(), line.clone()],
        several => several.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_single_text_is_for_the_shell_and_several_are_arguments() {
        assert_eq!(
            argv(&texts(&["./t.sh --all"]), &[]),
            texts(&["sh", "-c", "./t.sh --all"])
        );
        let several = texts(&["cargo", "test", "a b"]);
        assert_eq!(argv(&[], &several), several);
        assert_eq!(argv(&texts(&["x", "y"]), &several), texts(&["x", "y"]));
    }

    #[test]
    fn a_request_goes_before_the_settings_and_needs_a_reproduction() {
        let set = Settings {
            build: texts(&["make"]),
            command_seconds: Some(5),
            pass: texts(&["CARGO_HOME"]),
            ..Settings::default()
        };
        let error = Commands::of(&TrialRequest::default(), &[], &set).unwrap_err();
        assert!(error.message.contains("`reproduce`"), "{error}");
        let told = TrialRequest {
            reproduce: texts(&["a", "b"]),
            pass: texts(&["CC"]),
            ..TrialRequest::default()
        };
        let commands = Commands::of(&told, &[], &set).unwrap();
        assert_eq!(commands.build, texts(&["sh", "-c", "make"]));
        assert_eq!(commands.pass, texts(&["CC", "CARGO_HOME"]));
        assert_eq!(commands.timeout, Duration::from_secs(5));
        let never = TrialRequest {
            seconds: Some(0),
            ..told
        };
        assert!(Commands::of(&never, &[], &set).is_err());
    }
}
