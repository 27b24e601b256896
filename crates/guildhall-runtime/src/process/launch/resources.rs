//! Limits that the system keeps for each process.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::job::JobLimits;
use crate::process::limits::Enforcement;

/// Seconds between the signal that processor time is over and the end by force.
const CPU_GRACE: u64 = 2;

/// Sets this process's limits, which its descendants inherit; says what came of each.
pub(super) fn apply(limits: &JobLimits) -> Vec<Enforcement> {
    let mib = |value: Option<u64>| value.map(|value| value.saturating_mul(1 << 20));
    let wanted = [
        ("cpu-seconds", Resource::Cpu, limits.cpu_seconds, CPU_GRACE),
        ("memory-mib", Resource::Data, mib(limits.memory_mib), 0),
        (
            "file-size-mib",
            Resource::Fsize,
            mib(limits.file_size_mib),
            0,
        ),
        ("open-files", Resource::Nofile, limits.open_files, 0),
    ];
    wanted
        .into_iter()
        .filter_map(|(limit, resource, value, more)| Some(set(limit, resource, value?, more)))
        .collect()
}

/// Sets one limit. A lower one that holds already is kept.
fn set(limit: &str, resource: Resource, value: u64, more: u64) -> Enforcement {
    let present = getrlimit(resource);
    let capped = |value: u64| present.maximum.map_or(value, |maximum| maximum.min(value));
    let wanted = Rlimit {
        current: Some(capped(value)),
        maximum: Some(capped(value.saturating_add(more))),
    };
    match setrlimit(resource, wanted) {
        Ok(()) => Enforcement::held(limit, "rlimit, for each process"),
        Err(error) => Enforcement::open(limit, format!("the system refused: {error}")),
    }
}
