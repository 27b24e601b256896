//! `guildhall optimize replay`: policies, tried on a trace.

use guildhall_report::Report;
use guildhall_sdk::Schema;
use serde::{Deserialize, Serialize};

use crate::history::Rates;
use crate::policy::{Forecast, PolicySpec};
use crate::simulate::{self, Model, Replayed};
use crate::status::{Asked, StatusRequest, Told};
use crate::trace::{Job, Trace};
use crate::{OptimizerError, Settings, present};

/// Policies that one call compares at the most.
const MOST_POLICIES: usize = 20;

/// Seconds between two decisions, where nothing else is said.
const USUAL_TICK_S: f64 = 15.0;

/// Decisions that one replay may have.
const MOST_TICKS: f64 = 1e8;

/// Which policy to try on which load.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReplayRequest {
    /// The load: CSV with the columns `arrival_s` and `service_s`, one job a line. The recorded
    /// attempts of one capability where absent.
    #[serde(default)]
    pub trace: Option<String>,
    /// Of recorded attempts: how far back, as 90s, 15m, 2h or 7d; a day where absent.
    #[serde(default)]
    pub since: Option<String>,
    /// Of recorded attempts: only those of these runs.
    #[serde(default)]
    pub run: Vec<String>,
    /// Of recorded attempts: only those of this capability, or agent of tasks that ask for none.
    #[serde(default)]
    pub capability: Option<String>,
    /// A file with records, instead of the host's own: JSON or CSV.
    #[serde(default)]
    pub records: Option<String>,
    /// Seconds that a job may wait; as configured where absent, 30 by default.
    #[serde(default)]
    pub wait: Option<f64>,
    /// Seconds from wanting an agent to having it; as configured where absent, 30 by default.
    #[serde(default)]
    pub boot: Option<f64>,
    /// Seconds between two decisions; 15 where absent.
    #[serde(default)]
    pub tick: Option<f64>,
    /// The policy: `default`, `hpa:U`, `keda:B`, `erlang:E` or `static:N`; several with commas
    /// are compared.
    #[serde(default)]
    pub policy: Option<String>,
    /// Rates of the time before: CSV with the columns `bin_s` and `rate_per_s`.
    #[serde(default)]
    pub history: Option<String>,
    /// The fewest agents, and those at the beginning; as configured where absent.
    #[serde(default)]
    pub min: Option<u32>,
    /// The most agents; as configured where absent.
    #[serde(default)]
    pub max: Option<u32>,
}

/// What a policy came to.
pub(crate) struct Tried {
    pub(crate) spec: PolicySpec,
    /// In which surroundings.
    pub(crate) model: Model,
    pub(crate) replayed: Replayed,
    pub(crate) forecast: Option<Forecast>,
}

impl ReplayRequest {
    /// Which recorded attempts are the load; none where a trace is.
    ///
    /// # Errors
    /// Where both are named, or a part is wrong.
    pub fn asked<'a>(&self, settings: &'a Settings) -> Result<Option<Asked<'a>>, OptimizerError> {
        let named = [
            (self.since.is_some(), "since"),
            (!self.run.is_empty(), "run"),
            (self.capability.is_some(), "capability"),
            (self.records.is_some(), "records"),
        ];
        let named = named.into_iter().find(|(is_named, _)| *is_named);
        match (&self.trace, named) {
            (Some(_), Some((_, key))) => {
                let problem = "chooses records, and `trace` is a load of its own; take one out";
                Err(wrong(key, problem.to_owned()))
            }
            (Some(_), None) => Ok(None),
            (None, _) => {
                let request = StatusRequest {
                    since: self.since.clone(),
                    run: self.run.clone(),
                    capability: self.capability.clone(),
                    wait: self.wait,
                    records: self.records.clone(),
                };
                request.asked(settings).map(Some)
            }
        }
    }
}

/// The recorded attempts of the one capability that is looked at, as a load.
///
/// # Errors
/// Where there are several capabilities, or none.
pub fn recorded(told: &Told<'_>) -> Result<Trace, OptimizerError> {
    let nothing = || {
        let problem = "is missing, and nothing is recorded of that time; name a file with a load";
        wrong("trace", problem.to_owned())
    };
    match told.figures.capabilities.as_slice() {
        [group] => {
            let first = group.jobs.first().ok_or_else(nothing)?.0;
            let job = |(arrival, service): &(f64, f64)| Job {
                arrival_s: arrival - first,
                service_s: *service,
            };
            Trace::new(group.jobs.iter().map(job).collect()).ok_or_else(nothing)
        }
        [] => Err(nothing()),
        several => {
            let names: Vec<&str> = several.iter().map(|group| group.name.as_str()).collect();
            let problem = format!(
                "is missing: {} are recorded, each a load of its own",
                names.join(", ")
            );
            Err(wrong("capability", problem))
        }
    }
}

/// Tries policies on a trace, or on recorded attempts, and reports what each costs and how long
/// jobs wait.
///
/// # Errors
/// Where a file cannot be read, a part of the request is wrong, or nobody waits any more.
pub fn replay(
    request: &ReplayRequest,
    settings: &Settings,
    told: Option<&Told<'_>>,
    is_cancelled: &dyn Fn() -> bool,
) -> Result<Report, OptimizerError> {
    let specs = specs(request.policy.as_deref().unwrap_or("default"))?;
    let model = model(request, settings)?;
    let (name, trace) = match (&request.trace, told) {
        (Some(file), _) => (file.as_str(), Trace::read(file)?),
        (None, Some(told)) => ("recorded attempts", recorded(told)?),
        (None, None) => return Err(wrong("trace", "is missing".to_owned())),
    };
    let history = request.history.as_deref().map(Rates::read).transpose()?;
    let most_s = simulate::longest_s(&trace);
    if most_s / model.tick_s > MOST_TICKS {
        return Err(wrong(
            "tick",
            format!(
                "is too short for a trace that takes up to {most_s} s: it makes more than 100 \
                 million steps"
            ),
        ));
    }
    let tried = specs.into_iter().map(|spec| {
        let model = match spec {
            PolicySpec::Static(agents) => standing(&model, agents),
            _ => model,
        };
        let mut policy = spec.policy(settings.late_share, history.as_ref());
        let replayed = simulate::replay(&trace, &model, policy.as_mut(), is_cancelled);
        Ok(Tried {
            spec,
            model,
            replayed: replayed.ok_or(OptimizerError::Cancelled)?,
            forecast: policy.forecast(),
        })
    });
    let tried: Vec<Tried> = tried.collect::<Result<_, OptimizerError>>()?;
    Ok(present::replay(name, &trace, &model, &tried))
}

/// Agents that always stand are there from the beginning, and no others, whatever the bounds say.
fn standing(model: &Model, agents: u32) -> Model {
    Model {
        start: agents,
        min: agents,
        max: agents,
        ..*model
    }
}

fn specs(text: &str) -> Result<Vec<PolicySpec>, OptimizerError> {
    let specs = text.split(',').map(|one| one.trim().parse());
    let specs: Result<Vec<PolicySpec>, _> = specs.collect();
    let specs = specs.map_err(|error| wrong("policy", error.to_string()))?;
    if specs.len() > MOST_POLICIES {
        return Err(wrong(
            "policy",
            format!(
                "names {} policies; compare {MOST_POLICIES} at a time",
                specs.len()
            ),
        ));
    }
    Ok(specs)
}

fn model(request: &ReplayRequest, settings: &Settings) -> Result<Model, OptimizerError> {
    let seconds = |key, value: f64| match (0.0..=1e8).contains(&value) {
        true => Ok(value),
        false => Err(wrong(
            key,
            format!("is {value}; it counts seconds, from 0 to 100 million"),
        )),
    };
    let tick_s = request.tick.unwrap_or(USUAL_TICK_S);
    if tick_s.is_nan() || tick_s <= 0.0 {
        return Err(wrong(
            "tick",
            format!("is {tick_s}; it must be over 0 seconds"),
        ));
    }
    let min = request.min.unwrap_or(settings.min);
    let max = request.max.unwrap_or(settings.max);
    if min == 0 {
        return Err(wrong("min", "is 0; it must be 1 or more".to_owned()));
    }
    if min > max {
        return Err(wrong(
            "min",
            format!("is {min} and `max` is {max}; make `min` no greater"),
        ));
    }
    Ok(Model {
        wait_s: seconds("wait", request.wait.unwrap_or(settings.wait_seconds))?,
        boot_s: seconds("boot", request.boot.unwrap_or(settings.boot_seconds))?,
        tick_s: seconds("tick", tick_s)?,
        start: min,
        min,
        max,
    })
}

fn wrong(key: &'static str, problem: String) -> OptimizerError {
    OptimizerError::Request { key, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is replayed of a trace with a tick.
    fn replayed(text: &str, tick: f64, policy: &str) -> Result<Report, OptimizerError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trace.csv");
        std::fs::write(&path, format!("arrival_s,service_s\n{text}")).unwrap();
        let request = ReplayRequest {
            trace: Some(guildhall_sdk::core::path_text::encode(&path)),
            tick: Some(tick),
            policy: Some(policy.to_owned()),
            ..ReplayRequest::default()
        };
        replay(&request, &Settings::default(), None, &|| false)
    }

    #[test]
    fn a_tick_that_is_too_short_for_the_work_after_the_last_job_is_refused() {
        let error = replayed("0,100000\n", 0.000_001, "default").unwrap_err();
        assert!(error.to_string().contains("takes up to 86400 s"), "{error}");
        assert!(replayed("0,1\n", 1.0, "default").is_ok());
    }

    #[test]
    fn late_jobs_are_told_by_the_agents_that_there_were() {
        let jobs: String = (0..50).map(|_| "0,60\n").collect();
        let report = replayed(&jobs, 15.0, "static:20,hpa:0.7").unwrap();
        let texts = &report.texts;
        let late = texts.iter().find(|text| text.id == "late").unwrap();
        assert!(
            late.body
                .contains("static:20: 30 late: 30 while all 20 agents were in use."),
            "{}",
            late.body
        );
        assert!(
            late.body.contains("before a new agent could be up"),
            "{}",
            late.body
        );
    }
}
