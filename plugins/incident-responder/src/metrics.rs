//! `guildhall incident metrics`: how long incidents took, over all that are kept.
//!
//! | measure | from | to |
//! |---|---|---|
//! | MTTD | the first symptom, where its time is told | the opening |
//! | MTTA | the opening | the first thing that somebody did about it |
//! | MTTM | the opening | the mitigation that held; the closing where it was closed without one |
//! | MTTR | | the sum of all spans in which it was open, once it is closed |
//!
//! False alarms and duplicates are counted and not timed. An incident that is open has no MTTR
//! yet: how long it is open is told beside it, as a lower bound. A time that runs backwards,
//! because somebody told a wrong moment, is left out and counted.

use std::collections::BTreeMap;

use guildhall_sdk::Schema;
use serde::{Deserialize, Serialize};

use crate::event::{CommandRun, Resolution};
use crate::incident::{Incident, Span, Status};
use crate::{Moment, ResponderError, Severity};

/// Of fewer values no percentile is told.
const LEAST_FOR_PERCENTILES: usize = 3;

/// `guildhall incident metrics`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct MetricsRequest {
    /// Incidents opened from this moment on, as 2026-11-21T18:02:00Z.
    pub since: Option<String>,
    /// Incidents opened before this moment.
    pub until: Option<String>,
    /// The moment to which open incidents are counted; now where absent.
    pub at: Option<String>,
}

/// How long incidents took.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metrics {
    /// By severity: `all`, `sev1` to `sev4`, `unknown`; those without an incident are left out.
    pub per: BTreeMap<String, Group>,
    /// What was tried to mend them.
    pub hotfixes: Hotfixes,
}

/// Some incidents.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Group {
    /// How many there are, false alarms and duplicates left out.
    pub count: usize,
    /// Those that are open or mitigated.
    pub open: usize,
    /// Those that were reopened at least once.
    pub reopened: usize,
    /// Those that came back: seen again, or the return of an earlier one.
    pub recurred: usize,
    /// False alarms, beside the count.
    pub false_alarms: usize,
    /// Duplicates, beside the count.
    pub duplicates: usize,
    /// The share of those counted that are closed.
    pub resolution_rate: Option<f64>,
    /// The share of those counted that came back.
    pub recurrence_rate: Option<f64>,
    /// From the first symptom to the opening.
    pub mttd: Times,
    /// From the opening to the first thing that somebody did.
    pub mtta: Times,
    /// From the opening to the mitigation.
    pub mttm: Times,
    /// How long the closed ones were open.
    pub mttr: Times,
    /// How long the open ones are open: a lower bound of what they will take.
    pub open_for: Times,
    /// Times that ran backwards and were left out.
    pub left_out: usize,
}

/// Some times, in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Times {
    /// How many there are.
    pub n: usize,
    /// All of them, the shortest first, where they are too few for percentiles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values_ms: Vec<i64>,
    /// Half of them are not longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_ms: Option<i64>,
    /// Nine of ten are not longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p90_ms: Option<i64>,
    /// Their mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_ms: Option<f64>,
}

/// What was tried to mend incidents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Hotfixes {
    /// Candidates that were made.
    pub made: usize,
    /// Candidates whose checks passed.
    pub validated: usize,
    /// Candidates that were deployed with success.
    pub deployed: usize,
}

/// Measures the incidents that are asked for, at a moment.
///
/// # Errors
/// Where the request names no moment where one should be.
pub fn metrics(
    request: &MetricsRequest,
    all: &[Incident],
    now: Moment,
) -> Result<Metrics, ResponderError> {
    let since = moment("since", request.since.as_deref())?;
    let until = moment("until", request.until.as_deref())?;
    let is_wanted = |incident: &&Incident| {
        since.is_none_or(|since| incident.opened >= since)
            && until.is_none_or(|until| incident.opened < until)
    };
    let mut per: BTreeMap<String, Vec<&Incident>> = BTreeMap::new();
    let mut hotfixes = Hotfixes::default();
    for incident in all.iter().filter(is_wanted) {
        let level = incident.severity.level.map_or("unknown", Severity::as_str);
        for name in ["all", level] {
            per.entry(name.to_owned()).or_default().push(incident);
        }
        hotfixes.count(incident);
    }
    let per = per.into_iter();
    let per = per.map(|(name, incidents)| (name, Group::of(&incidents, now)));
    Ok(Metrics {
        per: per.collect(),
        hotfixes,
    })
}

fn moment(key: &'static str, text: Option<&str>) -> Result<Option<Moment>, ResponderError> {
    let moment = text.map(str::parse::<Moment>).transpose();
    moment.map_err(|error| ResponderError::Request {
        key,
        problem: format!("is not understood: {error}"),
    })
}

impl Hotfixes {
    fn count(&mut self, incident: &Incident) {
        for known in &incident.candidates {
            self.made += 1;
            let validation = known.validation.as_ref();
            self.validated += usize::from(validation.is_some_and(|it| it.passed));
            let mut runs = known
                .deploys
                .iter()
                .filter_map(|deploy| deploy.run.as_ref());
            self.deployed += usize::from(runs.any(CommandRun::succeeded));
        }
    }
}

impl Group {
    fn of(incidents: &[&Incident], now: Moment) -> Self {
        let is = |incident: &Incident, resolution| incident.resolution == Some(resolution);
        let count = |resolution| incidents.iter().filter(|it| is(it, resolution)).count();
        let real = incidents
            .iter()
            .filter(|it| !is(it, Resolution::FalseAlarm) && !is(it, Resolution::Duplicate));
        let real: Vec<&Incident> = real.copied().collect();
        let how_many = |is: &dyn Fn(&Incident) -> bool| real.iter().filter(|it| is(it)).count();
        let open = how_many(&|it| it.status != Status::Closed);
        let recurred = how_many(&|it| it.recurrences > 0 || it.recurrence_of.is_some());
        let rate = |part: usize| (!real.is_empty()).then(|| part as f64 / real.len() as f64);
        let mut group = Self {
            count: real.len(),
            open,
            reopened: how_many(&|it| it.reopened() > 0),
            recurred,
            false_alarms: count(Resolution::FalseAlarm),
            duplicates: count(Resolution::Duplicate),
            resolution_rate: rate(real.len() - open),
            recurrence_rate: rate(recurred),
            ..Self::default()
        };
        group.mttd = group.timed(&real, detected);
        group.mtta = group.timed(&real, |it| after(it.opened, it.acknowledged));
        group.mttm = group.timed(&real, mitigated);
        group.mttr = group.timed(&real, resolved);
        group.open_for = group.timed(&real, |it| open_for(it, now));
        group
    }

    /// The times of those that have one, without those that run backwards.
    fn timed(&mut self, real: &[&Incident], time: impl Fn(&Incident) -> Option<i64>) -> Times {
        let times: Vec<i64> = real.iter().filter_map(|it| time(it)).collect();
        let (forward, backward): (Vec<i64>, Vec<i64>) =
            times.into_iter().partition(|time| *time >= 0);
        self.left_out += backward.len();
        Times::of(forward)
    }
}

impl Times {
    /// Counts times up; percentiles are by nearest rank.
    fn of(mut times: Vec<i64>) -> Self {
        times.sort_unstable();
        let n = times.len();
        if n < LEAST_FOR_PERCENTILES {
            return Self {
                n,
                values_ms: times,
                ..Self::default()
            };
        }
        let rank = |percent: usize| times[(n * percent).div_ceil(100) - 1];
        let sum: i128 = times.iter().map(|time| i128::from(*time)).sum();
        Self {
            n,
            values_ms: Vec::new(),
            p50_ms: Some(rank(50)),
            p90_ms: Some(rank(90)),
            mean_ms: Some(sum as f64 / n as f64),
        }
    }
}

fn detected(incident: &Incident) -> Option<i64> {
    after(incident.symptom.since?, Some(incident.opened))
}

/// To the mitigation that held, or to the closing of one that was never said to be mitigated.
fn mitigated(incident: &Incident) -> Option<i64> {
    let closed = incident.spans.last().and_then(|span| span.until);
    after(incident.opened, incident.mitigated.or(closed))
}

fn resolved(incident: &Incident) -> Option<i64> {
    spent(&incident.spans, None)
}

fn open_for(incident: &Incident, now: Moment) -> Option<i64> {
    let is_open = incident.status != Status::Closed;
    is_open.then(|| spent(&incident.spans, Some(now))).flatten()
}

/// The time of all spans; where one runs backwards, or begins before the one before it has
/// ended, that of the first that does, which is negative.
fn spent(spans: &[Span], now: Option<Moment>) -> Option<i64> {
    let (mut whole, mut before) = (0, None);
    for span in spans {
        let until = span.until.or(now)?;
        let since_last = before.map_or(0, |before| difference(before, span.from));
        let time = difference(span.from, until);
        if let Some(backwards) = [since_last, time].into_iter().find(|time| *time < 0) {
            return Some(backwards);
        }
        whole += time;
        before = Some(until);
    }
    Some(whole)
}

fn after(from: Moment, to: Option<Moment>) -> Option<i64> {
    Some(difference(from, to?))
}

fn difference(from: Moment, to: Moment) -> i64 {
    to.milliseconds() - from.milliseconds()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Because, Closed, Entry, IncidentEvent, SeverityByPerson};
    use crate::fold::{Stored, StoredEvent, fold};
    use crate::made::{at, opened};
    use crate::{IncidentId, Severity};

    /// An incident of events at minutes.
    fn incident(level: Severity, events: Vec<(u64, IncidentEvent)>) -> Incident {
        let said = IncidentEvent::SeverityByPerson(SeverityByPerson {
            level,
            because: "because".to_owned(),
        });
        let first = [(0, opened("it broke")), (2, said)];
        let events = first.into_iter().chain(events).zip(1..);
        let stored = events.map(|((minutes, event), seq)| Stored {
            seq,
            at: at(minutes),
            what: StoredEvent::Known(Box::new(Entry::new(at(minutes), event))),
            body: String::new(),
        });
        let mut incident = fold(IncidentId::of(1).unwrap(), stored).unwrap();
        incident.symptom.since = Moment::from_milliseconds(at(0).milliseconds() - 60_000);
        incident
    }

    fn closed(minutes: u64, resolution: Resolution) -> (u64, IncidentEvent) {
        let because = String::new();
        (
            minutes,
            IncidentEvent::Closed(Closed {
                resolution,
                because,
            }),
        )
    }

    fn recurred(minutes: u64) -> (u64, IncidentEvent) {
        let because = String::new();
        (minutes, IncidentEvent::Recurred(Because { because }))
    }

    fn mitigated(minutes: u64) -> (u64, IncidentEvent) {
        let because = String::new();
        (minutes, IncidentEvent::Mitigated(Because { because }))
    }

    fn measured(all: &[Incident], minutes: u64) -> Metrics {
        metrics(&MetricsRequest::default(), all, at(minutes)).unwrap()
    }

    const MINUTE: i64 = 60_000;

    #[test]
    fn percentiles_by_severity_with_open_and_reopened_ones() {
        let fixed = |minutes| closed(minutes, Resolution::Fixed);
        let all = [
            incident(Severity::Sev2, vec![mitigated(10), fixed(20)]),
            incident(Severity::Sev2, vec![fixed(30)]),
            // Open for 40 minutes, over for 60, open for 100 again.
            incident(Severity::Sev2, vec![fixed(40), recurred(100), fixed(200)]),
            incident(Severity::Sev3, vec![mitigated(5)]),
            incident(Severity::Sev3, vec![closed(7, Resolution::FalseAlarm)]),
        ];
        let metrics = measured(&all, 1_000);
        let second = &metrics.per["sev2"];
        assert_eq!(
            (second.count, second.open, second.reopened, second.recurred),
            (3, 0, 1, 1)
        );
        assert_eq!(second.mttr.p50_ms, Some(30 * MINUTE));
        assert_eq!(second.mttr.p90_ms, Some(140 * MINUTE));
        assert_eq!(second.mttr.mean_ms, Some(190.0 / 3.0 * MINUTE as f64));
        assert_eq!(second.mttm.p50_ms, Some(30 * MINUTE));
        assert_eq!(second.mtta.p90_ms, Some(2 * MINUTE));
        assert_eq!(second.mttd.p50_ms, Some(MINUTE));
        let third = &metrics.per["sev3"];
        assert_eq!((third.count, third.open, third.false_alarms), (1, 1, 1));
        assert_eq!(third.mttr.n, 0, "an open incident has no time to its end");
        assert_eq!(third.open_for.values_ms, [1_000 * MINUTE]);
        assert_eq!(metrics.per["all"].count, 4);
        assert_eq!(metrics.per["all"].resolution_rate, Some(0.75));
        assert!(!metrics.per.contains_key("sev1"));
    }

    #[test]
    fn of_two_values_no_percentile_is_told_and_none_is_no_zero() {
        let times = Times::of(vec![5, 3]);
        assert_eq!((times.n, times.p50_ms), (2, None));
        assert_eq!(times.values_ms, [3, 5]);
        assert_eq!(measured(&[], 1).per.len(), 0);
    }

    #[test]
    fn a_time_that_runs_backwards_is_left_out_and_counted() {
        let mut one = incident(Severity::Sev2, vec![closed(9, Resolution::Fixed)]);
        one.symptom.since = Some(at(5));
        let all = measured(&[one], 10);
        assert_eq!((all.per["all"].mttd.n, all.per["all"].left_out), (0, 1));
        // The sum of these would be forward: one span ends before it begins, and one begins
        // before the one before it has ended.
        let fixed = |minutes| closed(minutes, Resolution::Fixed);
        for events in [
            vec![fixed(60), recurred(120), fixed(85)],
            vec![fixed(60), recurred(30), fixed(90)],
        ] {
            let all = measured(&[incident(Severity::Sev2, events)], 200);
            assert_eq!((all.per["all"].mttr.n, all.per["all"].left_out), (0, 1));
        }
    }

    #[test]
    fn only_those_that_were_opened_in_the_time_are_counted() {
        let all = [incident(Severity::Sev2, Vec::new())];
        let request = |since: u64, until: u64| MetricsRequest {
            since: Some(at(since).to_string()),
            until: Some(at(until).to_string()),
            at: None,
        };
        let count = |request| metrics(&request, &all, at(9)).unwrap().per.len();
        assert_eq!(count(request(0, 1)), 2);
        assert_eq!(count(request(1, 2)), 0);
        let wrong = MetricsRequest {
            since: Some("monday".to_owned()),
            ..MetricsRequest::default()
        };
        let error = metrics(&wrong, &all, at(9)).unwrap_err();
        assert!(error.to_string().starts_with("`since` is not understood"));
    }
}
