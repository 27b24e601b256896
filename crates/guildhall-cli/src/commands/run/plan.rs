//! The plan that `guildhall run` is given: from a file, from standard input, or one that
//! comes with Guildhall.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use guildhall_coordination::source_text::{self, MOST_TOLD, Problem};
use guildhall_coordination::{
    Budget, Compiled, CoordinationError, PLAN_TEMPLATES, Plan, PlanDefaults, PlanFormat, PlanPart,
};
use guildhall_runtime::{Runtime, RuntimeError, Unmet};

use crate::app::App;
use crate::config::shown;
use crate::exit::Failure;
use crate::input;

/// A plan, and what is needed to point into it.
pub(crate) struct GivenPlan {
    pub(super) compiled: Compiled,
    plan: Plan,
    text: String,
    shown: String,
}

/// The text of a plan.
pub(crate) struct Source {
    pub(crate) text: String,
    pub(crate) format: PlanFormat,
    /// Its name in messages.
    pub(crate) shown: String,
}

impl GivenPlan {
    /// The plan of `source`, with `values` for its parameters and what the command line says
    /// over it.
    pub(crate) fn new(
        app: &App,
        own: &ArgMatches,
        source: Source,
        values: &BTreeMap<String, String>,
    ) -> Result<Self, Failure> {
        let Source {
            text,
            format,
            shown,
        } = source;
        let plan = Plan::with_parameters(&text, format, &shown, values)
            .map_err(|error| wrong_parameters(error, own))?;
        let settings = &app.config.settings;
        let timeout = settings.run_timeout.map(|timeout| timeout.as_millis());
        let plan = plan.with_defaults(PlanDefaults {
            concurrency: settings.run_concurrency,
            timeout_ms: timeout.map(|ms| u64::try_from(ms).unwrap_or(u64::MAX)),
            adaptive_agents: settings.run_adaptive_agents,
        });
        let mut compiled = plan.compile();
        overlay(own, &mut compiled)?;
        Ok(Self {
            compiled,
            plan,
            text,
            shown,
        })
    }

    /// Whether there are agents for everything that it asks for, and one that coordinates.
    pub(super) fn check(&self, runtime: &Runtime) -> Result<(), Failure> {
        match runtime.check(&self.compiled) {
            Ok(()) => {}
            Err(RuntimeError::Unmet { unmet }) => return Err(self.unmet(unmet)),
            Err(error) => return Err(error.into()),
        }
        let coordinator = self.compiled.settings.coordinator.as_ref();
        runtime.coordinator(coordinator)?;
        Ok(())
    }

    /// What is missing, told once for all parts that miss the same, where the first of them
    /// stands in the plan.
    fn unmet(&self, unmet: Vec<Unmet>) -> Failure {
        let mut by_reason: Vec<(String, Vec<PlanPart>)> = Vec::new();
        for Unmet { part, reason } in unmet {
            match by_reason.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, parts)) => parts.push(part),
                None => by_reason.push((reason, vec![part])),
            }
        }
        let more = by_reason.len().saturating_sub(MOST_TOLD);
        let told = by_reason.iter().take(MOST_TOLD);
        let problems: Vec<Problem> = told
            .filter_map(|(reason, parts)| {
                let first = parts.first()?;
                let others = match parts.len() {
                    1 => String::new(),
                    2 => " and another task".to_owned(),
                    count => format!(" and {} other tasks", count - 1),
                };
                let message = format!("{first}{others}: {reason}");
                self.plan
                    .problem_of(first, &self.shown, &self.text, message)
            })
            .collect();
        Failure::Missing {
            message: source_text::list(&problems, more),
            help: "`guildhall plugin list` shows the agents that are found, and `guildhall plugin \
                   show ID` what one offers"
                .to_owned(),
        }
    }
}

/// Where the plan is; none where a run is to be resumed.
pub(super) fn source(own: &ArgMatches) -> Result<Option<Source>, Failure> {
    if let Some(name) = own.get_one::<String>("template") {
        let template = PLAN_TEMPLATES.iter().find(|it| it.name == name);
        return Ok(template.map(|template| Source {
            text: template.text.to_owned(),
            format: PlanFormat::Toml,
            shown: format!("template {name}"),
        }));
    }
    let Some(plan) = own.get_one::<String>("plan") else {
        return Ok(None);
    };
    let text = input::read(plan).map_err(|error| unreadable(plan, &error))?;
    if plan == "-" {
        // No TOML begins with a brace.
        let format = match text.trim_start().starts_with('{') {
            true => PlanFormat::Json,
            false => PlanFormat::Toml,
        };
        return Ok(Some(Source {
            text,
            format,
            shown: "standard input".to_owned(),
        }));
    }
    Ok(Some(Source {
        text,
        format: PlanFormat::of_file(plan),
        shown: shown::path(Path::new(plan)),
    }))
}

fn unreadable(plan: &str, error: &std::io::Error) -> Failure {
    let name = input::name_of(plan);
    let is_template = PLAN_TEMPLATES.iter().any(|template| template.name == plan);
    let help = if is_template {
        format!("did you mean `guildhall run --template {plan}`?")
    } else {
        "give a plan, a TOML or JSON file; docs/plan.md describes plans".to_owned()
    };
    Failure::input(format!("{name} cannot be read: {error}"), help)
}

pub(super) fn parameters(own: &ArgMatches) -> Result<BTreeMap<String, String>, Failure> {
    parameters_of(own.get_many::<String>("set").into_iter().flatten())
}

/// The parameters that texts such as `NAME=VALUE` give values.
pub(crate) fn parameters_of<'a>(
    texts: impl Iterator<Item = &'a String>,
) -> Result<BTreeMap<String, String>, Failure> {
    let mut values = BTreeMap::new();
    for text in texts {
        let (name, value) = text.split_once('=').ok_or_else(|| {
            Failure::usage(
                format!("--set {text:?} is not NAME=VALUE"),
                "for example --set feature=login",
            )
        })?;
        if values.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(Failure::usage(
                format!("--set gives {name:?} two values"),
                "give each parameter once",
            ));
        }
    }
    Ok(values)
}

fn wrong_parameters(error: CoordinationError, own: &ArgMatches) -> Failure {
    let CoordinationError::BadParameters { reason } = error else {
        return error.into();
    };
    // Only one of the commands that begin runs knows templates.
    let template = own.try_get_one::<String>("template").ok().flatten();
    let help = match template {
        Some(name) => format!(
            "give values with --set NAME=VALUE; `guildhall template show {name}` shows all \
             parameters"
        ),
        None => "give values with --set NAME=VALUE; the plan's [parameters] lists them".to_owned(),
    };
    Failure::usage(reason, help)
}

/// What the command line says over the plan.
fn overlay(own: &ArgMatches, compiled: &mut Compiled) -> Result<(), Failure> {
    let settings = &mut compiled.settings;
    if let Some(concurrency) = own.get_one::<u32>("concurrency") {
        settings.limits.concurrency = *concurrency;
    }
    if let Some(coordinator) = super::coordinator(own)? {
        settings.coordinator = Some(coordinator);
    }
    settings.budget = budget(own, settings.budget)?;
    if let Some(path) = own.get_one::<PathBuf>("instructions") {
        let text = fs::read_to_string(path).map_err(|error| {
            let text = format!("{} cannot be read: {error}", shown::path(path));
            Failure::input(text, "give a text file in UTF-8")
        })?;
        settings.instructions = Some(text);
    }
    Ok(())
}

/// `budget` with what the command line says over it.
pub(super) fn budget(own: &ArgMatches, mut budget: Budget) -> Result<Budget, Failure> {
    if let Some(usd) = own.get_one::<f64>("budget-usd") {
        if !usd.is_finite() || *usd < 0.0 {
            return Err(Failure::usage(
                format!("--budget-usd {usd} is no amount of money"),
                "give a number of US dollars, for example 2.50",
            ));
        }
        budget.usd = Some(*usd);
    }
    if let Some(tokens) = own.get_one::<u64>("budget-tokens") {
        budget.tokens = Some(*tokens);
    }
    if let Some(seconds) = own.get_one::<u64>("budget-seconds") {
        budget.time_ms = Some(seconds.saturating_mul(1000));
    }
    Ok(budget)
}
