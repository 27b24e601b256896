//! The manifest as a plugin's code writes it: a constant that renders itself as
//! JSON at compile time, so that it can stand in a section of the library.

use super::PanicStrategy;
use crate::const_text::ConstText;
use crate::id::{is_command, is_dotted, is_version, is_word};
use crate::schema::Shape;

/// Source of a [`super::Manifest`]; the SDK's `#[agent]` macro writes it.
#[derive(Debug, Clone, Copy)]
pub struct ManifestSource {
    /// See [`super::Manifest::id`].
    pub id: &'static str,
    /// See [`super::Manifest::version`].
    pub version: &'static str,
    /// See [`super::Manifest::protocol`].
    pub protocol: &'static str,
    /// See [`super::Manifest::summary`].
    pub summary: &'static str,
    /// See [`super::Manifest::panic`].
    pub panic: PanicStrategy,
    /// See [`super::Manifest::capabilities`].
    pub capabilities: &'static [CapabilitySource],
    /// Kind, scope (empty for none) and reason; see [`super::Manifest::permissions`].
    pub permissions: &'static [(&'static str, &'static str, &'static str)],
    /// See [`super::Manifest::config`].
    pub config: Option<Shape>,
    /// See [`super::Manifest::max_concurrent_tasks`].
    pub max_concurrent_tasks: u32,
    /// See [`super::Manifest::priority`].
    pub priority: u32,
}

/// Source of a [`crate::Capability`].
#[derive(Debug, Clone, Copy)]
pub struct CapabilitySource {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// Shape of the input.
    pub input: Shape,
    /// Shape of the output.
    pub output: Shape,
    /// Kinds of work it belongs to.
    pub task_kinds: &'static [&'static str],
    /// Typical duration in milliseconds; 0 for unknown.
    pub duration_ms: u64,
    /// See [`crate::Capability::cacheable`].
    pub cacheable: bool,
    /// Commands that call it.
    pub commands: &'static [CommandSource],
}

/// Source of a [`super::Command`].
#[derive(Debug, Clone, Copy)]
pub struct CommandSource {
    /// Words of the command.
    pub name: &'static str,
    /// What it does; the capability's summary where empty.
    pub summary: &'static str,
    /// What it hands over; empty for nothing. See [`super::Command::hands_over`].
    pub hands_over: &'static str,
}

impl ManifestSource {
    /// Stops the compilation where a name or a version is not well formed.
    ///
    /// # Panics
    /// Where one is not; at compile time that is a compile error.
    pub const fn check(&self) {
        assert!(
            is_word(self.id),
            "the id must be lower-case words joined by '-'"
        );
        assert!(
            !self.capabilities.is_empty(),
            "the agent offers no capability"
        );
        let mut at = 0;
        while at < self.capabilities.len() {
            self.capabilities[at].check();
            at += 1;
        }
    }

    /// Length of the JSON text in bytes.
    pub const fn json_length(&self) -> usize {
        let mut counter = ConstText::new(&mut []);
        self.write(&mut counter);
        counter.length()
    }

    /// The JSON text.
    ///
    /// # Panics
    /// Where `N` is not [`ManifestSource::json_length`]; at compile time that is a
    /// compile error.
    pub const fn to_json<const N: usize>(&self) -> [u8; N] {
        let mut buffer = [0; N];
        let mut out = ConstText::new(&mut buffer);
        self.write(&mut out);
        assert!(
            out.length() == N,
            "the buffer must have the length of the text"
        );
        buffer
    }

    const fn write(&self, out: &mut ConstText<'_>) {
        out.push("{\"id\":");
        out.push_json_string(self.id);
        text(out, "version", self.version);
        text(out, "protocol", self.protocol);
        text(out, "summary", self.summary);
        let panic = match self.panic {
            PanicStrategy::Unwind => "unwind",
            PanicStrategy::Abort => "abort",
            PanicStrategy::None => "none",
        };
        text(out, "panic", panic);
        out.push(",\"capabilities\":[");
        let mut at = 0;
        while at < self.capabilities.len() {
            separate(out, at);
            self.capabilities[at].write(out);
            at += 1;
        }
        out.push("],\"commands\":[");
        self.write_commands(out);
        out.push("],\"permissions\":[");
        self.write_permissions(out);
        out.push("]");
        if let Some(config) = &self.config {
            out.push(",\"config\":");
            config.write(out, "");
        }
        number(
            out,
            "max_concurrent_tasks",
            self.max_concurrent_tasks as i64,
        );
        number(out, "priority", self.priority as i64);
        out.push("}");
    }

    const fn write_commands(&self, out: &mut ConstText<'_>) {
        let mut written = 0;
        let mut at = 0;
        while at < self.capabilities.len() {
            let capability = &self.capabilities[at];
            let mut of_capability = 0;
            while of_capability < capability.commands.len() {
                let command = &capability.commands[of_capability];
                separate(out, written);
                out.push("{\"name\":");
                out.push_json_string(command.name);
                let own = !command.summary.is_empty();
                text(
                    out,
                    "summary",
                    if own {
                        command.summary
                    } else {
                        capability.summary
                    },
                );
                text(out, "capability", capability.name);
                if !command.hands_over.is_empty() {
                    text(out, "hands_over", command.hands_over);
                }
                out.push("}");
                of_capability += 1;
                written += 1;
            }
            at += 1;
        }
    }

    const fn write_permissions(&self, out: &mut ConstText<'_>) {
        let mut at = 0;
        while at < self.permissions.len() {
            let (kind, scope, reason) = self.permissions[at];
            separate(out, at);
            out.push("{\"kind\":");
            out.push_json_string(kind);
            if !scope.is_empty() {
                text(out, "scope", scope);
            }
            text(out, "reason", reason);
            out.push("}");
            at += 1;
        }
    }
}

impl CapabilitySource {
    const fn check(&self) {
        assert!(
            is_dotted(self.name),
            "a capability's name must be lower-case words joined by '.'"
        );
        assert!(
            is_version(self.version),
            "a capability's version must be semver, for example \"1.0.0\""
        );
        let mut at = 0;
        while at < self.commands.len() {
            assert!(
                is_command(self.commands[at].name),
                "a command must be one to three lower-case words joined by single spaces"
            );
            at += 1;
        }
    }

    const fn write(&self, out: &mut ConstText<'_>) {
        out.push("{\"name\":");
        out.push_json_string(self.name);
        text(out, "version", self.version);
        text(out, "summary", self.summary);
        out.push(",\"input\":");
        self.input.write(out, "");
        out.push(",\"output\":");
        self.output.write(out, "");
        if !self.task_kinds.is_empty() {
            out.push(",\"task_kinds\":[");
            let mut at = 0;
            while at < self.task_kinds.len() {
                separate(out, at);
                out.push_json_string(self.task_kinds[at]);
                at += 1;
            }
            out.push("]");
        }
        if self.duration_ms > 0 {
            out.push(",\"cost\":{\"duration_ms\":");
            out.push_integer(self.duration_ms as i64);
            out.push("}");
        }
        if self.cacheable {
            out.push(",\"cacheable\":true");
        }
        out.push("}");
    }
}

const fn separate(out: &mut ConstText<'_>, at: usize) {
    if at > 0 {
        out.push(",");
    }
}

const fn text(out: &mut ConstText<'_>, name: &str, value: &str) {
    out.push(",");
    out.push_json_string(name);
    out.push(":");
    out.push_json_string(value);
}

const fn number(out: &mut ConstText<'_>, name: &str, value: i64) {
    out.push(",");
    out.push_json_string(name);
    out.push(":");
    out.push_integer(value);
}
