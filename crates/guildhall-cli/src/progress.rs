//! One line on standard error that says how far the agents are.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use guildhall_core::{AgentId, Progress, TaskId, shown};
use guildhall_host::OnProgress;

/// Time between two updates of the line.
const INTERVAL: Duration = Duration::from_millis(100);

/// Columns that the line takes at the most.
const WIDTH: usize = 79;

/// One line on standard error that says how far the agents are. It is wiped when
/// this is dropped.
pub(crate) struct ProgressLine {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    agents: BTreeMap<AgentId, Progress>,
    shown: Option<Instant>,
    over: bool,
}

impl ProgressLine {
    pub(crate) fn new() -> Self {
        Self {
            state: Arc::default(),
        }
    }

    /// What the host calls with each report.
    pub(crate) fn callback(&self) -> OnProgress {
        let state = Arc::clone(&self.state);
        Arc::new(move |agent: &AgentId, _: TaskId, progress: &Progress| {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.agents.insert(agent.clone(), progress.clone());
            if !state.over && state.shown.is_none_or(|shown| shown.elapsed() >= INTERVAL) {
                state.shown = Some(Instant::now());
                show(&line(&state.agents));
            }
        })
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.over = true;
        if state.shown.is_some() {
            show("");
        }
    }
}

/// Replaces the line. A terminal that does not take it changes nothing.
fn show(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = write!(err, "\r\x1b[2K{text}").and_then(|()| err.flush());
}

fn line(agents: &BTreeMap<AgentId, Progress>) -> String {
    let parts: Vec<String> = agents
        .iter()
        .map(|(agent, progress)| part(agent, progress))
        .collect();
    let line = parts.join("  ");
    // Messages hold names of files, which may hold anything.
    let clean = line.chars().map(|character| {
        if shown::steers(character) {
            '?'
        } else {
            character
        }
    });
    clean.take(WIDTH).collect()
}

fn part(agent: &AgentId, progress: &Progress) -> String {
    let Progress {
        done,
        total,
        message,
    } = progress;
    match total {
        Some(total) => format!("{agent} {done}/{total} {message}"),
        None => format!("{agent} {done} {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_fits_a_terminal_and_holds_no_controls() {
        let progress = Progress {
            done: 3,
            total: Some(9),
            message: format!("a\x1b[2J\n\u{202e}{}", "x".repeat(200)),
        };
        let agents = BTreeMap::from([("scanner".parse().unwrap(), progress)]);
        let line = line(&agents);
        assert!(line.starts_with("scanner 3/9 a?[2J??xxx"));
        assert_eq!(line.chars().count(), WIDTH);
    }
}
