//! Limits of a program, and the record of what the system really enforces of them.

use serde::{Deserialize, Serialize};

/// What a program may use. Nothing is limited where a field is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Limits {
    /// Seconds of processor time, for each of its processes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_seconds: Option<u64>,
    /// Mebibytes of private memory, for each of its processes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u64>,
    /// Processes at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processes: Option<u64>,
    /// Mebibytes of the largest file that it may write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_size_mib: Option<u64>,
    /// Open files, for each of its processes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_files: Option<u64>,
    /// Whether it may use the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<bool>,
    /// Where it may write: `workspace`, absolute paths, and paths that begin with `~/`.
    /// What it may write it may read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write: Option<Vec<String>>,
    /// Where it may read and run programs: as `write`, and `system` for the folders of
    /// the system's programs and settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Vec<String>>,
}

/// What became of one limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enforcement {
    /// The limit, by its name in the configuration.
    pub limit: String,
    /// Whether something holds the program to it.
    pub enforced: bool,
    /// What does, or why nothing does.
    pub by: String,
}

impl Enforcement {
    /// A limit that the program is held to.
    pub(crate) fn held(limit: &str, by: impl Into<String>) -> Self {
        Self {
            limit: limit.to_owned(),
            enforced: true,
            by: by.into(),
        }
    }

    /// A limit that nothing holds the program to.
    pub(crate) fn open(limit: &str, why: impl Into<String>) -> Self {
        Self {
            limit: limit.to_owned(),
            enforced: false,
            by: why.into(),
        }
    }
}

impl Limits {
    /// What is wrong with them: the key and the reason.
    pub(crate) fn problem(&self) -> Option<(String, String)> {
        let numbers = [
            ("cpu-seconds", self.cpu_seconds, 1),
            ("memory-mib", self.memory_mib, 16),
            ("processes", self.processes, 1),
            ("file-size-mib", self.file_size_mib, 1),
            ("open-files", self.open_files, 16),
        ];
        let too_low = numbers
            .iter()
            .find(|(_, value, least)| value.is_some_and(|value| value < *least));
        if let Some((key, _, least)) = too_low {
            return Some((
                format!("limits.{key}"),
                format!("give {least} or more, or leave it out"),
            ));
        }
        path_problem("write", self.write.as_deref(), &["workspace"])
            .or_else(|| path_problem("read", self.read.as_deref(), &["workspace", "system"]))
    }
}

fn path_problem(key: &str, paths: Option<&[String]>, words: &[&str]) -> Option<(String, String)> {
    let wrong = paths?.iter().find(|path| {
        !(words.contains(&path.as_str()) || path.starts_with('/') || path.starts_with("~/"))
    })?;
    let reason = format!(
        "{wrong:?} is neither {}, an absolute path nor one that begins with ~/",
        words.join(", ")
    );
    Some((format!("limits.{key}"), reason))
}
