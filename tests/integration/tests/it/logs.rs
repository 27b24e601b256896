//! What plugins log and report reaches the embedder, with the plugin's id and the
//! task's, however much it is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use guildhall_host::core::TaskId;
use guildhall_host::{Called, PLUGIN_TARGET};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::support::{Shared, assert_hostile_serves, build, hostile, request, soon};

/// A line of the log, by the names of its fields.
type Line = BTreeMap<String, String>;

#[tokio::test]
async fn log_tracing_and_the_context_reach_the_log_with_plugin_and_task() {
    let lines = lines();
    let host = build(hostile());
    let called = soon(host.call(request("hostile.speak", &json!(null))))
        .await
        .unwrap();
    let said = of_task(&lines, &called);
    let find = |message: &str| said.iter().find(|line| line["message"] == message).unwrap();
    let (log, tracing) = (find("through log"), find("through tracing"));
    let context = find("through the context");
    assert!(
        said.iter().all(|line| line["plugin"] == "hostile-plugin"),
        "{said:?}"
    );
    assert_eq!(
        ["WARN", "INFO", "ERROR"],
        [log, tracing, context].map(|line| &*line["level"])
    );
    assert_eq!(tracing["module"], "hostile_plugin");
    assert_eq!(tracing["fields"], r#"{"apples":3}"#);
}

#[tokio::test]
async fn each_line_belongs_to_its_own_task() {
    let lines = lines();
    let host = build(hostile());
    let speak = || host.call(request("hostile.speak", &json!(null)));
    let (one, other) = tokio::join!(soon(speak()), soon(speak()));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_ne!(one.task, other.task);
    for called in [one, other] {
        let said = of_task(&lines, &called);
        let through_log = said.iter().filter(|line| line["message"] == "through log");
        assert_eq!(through_log.count(), 1);
    }
}

#[tokio::test]
async fn progress_comes_in_order_with_plugin_and_task() {
    let host = build(hostile());
    let reports: Shared<(String, TaskId, u64, Option<u64>)> = Shared::default();
    let seen = reports.clone();
    let request =
        request("hostile.flood", &json!(5)).on_progress(Arc::new(move |agent, task, progress| {
            let report = (agent.to_string(), task, progress.done, progress.total);
            seen.lock().unwrap().push(report);
        }));
    let task = soon(host.call(request)).await.unwrap().task;
    let expected: Vec<_> = (0..5)
        .map(|done| ("hostile-plugin".to_owned(), task, done, Some(5)))
        .collect();
    assert_eq!(*reports.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_panic_of_the_one_who_takes_reports_is_contained() {
    let host = build(hostile());
    let request = request("hostile.flood", &json!(2))
        .on_progress(Arc::new(|_, _, _| panic!("the embedder's own")));
    soon(host.call(request)).await.unwrap();
    assert_hostile_serves(&host).await;
}

#[tokio::test]
async fn a_flood_of_lines_and_reports_is_borne() {
    const FLOOD: u64 = 100_000;
    let lines = lines();
    let host = build(hostile());
    let count = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let counter = count.clone();
    let request = request("hostile.flood", &json!(FLOOD)).on_progress(Arc::new(move |_, _, _| {
        counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }));
    let called = soon(host.call(request)).await.unwrap();
    assert_eq!(count.load(std::sync::atomic::Ordering::Relaxed), FLOOD);
    assert_eq!(of_task(&lines, &called).len() as u64, FLOOD);
    assert_hostile_serves(&host).await;
}

fn of_task(lines: &Shared<Line>, called: &Called) -> Vec<Line> {
    let task = called.task.to_string();
    let lines = lines.lock().unwrap();
    lines
        .iter()
        .filter(|line| line.get("task") == Some(&task))
        .cloned()
        .collect()
}

/// All lines of plugins in this process so far. Plugins log on threads of their own,
/// so one subscriber serves all tests.
fn lines() -> Shared<Line> {
    static LINES: OnceLock<Shared<Line>> = OnceLock::new();
    let lines = LINES.get_or_init(|| {
        let lines = Shared::<Line>::default();
        let subscriber = tracing_subscriber::registry().with(Recorder(lines.clone()));
        tracing::subscriber::set_global_default(subscriber).unwrap();
        lines
    });
    Arc::clone(lines)
}

struct Recorder(Arc<Mutex<Vec<Line>>>);

impl<S: Subscriber> Layer<S> for Recorder {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != PLUGIN_TARGET {
            return;
        }
        let mut line = Fields(Line::new());
        event.record(&mut line);
        line.0
            .insert("level".into(), event.metadata().level().to_string());
        self.0.lock().unwrap().push(line.0);
    }
}

struct Fields(Line);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name().into(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().into(), value.into());
    }
}
