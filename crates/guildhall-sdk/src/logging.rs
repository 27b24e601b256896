//! `tracing` and `log` inside a plugin, led to the host's log.
//!
//! A plugin has its own copies of both crates' global state, so without this bridge
//! its lines would vanish.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use guildhall_abi::guest::HostHandle;
use guildhall_core::{LogLevel, LogLine};
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::services::CallBridge;

static HOST: OnceLock<HostHandle> = OnceLock::new();

thread_local! {
    /// The call whose code runs on this thread now.
    static CURRENT: RefCell<Option<Arc<CallBridge>>> = const { RefCell::new(None) };
}

/// Leads both crates' lines to `host` from now on. A second instance in the same
/// library changes nothing.
pub(crate) fn install(host: HostHandle) {
    if HOST.set(host).is_err() {
        return;
    }
    let subscriber = tracing_subscriber::registry().with(ToHost);
    // Where the agent's own code was first, its choice stands.
    let _ = tracing::subscriber::set_global_default(subscriber);
    if log::set_logger(&ToHost).is_ok() {
        log::set_max_level(log::LevelFilter::Trace);
    }
}

/// Marks the call whose code runs on this thread until the guard is dropped.
pub(crate) fn enter(call: &Arc<CallBridge>) -> Guard {
    Guard {
        before: CURRENT.replace(Some(Arc::clone(call))),
    }
}

/// Restores the call that was current before.
pub(crate) struct Guard {
    before: Option<Arc<CallBridge>>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        CURRENT.set(self.before.take());
    }
}

/// Gives a line to the current call, else to the host.
fn send(line: &LogLine) {
    let call = CURRENT.with_borrow(Option::clone);
    match (call, HOST.get()) {
        (Some(call), _) => call.call().log(line),
        (None, Some(host)) => host.log(line),
        (None, None) => {}
    }
}

fn enabled(level: LogLevel) -> bool {
    HOST.get().is_some_and(|host| host.log_enabled(level))
}

struct ToHost;

impl<S: Subscriber> Layer<S> for ToHost {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        // The host's level may change, so each event asks.
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        enabled(level_of(*metadata.level()))
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        send(&LogLine {
            level: level_of(*event.metadata().level()),
            target: event.metadata().target().to_owned(),
            message: fields.message,
            fields: fields.others,
        });
    }
}

impl log::Log for ToHost {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        enabled(log_level(metadata.level()))
    }

    fn log(&self, record: &log::Record<'_>) {
        if enabled(log_level(record.level())) {
            send(&LogLine {
                level: log_level(record.level()),
                target: record.target().to_owned(),
                message: record.args().to_string(),
                fields: Map::new(),
            });
        }
    }

    fn flush(&self) {}
}

fn level_of(level: tracing::Level) -> LogLevel {
    match level {
        tracing::Level::TRACE => LogLevel::Trace,
        tracing::Level::DEBUG => LogLevel::Debug,
        tracing::Level::INFO => LogLevel::Info,
        tracing::Level::WARN => LogLevel::Warn,
        tracing::Level::ERROR => LogLevel::Error,
    }
}

fn log_level(level: log::Level) -> LogLevel {
    match level {
        log::Level::Trace => LogLevel::Trace,
        log::Level::Debug => LogLevel::Debug,
        log::Level::Info => LogLevel::Info,
        log::Level::Warn => LogLevel::Warn,
        log::Level::Error => LogLevel::Error,
    }
}

/// Collects an event's fields.
#[derive(Default)]
struct Fields {
    message: String,
    others: Map<String, Value>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        self.others.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            // Writing to a String cannot fail.
            let _ = write!(self.message, "{value:?}");
        } else {
            self.put(field, Value::String(format!("{value:?}")));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message.push_str(value);
        } else {
            self.put(field, Value::from(value));
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, Value::from(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, Value::from(value));
    }
}
