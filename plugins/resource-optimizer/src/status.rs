//! `guildhall optimize status`, `recommend` and `explain`: what the recorded work says.

use guildhall_report::Report;
use guildhall_sdk::Schema;
use guildhall_sdk::core::records::{Records, RecordsQuery};
use serde::{Deserialize, Serialize};

use crate::bottleneck::{Bottleneck, bottlenecks};
use crate::figures::{Figures, Span, figures, is_worked_on};
use crate::health::{Health, Promise, health};
use crate::observe::Observed;
use crate::period::seconds_of;
use crate::recommend::{Aim, Goal, Recommendation, recommend};
use crate::{OptimizerError, Settings, present};

/// How far back is looked where a request does not say: a day.
const USUAL_SINCE_S: f64 = 86_400.0;

/// The host's clock and ours may be so far apart, in milliseconds.
const MARGIN_MS: u64 = 60_000;

/// Which recorded work to look at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct StatusRequest {
    /// How far back, as 90s, 15m, 2h or 7d; a day where absent.
    pub since: Option<String>,
    /// Only these runs; all where none is named.
    pub run: Vec<String>,
    /// Only this capability, or agent of tasks that ask for none.
    pub capability: Option<String>,
    /// Seconds that a task may wait; as configured where absent, 30 by default.
    pub wait: Option<f64>,
    /// A file with records, instead of the host's own: JSON or CSV.
    pub records: Option<String>,
}

/// What to look at, and what is wanted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct RecommendRequest {
    /// What is wanted; as configured where absent, `balance` by default.
    pub goal: Option<Goal>,
    /// How far back, as 90s, 15m, 2h or 7d; a day where absent.
    pub since: Option<String>,
    /// Only these runs; all where none is named.
    pub run: Vec<String>,
    /// Only this capability, or agent of tasks that ask for none.
    pub capability: Option<String>,
    /// Seconds that a task may wait; as configured where absent, 30 by default.
    pub wait: Option<f64>,
    /// A file with records, instead of the host's own: JSON or CSV.
    pub records: Option<String>,
}

/// What to explain, and by which records it was said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct ExplainRequest {
    /// What `status` and `recommend` name: `health`, `bottleneck-...`, `places-...`, `route-...`.
    #[schema(positional = 1)]
    pub id: String,
    /// What was wanted; as configured where absent, `balance` by default.
    pub goal: Option<Goal>,
    /// How far back, as 90s, 15m, 2h or 7d; a day where absent.
    pub since: Option<String>,
    /// Only these runs; all where none is named.
    pub run: Vec<String>,
    /// Only this capability, or agent of tasks that ask for none.
    pub capability: Option<String>,
    /// Seconds that a task may wait; as configured where absent, 30 by default.
    pub wait: Option<f64>,
    /// A file with records, instead of the host's own: JSON or CSV.
    pub records: Option<String>,
}

/// A request of any of the three, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked<'a> {
    /// How far back, in milliseconds; as far as the records reach where absent.
    since_ms: Option<u64>,
    /// The runs.
    runs: Vec<String>,
    capability: Option<String>,
    records: Option<String>,
    /// Whether recommendations are wanted, which replay every capability many times.
    is_for_advice: bool,
    /// What recommendations are held to.
    pub aim: Aim<'a>,
}

/// Everything that the recorded work says.
#[derive(Debug, Clone, PartialEq)]
pub struct Told<'a> {
    /// The records.
    pub observed: Observed,
    /// The figures.
    pub figures: Figures,
    /// None where nothing has happened.
    pub health: Option<Health>,
    /// The dearest first.
    pub bottlenecks: Vec<Bottleneck>,
    /// None where too many records are odd, or only the figures were asked for.
    pub recommendations: Vec<Recommendation>,
    /// What was wanted.
    pub aim: Aim<'a>,
}

impl StatusRequest {
    /// Checks it.
    ///
    /// # Errors
    /// Where a part is wrong.
    pub fn asked<'a>(&self, settings: &'a Settings) -> Result<Asked<'a>, OptimizerError> {
        let request = RecommendRequest {
            goal: None,
            since: self.since.clone(),
            run: self.run.clone(),
            capability: self.capability.clone(),
            wait: self.wait,
            records: self.records.clone(),
        };
        Ok(Asked {
            is_for_advice: false,
            ..request.asked(settings)?
        })
    }
}

impl ExplainRequest {
    /// The same of what is to be explained: what was recommended, by the same records.
    pub fn of_recommendation(&self) -> RecommendRequest {
        RecommendRequest {
            goal: self.goal,
            since: self.since.clone(),
            run: self.run.clone(),
            capability: self.capability.clone(),
            wait: self.wait,
            records: self.records.clone(),
        }
    }
}

impl RecommendRequest {
    /// Checks it.
    ///
    /// # Errors
    /// Where a part is wrong.
    pub fn asked<'a>(&self, settings: &'a Settings) -> Result<Asked<'a>, OptimizerError> {
        let wait_s = self.wait.unwrap_or(settings.wait_seconds);
        if !(0.0..=1e8).contains(&wait_s) {
            let problem = format!("is {wait_s}; it counts seconds, from 0 to 100 million");
            return Err(wrong("wait", problem));
        }
        if self.records.is_some() && !self.run.is_empty() {
            let problem = "names runs of the host, and `records` a file; take one of the two out";
            return Err(wrong("run", problem.to_owned()));
        }
        let since = self.since.as_deref();
        let since = since.map(|text| seconds_of("since", text)).transpose()?;
        // Of a file and of runs that are named all is meant.
        let is_all = self.records.is_some() || !self.run.is_empty();
        let since = since.or_else(|| (!is_all).then_some(USUAL_SINCE_S));
        Ok(Asked {
            since_ms: since.map(|since| (since * 1000.0) as u64),
            runs: self.run.clone(),
            capability: self.capability.clone(),
            records: self.records.clone(),
            is_for_advice: true,
            aim: Aim {
                wait_s,
                goal: self.goal.unwrap_or(settings.goal),
                settings,
            },
        })
    }
}

impl<'a> Asked<'a> {
    /// The file in which the records are, where it names one.
    pub fn file(&self) -> Option<&str> {
        self.records.as_deref()
    }

    /// What the host is asked for, at a moment: runs in which something happened since then.
    /// What is older in them is cut off afterwards, by the host's clock.
    pub fn query(&self, now_ms: u64) -> RecordsQuery {
        let since_ms = self.since_ms.map(|since| now_ms.saturating_sub(since));
        RecordsQuery {
            since_ms: since_ms.map(|since| since.saturating_sub(MARGIN_MS)),
            runs: self.runs.clone(),
            ..RecordsQuery::default()
        }
    }

    /// What these records say.
    ///
    /// # Errors
    /// Where they know no such capability.
    pub fn told(&self, mut observed: Observed) -> Result<Told<'a>, OptimizerError> {
        let to_ms = observed.records.now_ms;
        let first = observed
            .records
            .attempts
            .iter()
            .map(|attempt| attempt.ready_ms);
        let first = first.chain(
            observed
                .records
                .waiting
                .iter()
                .map(|waiting| waiting.ready_ms),
        );
        let span = Span {
            from_ms: match self.since_ms {
                Some(since) => to_ms.saturating_sub(since),
                None => first.min().unwrap_or(to_ms),
            },
            to_ms,
        };
        cut(&mut observed.records, span);
        let mut all = figures(&observed, span, self.aim.wait_s);
        if let Some(name) = &self.capability {
            if !all.capabilities.iter().any(|group| group.name == *name) {
                let names = all.capabilities.iter().map(|group| group.name.as_str());
                return Err(unknown(name, &names.collect::<Vec<_>>()));
            }
            all.capabilities.retain(|group| group.name == *name);
        }
        let settings = self.aim.settings;
        let promise = Promise {
            late_share: settings.late_share,
            max_utilisation: settings.max_utilisation,
        };
        Ok(Told {
            health: health(&all, promise),
            bottlenecks: bottlenecks(&all, &observed.records, settings.max_utilisation),
            recommendations: match self.is_for_advice && !observed.is_doubtful() {
                true => recommend(&all, &observed, &self.aim),
                false => Vec::new(),
            },
            figures: all,
            observed,
            aim: self.aim.clone(),
        })
    }
}

/// The report of `status`.
pub fn status(told: &Told<'_>) -> Report {
    present::status(told)
}

/// The report of `recommend`.
///
/// # Errors
/// Where so many records are odd that nothing should rest on the others.
pub fn recommendations(told: &Told<'_>) -> Result<Report, OptimizerError> {
    trusted(told)?;
    Ok(present::recommendations(told))
}

/// The report of `explain`.
///
/// # Errors
/// Where nothing of this name is said of the records, or it is a recommendation and so many
/// records are odd that none should rest on the others.
pub fn explain(told: &Told<'_>, id: &str) -> Result<Report, OptimizerError> {
    if id.starts_with("places-") || id.starts_with("route-") {
        trusted(told)?;
    }
    present::explanation(told, id).ok_or_else(|| {
        let mut known = vec!["health".to_owned()];
        let named = |group: &crate::figures::Group| format!("places-{}", group.name);
        known.extend(
            told.bottlenecks
                .iter()
                .map(|it| format!("bottleneck-{}", it.name)),
        );
        known.extend(told.figures.capabilities.iter().map(named));
        let routes = told
            .recommendations
            .iter()
            .filter(|it| matches!(it, Recommendation::Route(_)));
        known.extend(routes.map(|it| it.id().to_owned()));
        let problem = format!(
            "is {id:?}, of which these records say nothing; take {}",
            known.join(", ")
        );
        wrong("id", problem)
    })
}

/// That the records are sound enough for a recommendation.
fn trusted(told: &Told<'_>) -> Result<(), OptimizerError> {
    match told.observed.is_doubtful() {
        true => Err(OptimizerError::Doubtful {
            odd: told.observed.odd_records(),
            sound: told.observed.records.attempts.len(),
        }),
        false => Ok(()),
    }
}

/// Leaves out what ended before the span; what began before it and went on stays, however long
/// nothing happened in it.
fn cut(records: &mut Records, span: Span) {
    let last = |ended: Option<u64>| ended.is_none_or(|ended| ended >= span.from_ms);
    records.attempts.retain(|attempt| last(attempt.ended_ms));
    records.runs.retain(|run| match run.worked.last() {
        Some((_, to)) => *to >= span.from_ms,
        None => is_worked_on(run) || run.updated_ms >= span.from_ms,
    });
}

fn unknown(name: &str, known: &[&str]) -> OptimizerError {
    let known = match known.is_empty() {
        true => "nothing is recorded in that time".to_owned(),
        false => format!("recorded are {}", known.join(", ")),
    };
    wrong(
        "capability",
        format!("is {name:?}, which no task asked for; {known}"),
    )
}

fn wrong(key: &'static str, problem: String) -> OptimizerError {
    OptimizerError::Request { key, problem }
}
