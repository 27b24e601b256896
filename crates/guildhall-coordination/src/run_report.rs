//! What came of a run, in numbers: every figure is counted or measured in its journal.

use std::collections::BTreeMap;

use guildhall_core::{AgentId, Schema};
use serde::{Deserialize, Serialize};

use crate::event::RunStatus;
use crate::id::RunId;
use crate::ledger::{Ledger, Phase, TaskRecord, TaskStatus};
use crate::task::Spend;

/// What came of a run, in numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct RunReport {
    /// Version of this record's form; 1 today.
    pub version: u32,
    /// The run.
    pub run: RunId,
    /// The plan's name.
    pub name: String,
    /// How the plan's tasks were put in order.
    pub strategy: String,
    /// How it ended, or how far it is: `new`, `running`, `interrupted`, `paused`,
    /// `cancelling`, `completed`, `failed` or `cancelled`. A run whose process ended without
    /// pausing it is `interrupted`, where it is known that nobody works on it.
    pub status: String,
    /// Why it is paused or being cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When somebody first worked on it, in milliseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_ms: Option<u64>,
    /// When its last event was recorded.
    pub last_event_ms: u64,
    /// How its tasks stand. Tasks that became others are not counted: their parts are.
    pub tasks: TaskFigures,
    /// Attempts, and how many of them repeated one that failed.
    pub attempts: AttemptFigures,
    /// Times, in milliseconds.
    pub times: TimeFigures,
    /// Completed tasks a second, over the time in which the run was worked on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput_per_s: Option<f64>,
    /// Completed tasks as a part of those that completed or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_rate: Option<f64>,
    /// Sum of the durations of all attempts divided by the longest. It says how unequal
    /// the tasks are, not how much faster the run was: see `speed_up`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallelism_ratio: Option<f64>,
    /// How much faster it was than a serial run of the same plan that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed_up: Option<SpeedUp>,
    /// What was spent, as far as agents say; of attempts that say nothing, what was set
    /// aside for them.
    pub spent: SpendFigures,
    /// The same by agent, in order of their ids.
    pub agents: Vec<AgentFigures>,
    /// What came of all attempts, and what they cost, by agent and capability; `spent` is the
    /// sum.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<OutcomeFigures>,
}

/// How tasks stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct TaskFigures {
    /// All of them.
    pub total: u32,
    /// Not begun, or to be tried again.
    pub pending: u32,
    /// With an attempt in flight.
    pub running: u32,
    /// With a result.
    pub completed: u32,
    /// Of these, with a result that was used again.
    pub from_cache: u32,
    /// Failed for good.
    pub failed: u32,
    /// Cancelled.
    pub cancelled: u32,
    /// Not needed, or without what they need.
    pub skipped: u32,
}

/// How often tasks were attempted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct AttemptFigures {
    /// All of them.
    pub total: u32,
    /// Those that repeated one that failed.
    pub retries: u32,
    /// Those that were interrupted, gave way or were cancelled.
    pub not_counted: u32,
}

/// Times, in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct TimeFigures {
    /// Time in which the run was worked on.
    pub worked: u64,
    /// Sum of the durations of all attempts.
    pub busy: u64,
    /// Mean duration of a completed task's last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<u64>,
    /// Duration that 95 of 100 of them did not exceed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95: Option<u64>,
    /// The longest of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest: Option<u64>,
}

/// What was spent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
pub struct SpendFigures {
    /// US dollars.
    pub usd: f64,
    /// Model tokens.
    pub tokens: u64,
}

/// What an agent did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct AgentFigures {
    /// The agent.
    pub agent: String,
    /// Tasks that it completed.
    pub completed: u32,
    /// Sum of the durations of these, in milliseconds.
    pub busy_ms: u64,
    /// What these cost.
    pub spent: SpendFigures,
    /// Attempts at once at the most that it is given, as its answers have it; absent where
    /// the plan does not ask for `limits.adaptive_agents`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// What came of the attempts of an agent at a capability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct OutcomeFigures {
    /// The agent.
    pub agent: String,
    /// The name of the capability; absent where tasks name the agent alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<String>,
    /// Attempts with a result, without those whose result was used again.
    pub succeeded: u32,
    /// Attempts without one that the agent has to answer for.
    pub failed: u32,
    /// What all attempts cost.
    pub spent: SpendFigures,
    /// Of that, what attempts without a result cost.
    pub lost: SpendFigures,
    /// The part of attempts that succeeds, at the least, with a confidence of 95 %; of this run
    /// and of those before, where tasks ask for a quality.
    pub success_at_least: f64,
    /// What was known before the run; absent where no task asks for a quality.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<JudgedFigures>,
}

/// Attempts that an agent has to answer for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct JudgedFigures {
    /// Those with a result.
    pub succeeded: u32,
    /// Those without one.
    pub failed: u32,
}

/// How much faster a run was than a serial one of the same plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct SpeedUp {
    /// The time of the serial run divided by that of this one.
    pub factor: f64,
    /// The serial run.
    pub serial_run: RunId,
    /// Its time, in milliseconds.
    pub serial_ms: u64,
}

impl RunReport {
    /// The report on a run. Where `serial` is another run of the same tasks that was
    /// never doing two at once, both were completed, and in one go, the speed-up against
    /// it is given.
    pub fn of(run: RunId, ledger: &Ledger, serial: Option<(RunId, &Ledger)>) -> Self {
        let created = ledger.created();
        let settings = created.map(|created| &created.settings);
        let leaves: Vec<&TaskRecord> = ledger
            .tasks()
            .iter()
            .filter(|task| !task.is_expansion())
            .collect();
        let tasks = task_figures(&leaves);
        let times = time_figures(ledger, &leaves);
        let ended = tasks.completed + tasks.failed;
        let (status, reason) = status_of(ledger);
        Self {
            version: 1,
            run,
            name: settings.map(|it| it.name.clone()).unwrap_or_default(),
            strategy: settings
                .map(|it| it.strategy.to_string())
                .unwrap_or_default(),
            status,
            reason,
            started_ms: ledger.first_opened_ms(),
            last_event_ms: ledger.last_event_ms(),
            attempts: attempt_figures(ledger, &leaves),
            throughput_per_s: ratio(f64::from(tasks.completed) * 1000.0, times.worked as f64),
            success_rate: ratio(f64::from(tasks.completed), f64::from(ended)),
            parallelism_ratio: parallelism_ratio(&leaves),
            speed_up: serial.and_then(|(id, serial)| speed_up(ledger, id, serial)),
            spent: spend_figures(ledger.spent()),
            agents: agent_figures(ledger, &leaves),
            outcomes: outcome_figures(ledger),
            tasks,
            times,
        }
    }
}

/// The run's status as one word, and why it is so.
pub(crate) fn status_of(ledger: &Ledger) -> (String, Option<String>) {
    let (status, reason) = match ledger.phase() {
        None | Some(Phase::New) => ("new", None),
        Some(Phase::Working) => ("running", None),
        Some(Phase::Paused { reason }) => ("paused", Some(reason.clone())),
        Some(Phase::Cancelling { reason }) => ("cancelling", Some(reason.clone())),
        Some(Phase::Ended(RunStatus::Completed)) => ("completed", None),
        Some(Phase::Ended(RunStatus::Failed)) => ("failed", None),
        Some(Phase::Ended(RunStatus::Cancelled)) => ("cancelled", None),
    };
    (status.to_owned(), reason)
}

fn task_figures(leaves: &[&TaskRecord]) -> TaskFigures {
    let mut figures = TaskFigures::default();
    for task in leaves {
        figures.total += 1;
        let count = match task.status {
            TaskStatus::Pending => &mut figures.pending,
            TaskStatus::Running => &mut figures.running,
            TaskStatus::Completed => &mut figures.completed,
            TaskStatus::Failed => &mut figures.failed,
            TaskStatus::Cancelled => &mut figures.cancelled,
            TaskStatus::Skipped => &mut figures.skipped,
        };
        *count += 1;
        let receipt = task.receipt.as_ref();
        figures.from_cache += u32::from(receipt.is_some_and(|it| it.cached_from.is_some()));
    }
    figures
}

fn attempt_figures(ledger: &Ledger, leaves: &[&TaskRecord]) -> AttemptFigures {
    let mut figures = AttemptFigures {
        retries: ledger.retries(),
        ..AttemptFigures::default()
    };
    for task in leaves {
        figures.total += task.attempts;
        let in_flight = u32::from(task.in_flight.is_some());
        let succeeded = u32::from(task.status == TaskStatus::Completed && task.attempts > 0);
        let told = task.counted + in_flight + succeeded;
        figures.not_counted += task.attempts.saturating_sub(told);
    }
    figures
}

fn time_figures(ledger: &Ledger, leaves: &[&TaskRecord]) -> TimeFigures {
    let mut durations = durations(leaves);
    durations.sort_unstable();
    let count = durations.len();
    let sum: u64 = durations.iter().sum();
    let p95 = (count * 95).div_ceil(100).checked_sub(1);
    TimeFigures {
        worked: ledger.worked_ms(ledger.last_event_ms()),
        busy: leaves.iter().map(|task| task.busy_ms).sum(),
        mean: sum.checked_div(count as u64),
        p95: p95.and_then(|at| durations.get(at).copied()),
        longest: durations.last().copied(),
    }
}

/// Durations of what completed and was really done, in milliseconds.
fn durations(leaves: &[&TaskRecord]) -> Vec<u64> {
    let done = leaves.iter().filter_map(|task| task.receipt.as_ref());
    done.filter(|receipt| receipt.cached_from.is_none())
        .map(|receipt| receipt.duration_ms())
        .collect()
}

fn parallelism_ratio(leaves: &[&TaskRecord]) -> Option<f64> {
    let durations = durations(leaves);
    let longest = durations.iter().max().copied()?;
    let sum: u64 = durations.iter().sum();
    ratio(sum as f64, longest as f64)
}

fn agent_figures(ledger: &Ledger, leaves: &[&TaskRecord]) -> Vec<AgentFigures> {
    let mut by_agent: BTreeMap<&AgentId, (u32, u64, Spend)> = BTreeMap::new();
    for task in leaves {
        let Some(receipt) = &task.receipt else {
            continue;
        };
        let (completed, busy, spent) = by_agent.entry(&receipt.agent).or_default();
        *completed += 1;
        *busy += receipt.duration_ms();
        *spent = spent.plus(task.spent);
    }
    let figures = by_agent.into_iter();
    figures
        .map(|(agent, (completed, busy_ms, spent))| AgentFigures {
            agent: agent.to_string(),
            completed,
            busy_ms,
            spent: spend_figures(spent),
            limit: ledger.agent_limits().of(agent),
        })
        .collect()
}

fn outcome_figures(ledger: &Ledger) -> Vec<OutcomeFigures> {
    let asks = ledger.tasks().iter().any(|it| it.spec.quality.is_some());
    let created = ledger.created().filter(|_| asks);
    let before = created.map(|created| &created.settings.outcomes);
    let figures = ledger.outcomes().iter().map(|(agent, capability, own)| {
        let before = before.map(|before| before.of(agent, capability));
        let all = own.plus(before.unwrap_or_default());
        OutcomeFigures {
            agent: agent.to_string(),
            capability: (!capability.is_empty()).then(|| capability.to_owned()),
            succeeded: own.succeeded,
            failed: own.failed,
            spent: spend_figures(own.spent),
            lost: spend_figures(own.lost),
            success_at_least: all.success_at_least(),
            before: before.map(|before| JudgedFigures {
                succeeded: before.succeeded,
                failed: before.failed,
            }),
        }
    });
    figures.collect()
}

fn spend_figures(spend: Spend) -> SpendFigures {
    SpendFigures {
        usd: spend.usd,
        tokens: spend.tokens,
    }
}

/// Both runs must be of the same tasks and completed, and the other one serial.
fn speed_up(ledger: &Ledger, serial_run: RunId, serial: &Ledger) -> Option<SpeedUp> {
    let completed = Some(&Phase::Ended(RunStatus::Completed));
    let (own, other) = (ledger.created()?, serial.created()?);
    let comparable = ledger.phase() == completed
        && serial.phase() == completed
        && own.plan_hash == other.plan_hash
        && other.settings.limits.concurrency == 1;
    let serial_ms = serial.worked_ms(serial.last_event_ms());
    let own_ms = ledger.worked_ms(ledger.last_event_ms());
    let factor = ratio(serial_ms as f64, own_ms as f64)?;
    comparable.then_some(SpeedUp {
        factor,
        serial_run,
        serial_ms,
    })
}

/// `None` where there is nothing to divide by.
fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

#[cfg(test)]
mod tests {
    use guildhall_core::AgentError;

    use super::*;
    use crate::event::{Created, FailureClass, Output, Receipt};
    use crate::ledger::AttemptEnd;
    use crate::{Plan, PlanFormat, Recorded, RunEvent, TaskIndex};

    /// A run of two tasks that took 100 and 300 ms, the second after a failure of 50 ms,
    /// and one that failed.
    fn ledger() -> Ledger {
        let plan = r#"{"version": 1, "name": "p", "defaults": {"agent": "x"}, "task": [
            {"id": "a", "prompt": "a"}, {"id": "b", "prompt": "b"}, {"id": "c", "prompt": "c"}]}"#;
        let plan = Plan::parse(plan, PlanFormat::Json, "p.json")
            .unwrap()
            .compile();
        let created = Created {
            name: "p".into(),
            settings: plan.settings,
            folder: "/".into(),
            plan_hash: String::new(),
            made_by: String::new(),
        };
        let event = RunEvent::Created(Box::new(created));
        let first = Recorded {
            seq: 1,
            at_ms: 0,
            epoch: 0,
            event,
        };
        let mut ledger = Ledger::new();
        ledger.apply(&first).unwrap();
        let out = &mut Vec::new();
        ledger.add(0, None, plan.tasks, "", out).unwrap();
        ledger.open(1_000, 1, Vec::new(), out);
        let agent = "x".parse().unwrap();
        for task in 0..3 {
            ledger.start(1_000, TaskIndex(task), &agent, out).unwrap();
        }
        ledger
            .attempt_ended(1_050, TaskIndex(1), 1, 1, failed(50), out)
            .unwrap();
        ledger.start(1_050, TaskIndex(1), &agent, out).unwrap();
        ledger
            .attempt_ended(1_100, TaskIndex(0), 1, 1, completed(1_000, 1_100), out)
            .unwrap();
        ledger
            .attempt_ended(1_200, TaskIndex(2), 1, 1, failed(200), out)
            .unwrap();
        ledger
            .give_up(1_200, TaskIndex(2), AgentError::new("e", "e"), out)
            .unwrap();
        ledger
            .attempt_ended(1_350, TaskIndex(1), 2, 1, completed(1_050, 1_350), out)
            .unwrap();
        ledger.finish(2_000, out).unwrap();
        ledger
    }

    fn failed(duration_ms: u64) -> AttemptEnd {
        AttemptEnd::Failed {
            class: FailureClass::Error,
            error: Box::new(AgentError::new("e", "e")),
            duration_ms,
            spent: None,
        }
    }

    fn completed(started_ms: u64, ended_ms: u64) -> AttemptEnd {
        let receipt = Receipt {
            agent: "x".parse().unwrap(),
            version: semver::Version::new(1, 0, 0),
            agent_hash: String::new(),
            capability: None,
            capability_version: None,
            input_hash: String::new(),
            output_hash: String::new(),
            started_ms,
            ended_ms,
            exit: None,
            cached_from: None,
            details: serde_json::Map::new(),
        };
        AttemptEnd::Completed {
            output: Output::Inline(serde_json::Value::Null),
            spent: Some(Spend {
                usd: 0.25,
                tokens: 10,
            }),
            receipt: Box::new(receipt),
        }
    }

    #[test]
    fn every_figure_follows_from_the_journal() {
        let report = RunReport::of(RunId::from_u128(1), &ledger(), None);
        assert_eq!(report.status, "failed");
        let tasks = &report.tasks;
        assert_eq!((tasks.total, tasks.completed, tasks.failed), (3, 2, 1));
        let attempts = &report.attempts;
        assert_eq!(
            (attempts.total, attempts.retries, attempts.not_counted),
            (4, 1, 0)
        );
        let times = &report.times;
        assert_eq!((times.worked, times.busy), (1_000, 100 + 50 + 300 + 200));
        assert_eq!(
            (times.mean, times.p95, times.longest),
            (Some(200), Some(300), Some(300))
        );
        assert_eq!(report.throughput_per_s, Some(2.0));
        assert_eq!(report.success_rate, Some(2.0 / 3.0));
        assert_eq!(report.parallelism_ratio, Some(400.0 / 300.0));
        assert_eq!((report.spent.usd, report.spent.tokens), (0.5, 20));
        assert_eq!(
            (report.agents[0].completed, report.agents[0].busy_ms),
            (2, 400)
        );
        assert!(report.speed_up.is_none(), "it was not measured");
    }

    #[test]
    fn a_plan_that_says_nothing_has_the_documented_defaults() {
        let ledger = ledger();
        let settings = &ledger.created().unwrap().settings;
        assert_eq!(settings.limits.concurrency, 10);
        let task = &ledger.tasks()[0].spec;
        assert_eq!((task.timeout_ms, task.retry.max), (300_000, 2));
    }
}
