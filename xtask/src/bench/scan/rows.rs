//! What is measured, in the order in which it is shown, and what should come of it.

/// The pass that is git's own.
pub(super) const GIT_LOG: &str = "git-log";

/// The pass that others are held against.
pub(super) const FLOOR: &str = "floor";

/// One thing that is measured.
#[derive(Debug)]
pub(super) struct Row {
    /// What the benchmark calls it.
    pub(super) pass: &'static str,
    pub(super) threads: usize,
    /// What a person reads.
    pub(super) what: &'static str,
    /// The pass that its processor time is held against.
    pub(super) against: &'static str,
    /// Whether it needs a repository.
    pub(super) needs_history: bool,
    pub(super) goals: &'static [Goal],
}

/// What should come of a measure. The goals were set on deno, 671,000 lines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Goal {
    /// At most so many times the processor time that it is held against.
    Ratio(f64),
    /// At least so many million lines in a processor second.
    Rate(f64),
    /// At most so many millions of bytes.
    Peak(f64),
    /// At least so many times as fast as on one thread.
    SpeedUp(f64),
}

/// Everything of our own, and git's log.
pub(super) const ROWS: &[Row] = &[
    Row::of(FLOOR, "floor: walk, parse by syn, count functions", &[]),
    Row::of(
        "tree-sitter",
        "walk, parse by tree-sitter, count functions",
        &[],
    ),
    Row::of(
        "metrics",
        "metrics and rules, without clones and history",
        &[Goal::Ratio(1.5), Goal::Peak(150.0)],
    ),
    Row {
        threads: 2,
        ..Row::of("metrics", "the same on two threads", &[Goal::SpeedUp(1.7)])
    },
    Row::of(
        "clones",
        "clones alone: walk, tokens, families",
        &[Goal::Rate(0.3), Goal::Peak(200.0)],
    ),
    Row::of("whole-without-history", "whole scan but history", &[]),
    Row {
        needs_history: true,
        ..Row::of("whole", "whole scan, with a year of history", &[])
    },
    Row {
        needs_history: true,
        ..Row::of(GIT_LOG, "git log --raw of that year", &[])
    },
    Row {
        needs_history: true,
        against: GIT_LOG,
        ..Row::of(
            "history",
            "history alone, that year, ages included",
            &[Goal::Ratio(3.0)],
        )
    },
];

impl Row {
    const fn of(pass: &'static str, what: &'static str, goals: &'static [Goal]) -> Self {
        Self {
            pass,
            threads: 1,
            what,
            against: FLOOR,
            needs_history: false,
            goals,
        }
    }
}
