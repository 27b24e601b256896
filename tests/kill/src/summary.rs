//! What a campaign has come to, in figures.

use std::fmt;

/// What a campaign has come to, in figures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Runs that were carried out.
    pub runs: usize,
    /// Tasks of these runs that an agent was given.
    pub tasks: usize,
    /// Kills.
    pub kills: usize,
    /// Kills while attempts were in flight.
    pub kills_at_work: usize,
    /// Attempts that were in flight at a kill.
    pub in_flight: usize,
    /// The most of them at one kill.
    pub most_in_flight: usize,
    /// Executions that repeat one.
    pub executed_again: usize,
    /// Broken promises: tasks that were lost.
    pub lost: usize,
    /// Broken promises: tasks that completed twice.
    pub completed_twice: usize,
    /// Broken promises: processes that outlived their run.
    pub survivors: usize,
    /// What was broken, where it can be looked at, and how to do it again.
    pub failures: Vec<String>,
}

impl Summary {
    /// The two together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            runs: self.runs + other.runs,
            tasks: self.tasks + other.tasks,
            kills: self.kills + other.kills,
            kills_at_work: self.kills_at_work + other.kills_at_work,
            in_flight: self.in_flight + other.in_flight,
            most_in_flight: self.most_in_flight.max(other.most_in_flight),
            executed_again: self.executed_again + other.executed_again,
            lost: self.lost + other.lost,
            completed_twice: self.completed_twice + other.completed_twice,
            survivors: self.survivors + other.survivors,
            failures: [self.failures, other.failures].concat(),
        }
    }

    /// Kills of a hundred that came while attempts were in flight.
    pub fn percent_at_work(&self) -> usize {
        (100 * self.kills_at_work)
            .checked_div(self.kills)
            .unwrap_or(0)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at_work = format!("{} ({} %)", self.kills_at_work, self.percent_at_work());
        let rows = [
            ("runs", self.runs.to_string()),
            ("tasks given to agents", self.tasks.to_string()),
            ("kills", self.kills.to_string()),
            ("  with attempts in flight", at_work),
            ("attempts in flight at kills", self.in_flight.to_string()),
            ("  the most at one kill", self.most_in_flight.to_string()),
            ("attempts executed again", self.executed_again.to_string()),
            ("tasks lost", self.lost.to_string()),
            ("second completions", self.completed_twice.to_string()),
            ("processes left behind", self.survivors.to_string()),
            (
                "runs with a broken promise",
                self.failures.len().to_string(),
            ),
        ];
        for (name, figure) in rows {
            writeln!(f, "{name:<28} {figure:>12}")?;
        }
        Ok(())
    }
}
