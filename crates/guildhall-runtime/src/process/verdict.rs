//! Says what came of a run of a program: an output, or what went wrong.

use std::time::Duration;

use guildhall_core::attempt::USAGE_FIELD;
use guildhall_core::{AgentError, ErrorCode};
use rustix::process::Signal;
use serde_json::{Map, Value, json};

use super::capture::Captured;
use super::config::ProcessAgentConfig;
use super::launch::{EndedBy, Exit, NotStarted};
use super::limits::Enforcement;
use super::output;
use super::redact::Redactor;
use super::usage;

/// Lines of standard error that a message shows.
const LINES_SHOWN: usize = 5;

/// Bytes of these lines, about.
const BYTES_SHOWN: usize = 2000;

/// A run of a program that is over.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) end: End,
    /// Why the host asked for the end, where it did.
    pub(super) stop: Option<Stop>,
    pub(super) output: Captured,
    pub(super) errors: Captured,
    pub(super) enforcement: Vec<Enforcement>,
}

/// How it is over.
#[derive(Debug)]
pub(super) enum End {
    /// The program was not started.
    NotStarted(NotStarted),
    /// It has ended, with all of its descendants.
    Ended(Exit),
    /// The supervisor was killed, or is stuck.
    Lost,
}

/// Why the host asked for the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    /// The caller withdrew the task.
    Cancelled,
    /// It took longer than this.
    TimedOut(Duration),
    /// It wrote too much to this stream.
    Flooded(&'static str),
}

/// What a run is judged by.
pub(super) struct Judge<'a> {
    pub(super) config: &'a ProcessAgentConfig,
    pub(super) redactor: &'a Redactor,
    /// The content of the output file, where the output is a file.
    pub(super) file: Option<Result<Vec<u8>, AgentError>>,
}

impl Judge<'_> {
    /// The output or the error, and what else is known.
    pub(super) fn judge(self, ran: &Ran) -> (Result<Value, AgentError>, Map<String, Value>) {
        let output = String::from_utf8_lossy(&ran.output.bytes);
        let errors = self.errors_of(&ran.errors);
        let failure = self.failure(ran, &errors);
        let text = match &self.file {
            Some(Ok(bytes)) => String::from_utf8_lossy(bytes),
            Some(Err(_)) | None => output.clone(),
        };
        let whole = output::parse(self.config.output, &text, self.redactor);
        let usage = usage::of(self.config, whole.as_ref().ok(), [&output, &errors]);
        let mut extra = Map::new();
        extra.insert("enforcement".to_owned(), json!(ran.enforcement));
        if let End::Ended(exit) = &ran.end {
            extra.insert("exit".to_owned(), exit_record(exit));
            if let Some(ms) = exit.processor_ms {
                extra.insert("processor_ms".to_owned(), ms.into());
            }
        }
        if !usage.is_empty() {
            extra.insert(USAGE_FIELD.to_owned(), usage.into());
        }
        let unreadable = self.file.and_then(Result::err);
        let result = match failure.or(unreadable) {
            Some(error) => Err(error),
            None => whole.and_then(|whole| output::select(self.config, whole, self.redactor)),
        };
        if result.is_err() && !errors.is_empty() {
            extra.insert("stderr".to_owned(), errors.into());
        }
        (result, extra)
    }

    /// What is kept of standard error, without secrets.
    fn errors_of(&self, captured: &Captured) -> String {
        let text = String::from_utf8_lossy(&captured.bytes);
        let text = if captured.is_cut {
            whole_lines(&text, self.redactor.longest())
        } else {
            &text
        };
        self.redactor.redact(text).into_owned()
    }

    /// What went wrong, but for the output.
    fn failure(&self, ran: &Ran, errors: &str) -> Option<AgentError> {
        let exit = match &ran.end {
            End::NotStarted(_) | End::Lost if ran.stop.is_some() => {
                return ran.stop.as_ref().map(|stop| self.stopped(stop));
            }
            End::NotStarted(reason) => return Some(self.not_started(reason)),
            End::Lost => return Some(lost()),
            End::Ended(exit) => exit,
        };
        match (&ran.stop, exit.by) {
            // It ended while it was asked to, so what it made counts.
            (None | Some(Stop::Cancelled | Stop::TimedOut(_)), EndedBy::Itself) => {
                self.exit_failure(exit, errors)
            }
            (_, EndedBy::TooManyProcesses) => Some(self.too_many_processes()),
            (Some(stop), _) => Some(self.stopped(stop)),
            (None, EndedBy::Request) => Some(self.stopped(&Stop::Cancelled)),
        }
    }

    fn not_started(&self, reason: &NotStarted) -> AgentError {
        let command = &self.config.command;
        match reason {
            NotStarted::Locked => AgentError::new(
                "attempt-still-running",
                "processes of an earlier start of the same attempt still live",
            )
            .with_help("wait for them to end, or end them")
            .retryable(),
            NotStarted::Refused(reason) => AgentError::new(
                ErrorCode::Unavailable,
                format!("the program {command} could not be started: {reason}"),
            ),
        }
    }

    fn stopped(&self, stop: &Stop) -> AgentError {
        match stop {
            Stop::Cancelled => AgentError::new(ErrorCode::Cancelled, "the task was cancelled"),
            Stop::TimedOut(limit) => AgentError::new(
                ErrorCode::DeadlineExceeded,
                format!("Task exceeded {}s timeout", seconds(*limit)),
            ),
            Stop::Flooded(stream) => output::too_large(stream, self.config.max_output()),
        }
    }

    fn too_many_processes(&self) -> AgentError {
        let limit = self.config.limits.processes.unwrap_or_default();
        AgentError::new(
            "too-many-processes",
            format!("the program had more than {limit} processes and was ended"),
        )
        .with_help("raise `limits.processes`")
    }

    fn exit_failure(&self, exit: &Exit, errors: &str) -> Option<AgentError> {
        if let Some(signal) = exit.signal {
            return Some(self.signalled(signal, errors));
        }
        let code = exit.code.unwrap_or_default();
        if self.config.success_exit_codes.contains(&code) {
            return None;
        }
        let error = AgentError::new(
            "exit-status",
            with_errors(format!("the program exited with code {code}"), errors),
        );
        Some(if self.config.retry_exit_codes.contains(&code) {
            error.retryable()
        } else {
            error
        })
    }

    fn signalled(&self, signal: i32, errors: &str) -> AgentError {
        let name = signal_name(signal).map_or(String::new(), |name| format!(" ({name})"));
        let message = format!("the program was ended by signal {signal}{name}");
        let error = AgentError::new("killed-by-signal", with_errors(message, errors));
        let limits = &self.config.limits;
        let is = |named: Signal| signal == named.as_raw();
        if limits.cpu_seconds.is_some() && (is(Signal::XCPU) || is(Signal::KILL)) {
            return error.with_help("it may have used all of `limits.cpu-seconds`");
        }
        if limits.file_size_mib.is_some() && is(Signal::XFSZ) {
            return error.with_help("it wrote a file larger than `limits.file-size-mib`");
        }
        if is(Signal::KILL) {
            return error.with_help("the system may have been short of memory");
        }
        error
    }
}

fn lost() -> AgentError {
    AgentError::failed(
        "the program's supervisor ended or hung, so how the program ended is unknown",
    )
    .retryable()
}

/// The message, and the last lines of standard error.
fn with_errors(message: String, errors: &str) -> String {
    let lines: Vec<&str> = errors
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    let last = lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n");
    if last.is_empty() {
        return message;
    }
    let from = last.ceil_char_boundary(last.len().saturating_sub(BYTES_SHOWN));
    format!("{message}: {}", &last[from..])
}

/// What follows the first line break of a text whose beginning is missing; the rest of
/// a secret could stand before it. Where there is none, as much goes as a secret has.
fn whole_lines(text: &str, longest_secret: usize) -> &str {
    match text.split_once('\n') {
        Some((_, rest)) => rest,
        None => &text[text.ceil_char_boundary(longest_secret.min(text.len()))..],
    }
}

fn exit_record(exit: &Exit) -> Value {
    let mut record = Map::new();
    if let Some(code) = exit.code {
        record.insert("code".to_owned(), code.into());
    }
    if let Some(signal) = exit.signal {
        record.insert("signal".to_owned(), signal.into());
    }
    if !exit.survivors.is_empty() {
        record.insert("survivors".to_owned(), json!(exit.survivors));
    }
    record.into()
}

/// Whole seconds without a point, others with what is needed.
fn seconds(duration: Duration) -> String {
    format!("{}", duration.as_secs_f64())
}

fn signal_name(signal: i32) -> Option<&'static str> {
    let names = [
        (Signal::HUP, "SIGHUP"),
        (Signal::INT, "SIGINT"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::ILL, "SIGILL"),
        (Signal::TRAP, "SIGTRAP"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::KILL, "SIGKILL"),
        (Signal::USR1, "SIGUSR1"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::USR2, "SIGUSR2"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::ALARM, "SIGALRM"),
        (Signal::TERM, "SIGTERM"),
        (Signal::XCPU, "SIGXCPU"),
        (Signal::XFSZ, "SIGXFSZ"),
        (Signal::SYS, "SIGSYS"),
    ];
    let found = names.iter().find(|(named, _)| named.as_raw() == signal);
    found.map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_its_beginning_shows_no_rest_of_a_secret() {
        assert_eq!(whole_lines("same-open\nnext\n", 12), "next\n");
        assert_eq!(whole_lines("esame-open and more", 11), "and more");
        assert_eq!(whole_lines("ä", 1), "");
    }

    #[test]
    fn durations_are_written_as_people_write_them() {
        assert_eq!(seconds(Duration::from_secs(300)), "300");
        assert_eq!(seconds(Duration::from_millis(1500)), "1.5");
    }
}
