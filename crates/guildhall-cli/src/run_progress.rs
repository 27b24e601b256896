//! How far a run is, on a terminal: a line for each task that begins or ends, and one line
//! that counts. The log has the same where there is no terminal.

use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use guildhall_coordination::{Ledger, RunEvent, RunId, TaskIndex};
use guildhall_runtime::RunUpdate;

use crate::config::shown;
use crate::running::short;

/// Columns that a line takes at the most.
const WIDTH: usize = 79;

/// Tells a terminal how far a run is; says nothing elsewhere.
pub(crate) struct RunProgress {
    run: RunId,
    shows: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    announced: bool,
    counter: bool,
}

impl RunProgress {
    pub(crate) fn new(run: RunId, shows: bool) -> Self {
        Self {
            run,
            shows,
            state: Mutex::default(),
        }
    }

    /// Takes something that has happened.
    pub(crate) fn take(&self, update: &RunUpdate<'_>) {
        if !self.shows {
            return;
        }
        match update {
            RunUpdate::Event { recorded, ledger } => {
                if let Some(line) = line_of(&recorded.event, ledger) {
                    self.say(&line, ledger);
                }
            }
            RunUpdate::Silent {
                task,
                silence,
                ledger,
            } => {
                let (key, seconds) = (key_of(ledger, *task), silence.as_secs());
                self.say(
                    &format!("? {key} has given no sign of life for {seconds} s"),
                    ledger,
                );
            }
            RunUpdate::Progress {
                task,
                progress,
                ledger,
            } => {
                let done = match progress.total {
                    Some(total) => format!("{}/{total}", progress.done),
                    None => progress.done.to_string(),
                };
                let text = format!("{} {done} {}", key_of(ledger, *task), progress.message);
                self.count(&text);
            }
            _ => {}
        }
    }

    /// Wipes the line that counts.
    pub(crate) fn end(&self) {
        if self.shows {
            self.count("");
        }
    }

    fn say(&self, line: &str, ledger: &Ledger) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        if !state.announced {
            state.announced = true;
            text = format!("run {}\n", short(self.run));
        }
        text.push_str(&cut(line));
        text.push('\n');
        let total = ledger.tasks().len();
        let counter = format!(
            "{} of {total} tasks ended, {} running",
            total - ledger.open_tasks(),
            ledger.in_flight()
        );
        state.counter = true;
        write(&format!("\r\x1b[2K{text}{}", cut(&counter)));
    }

    fn count(&self, text: &str) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.counter {
            write(&format!("\r\x1b[2K{}", cut(text)));
        }
    }
}

fn line_of(event: &RunEvent, ledger: &Ledger) -> Option<String> {
    Some(match event {
        RunEvent::Started(started) => {
            let again = if started.attempt > 1 {
                format!(", attempt {}", started.attempt)
            } else {
                String::new()
            };
            format!(
                "> {} ({}{again})",
                key_of(ledger, started.task),
                started.agent
            )
        }
        RunEvent::Completed(completed) => format!("+ {}", key_of(ledger, completed.task)),
        RunEvent::AttemptFailed(failed) => {
            format!(
                "! {}: {}",
                key_of(ledger, failed.task),
                failed.error.message
            )
        }
        RunEvent::Failed { task, error } => {
            format!("x {} failed: {}", key_of(ledger, *task), error.message)
        }
        RunEvent::Cancelled { task, reason } => {
            format!("- {} cancelled: {reason}", key_of(ledger, *task))
        }
        RunEvent::Skipped { task, reason } => {
            format!("- {} skipped: {reason}", key_of(ledger, *task))
        }
        RunEvent::Expanded {
            task,
            children,
            why,
        } => format!("* {} became {children} tasks: {why}", key_of(ledger, *task)),
        RunEvent::LimitsChanged(change) => format!(
            "= {}: {} -> {} ({}: {})",
            change.limit, change.from, change.to, change.by, change.why
        ),
        RunEvent::Paused { reason } => format!("the run is paused: {reason}"),
        _ => return None,
    })
}

fn key_of(ledger: &Ledger, task: TaskIndex) -> String {
    let record = ledger.task(task);
    record.map_or_else(|| task.to_string(), |record| record.spec.key.to_string())
}

fn cut(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    shown::text(line).chars().take(WIDTH).collect()
}

/// A terminal that does not take it changes nothing.
fn write(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}
