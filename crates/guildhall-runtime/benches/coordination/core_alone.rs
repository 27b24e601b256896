//! The scheduling core in memory, against a set of tokio tasks behind a semaphore.

use std::sync::Arc;
use std::time::Instant;

use guildhall_coordination::turn::{Action, AgentOffer, Notice, OpenedNotice, TaskNotice};
use guildhall_coordination::{
    AgentLimits, Budget, Compiled, Durability, Outcomes, RunId, Scheduler, Spend, TaskIndex,
    TaskStatus,
};
use serde_json::json;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::graphs;
use crate::table::{Table, median};

const TASKS: u32 = 100_000;
const AT_ONCE: u32 = 64;
const ROUNDS: usize = 7;

pub(crate) fn measure(table: &mut Table, runtime: &tokio::runtime::Runtime) {
    let plan = graphs::layers(TASKS, TASKS, AT_ONCE, Durability::Process);
    let notices = notices(plan);
    let (mut floor, mut core) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        // On a worker, as a program would: from outside every spawn is a wake.
        let both = runtime.block_on(async {
            let floor = tokio::spawn(joined()).await;
            let core = tokio::spawn(scheduled(notices.clone())).await;
            (floor, core)
        });
        if let (Ok(joined), Ok(scheduled)) = both {
            floor.push(joined);
            core.push(scheduled);
        }
    }
    let (floor, core) = (median(floor), median(core));
    let each = |seconds: f64| format!("{:.2}", seconds * 1e6 / f64::from(TASKS));
    table.add(
        "G3 JoinSet + semaphore, 100,000 tasks",
        each(floor),
        "us a task",
    );
    table.add(
        "G3 scheduling core + tokio tasks, 100,000",
        each(core),
        "us a task",
    );
    table.check("G3 scheduling core over JoinSet", core / floor, "x", 2.0);
}

async fn joined() -> f64 {
    let started = Instant::now();
    let places = Arc::new(Semaphore::new(AT_ONCE as usize));
    let mut set = JoinSet::new();
    for _ in 0..TASKS {
        let places = Arc::clone(&places);
        set.spawn(async move {
            let _place = places.acquire().await;
        });
    }
    while set.join_next().await.is_some() {}
    started.elapsed().as_secs_f64()
}

async fn scheduled(introduction: Vec<Notice>) -> f64 {
    let started = Instant::now();
    let mut scheduler = Scheduler::new();
    let (send, mut ended) = mpsc::unbounded_channel();
    let mut actions = scheduler.step(0, introduction).actions;
    let mut batch = Vec::new();
    loop {
        for action in actions {
            match action {
                Action::Start { task, .. } => {
                    let send = send.clone();
                    tokio::spawn(async move { send.send(task) });
                }
                Action::Finish => return started.elapsed().as_secs_f64(),
                _ => {}
            }
        }
        ended.recv_many(&mut batch, AT_ONCE as usize).await;
        let notices = batch.drain(..).map(completed).collect();
        actions = scheduler.step(0, notices).actions;
    }
}

fn completed(task: TaskIndex) -> Notice {
    Notice::Completed {
        task,
        duration_ms: 0,
        spent: Spend::default(),
        reused: false,
    }
}

fn notices(plan: Compiled) -> Vec<Notice> {
    let opened = OpenedNotice {
        run: RunId::from_u128(1),
        settings: plan.settings,
        budget: Budget::default(),
        spent: Spend::default(),
        epoch: 1,
        retries: 0,
        first_opened_ms: 0,
        agent_limits: AgentLimits::default(),
        outcomes: Outcomes::default(),
    };
    let echo = json!({"name": "bench.echo", "version": "1.0.0"});
    let agents = vec![AgentOffer {
        agent: "echo".parse().expect("an id"),
        capabilities: vec![serde_json::from_value(echo).expect("a capability")],
        places: AT_ONCE,
        priority: 0,
    }];
    let mut notices = vec![Notice::Opened(Box::new(opened)), Notice::Agents { agents }];
    notices.extend(plan.tasks.into_iter().zip(0..).map(|(spec, at)| {
        Notice::Task(Box::new(TaskNotice {
            index: TaskIndex(at),
            spec,
            added_ms: 0,
            status: TaskStatus::Pending,
            counted: 0,
            attempts: 0,
            started_ms: None,
            running_at: None,
            expanded: false,
            error: None,
        }))
    }));
    notices.push(Notice::Loaded);
    notices
}
