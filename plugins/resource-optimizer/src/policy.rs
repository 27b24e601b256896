//! Policies: how many agents there should be, by what has been seen.

mod erlang;
mod fixed;
mod hold;
mod hpa;
mod keda;
mod steered;

use std::fmt;
use std::str::FromStr;

use crate::history::Rates;

pub use erlang::Erlang;
pub use fixed::Fixed;
pub use hold::Hold;
pub use hpa::Hpa;
pub use keda::Keda;
pub(crate) use steered::Price;
pub use steered::{
    Forecast, Job, Question, Season, Steered, Tuning, Window, cheapest, late, waits,
};

/// How long usual policies wait before they take agents away, in seconds.
const USUAL_HOLD_S: f64 = 300.0;

/// How many agents there should be.
pub trait Policy {
    /// How many agents are wanted now. It is asked every tick, and whoever asks keeps the
    /// answer within bounds.
    fn want(&mut self, seen: &Seen<'_>) -> u32;

    /// Whether the load is forecast, where the policy does such a thing.
    fn forecast(&self) -> Option<Forecast> {
        None
    }
}

/// What a policy is told at a tick.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Seconds since the beginning.
    pub now_s: f64,
    /// Seconds between two ticks.
    pub tick_s: f64,
    /// Seconds that a new agent takes until it works.
    pub boot_s: f64,
    /// Jobs that wait longer are late, in seconds.
    pub wait_s: f64,
    /// More agents than these are not allowed.
    pub max: u32,
    /// When the jobs came that came since the last tick.
    pub arrived: &'a [f64],
    /// When the jobs came that wait, the earliest first.
    pub waiting: &'a [f64],
    /// Jobs that were begun since the last tick.
    pub begun: &'a [Begun],
    /// Jobs that ended since the last tick.
    pub done: &'a [Done],
    /// Agents at work.
    pub busy: usize,
    /// Agents that boot.
    pub booting: usize,
    /// Agents that work or could, without those that go when they end.
    pub running: usize,
    /// The share of the running agents' time since the last tick that was work.
    pub utilisation: f64,
}

/// A job that was begun.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Begun {
    /// Seconds that it had waited.
    pub wait_s: f64,
    /// Seconds that it will take. Only a simulation knows them; [`Erlang`] alone reads them,
    /// as the yardstick's does.
    pub service_s: f64,
}

/// A job that ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Done {
    /// Its number in the order of arrival, from 0.
    pub number: usize,
    /// Seconds that it had waited.
    pub wait_s: f64,
    /// Seconds that it took.
    pub service_s: f64,
}

/// A policy by its name and figure: `default`, `hpa:0.7`, `keda:1.0`, `erlang:0.02`, `static:8`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PolicySpec {
    /// [`Steered`].
    Default,
    /// [`Hpa`], at this utilisation.
    Hpa(f64),
    /// [`Keda`], with so many jobs for each agent.
    Keda(f64),
    /// [`Erlang`], with this share of late jobs.
    Erlang(f64),
    /// [`Fixed`], always so many agents.
    Static(u32),
}

/// A text that names no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no policy; take default, hpa:U (utilisation, over 0 to 1), keda:B (jobs an agent, \
     over 0), erlang:E (share of late jobs, over 0 and under 1) or static:N (agents, from 1)"
)]
pub struct PolicyError {
    text: String,
}

impl PolicySpec {
    /// The policy, for a load of which `history` is known, of which a share of `late_share`
    /// may be late.
    pub fn policy(self, late_share: f64, history: Option<&Rates>) -> Box<dyn Policy> {
        match self {
            Self::Default => Box::new(Steered::new(Tuning::promising(late_share), history)),
            Self::Hpa(utilisation) => Box::new(Hpa::new(utilisation)),
            Self::Keda(jobs) => Box::new(Keda::new(jobs)),
            Self::Erlang(share) => Box::new(Erlang::new(share)),
            Self::Static(agents) => Box::new(Fixed::new(agents)),
        }
    }
}

impl FromStr for PolicySpec {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        let bad = || PolicyError {
            text: text.chars().take(80).collect(),
        };
        let (name, figure) = text.split_once(':').unwrap_or((text, ""));
        let over_0 = |most: f64| {
            let value = figure.parse().ok();
            value.filter(|value: &f64| *value > 0.0 && *value <= most)
        };
        let policy = match name {
            "default" if !text.contains(':') => Some(Self::Default),
            "hpa" => over_0(1.0).map(Self::Hpa),
            "keda" => over_0(1e6).map(Self::Keda),
            "erlang" => over_0(1.0).filter(|it| *it < 1.0).map(Self::Erlang),
            "static" => match figure.parse() {
                Ok(agents) if agents > 0 => Some(Self::Static(agents)),
                _ => None,
            },
            _ => None,
        };
        policy.ok_or_else(bad)
    }
}

impl fmt::Display for PolicySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => write!(f, "default"),
            Self::Hpa(utilisation) => write!(f, "hpa:{utilisation}"),
            Self::Keda(jobs) => write!(f, "keda:{jobs}"),
            Self::Erlang(share) => write!(f, "erlang:{share}"),
            Self::Static(agents) => write!(f, "static:{agents}"),
        }
    }
}

/// The number of agents nearest above a figure, whatever the figure is.
fn agents(figure: f64) -> u32 {
    // `as` saturates, and takes what is no number for 0.
    figure.ceil() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_is_read_as_it_is_written() {
        for text in [
            "default",
            "hpa:0.7",
            "keda:1",
            "keda:0.7",
            "erlang:0.02",
            "static:8",
        ] {
            let spec: PolicySpec = text.parse().unwrap();
            assert_eq!(spec.to_string(), text);
        }
        assert_eq!("keda:1.0".parse(), Ok(PolicySpec::Keda(1.0)));
    }

    #[test]
    fn what_is_no_policy_is_refused_with_the_list() {
        for text in [
            "",
            "hpa",
            "hpa:0",
            "hpa:x",
            "hpa:1.1",
            "hpa:nan",
            "keda:-1",
            "keda:inf",
            "erlang:1",
            "static:0",
            "static:2.5",
            "static:99999999999",
            "default:1",
            "best",
            "HPA:0.7",
        ] {
            let error = text.parse::<PolicySpec>().unwrap_err().to_string();
            assert!(
                error.contains("is no policy; take default, hpa:U"),
                "{text}: {error}"
            );
        }
    }
}
