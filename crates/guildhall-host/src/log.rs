//! Lines from plugins in the host's own log, with the plugin's id and the task's.

use guildhall_core::{LogLevel, LogLine, TaskId};

/// Target of every line that comes from a plugin; the plugin's own module stands in
/// the field `module`.
pub const PLUGIN_TARGET: &str = "guildhall::plugin";

macro_rules! at_level {
    ($level:expr, $macro:ident ! ($($arguments:tt)*)) => {
        match $level {
            LogLevel::Trace => tracing::$macro!(target: PLUGIN_TARGET, tracing::Level::TRACE, $($arguments)*),
            LogLevel::Debug => tracing::$macro!(target: PLUGIN_TARGET, tracing::Level::DEBUG, $($arguments)*),
            LogLevel::Info => tracing::$macro!(target: PLUGIN_TARGET, tracing::Level::INFO, $($arguments)*),
            LogLevel::Warn => tracing::$macro!(target: PLUGIN_TARGET, tracing::Level::WARN, $($arguments)*),
            LogLevel::Error => tracing::$macro!(target: PLUGIN_TARGET, tracing::Level::ERROR, $($arguments)*),
        }
    };
}

/// Whether a line of this level would be kept.
pub(crate) fn enabled(level: LogLevel) -> bool {
    match level {
        LogLevel::Trace => tracing::enabled!(target: PLUGIN_TARGET, tracing::Level::TRACE),
        LogLevel::Debug => tracing::enabled!(target: PLUGIN_TARGET, tracing::Level::DEBUG),
        LogLevel::Info => tracing::enabled!(target: PLUGIN_TARGET, tracing::Level::INFO),
        LogLevel::Warn => tracing::enabled!(target: PLUGIN_TARGET, tracing::Level::WARN),
        LogLevel::Error => tracing::enabled!(target: PLUGIN_TARGET, tracing::Level::ERROR),
    }
}

/// Writes a line of a plugin.
pub(crate) fn write(plugin: &str, task: Option<TaskId>, line: &LogLine) {
    let task = task.map(tracing::field::display);
    let module = (!line.target.is_empty()).then_some(line.target.as_str());
    let fields =
        (!line.fields.is_empty()).then(|| serde_json::to_string(&line.fields).unwrap_or_default());
    at_level!(
        line.level,
        event!(plugin, task, module, fields, "{}", line.message)
    );
}
