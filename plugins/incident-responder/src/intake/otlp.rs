//! Log records of OpenTelemetry, in their JSON form.

use super::json::{Field, evidence, labels, systems};
use super::{Intake, IntakeError, IntakeKind, key, shortened};
use crate::frames;
use crate::logs::PassedOver;
use crate::severity::Facts;
use crate::{Moment, Symptom};

/// From this number on a record is an error.
const ERROR: u64 = 17;

/// A record with what it belongs to.
struct Record<'a> {
    field: Field<'a>,
    resource: Vec<(String, String)>,
    severity: u64,
    at: Option<Moment>,
}

pub(super) fn read(source: &str, root: &Field<'_>) -> Result<Intake, IntakeError> {
    let records = records(root)?;
    // The worst one, and of several the first.
    let worst = records
        .iter()
        .max_by_key(|record| (record.severity, std::cmp::Reverse(record.at)));
    let Some(worst) = worst else {
        let logs = root.at_any(&["resourceLogs", "resource_logs"]);
        return Err(logs.wrong("there is no log record"));
    };
    let body = worst.field.at("body");
    let text = value(&body).or_else(|| worst.field.at("eventName").text().map(str::to_owned));
    let text = text.ok_or_else(|| body.wrong("expected a body with a text"))?;
    let attributes = attributes(&worst.field.at("attributes"));
    let trace = attributes
        .iter()
        .find(|(key, _)| key == "exception.stacktrace");
    let trace = trace.map_or("", |(_, trace)| trace.as_str());
    let is_error = |record: &&Record<'_>| record.severity >= ERROR.min(worst.severity);
    let since = records
        .iter()
        .filter(is_error)
        .filter_map(|record| record.at)
        .min();
    let mut pairs = worst.resource.clone();
    let plain = attributes
        .iter()
        .filter(|(key, _)| !key.starts_with("exception."));
    pairs.extend(plain.cloned());
    Ok(Intake {
        kind: IntakeKind::Otlp,
        symptom: Symptom {
            title: shortened(&text),
            text: format!("{text}\n{trace}").trim_end().to_owned(),
            frames: frames::in_trace(trace.lines()),
            systems: systems(&pairs),
            since,
            ..Symptom::default()
        },
        facts: Facts::default(),
        evidence: evidence(source, &[body, worst.field.at_any(TIMES)]),
        until: None,
        labels: labels(&pairs),
        key: key(&["otlp", &text, &systems(&pairs).join(",")]),
        passed_over: PassedOver::default(),
    })
}

const TIMES: &[&str] = &["timeUnixNano", "time_unix_nano", "observedTimeUnixNano"];

fn records<'a>(root: &Field<'a>) -> Result<Vec<Record<'a>>, IntakeError> {
    let mut records = Vec::new();
    for group in root.at_any(&["resourceLogs", "resource_logs"]).list() {
        let resource = attributes(&group.at("resource").at("attributes"));
        for scope in group.at_any(&["scopeLogs", "scope_logs"]).list() {
            for field in scope.at_any(&["logRecords", "log_records"]).list() {
                let severity = field.at_any(&["severityNumber", "severity_number"]);
                records.push(Record {
                    severity: severity.value().as_u64().unwrap_or_default(),
                    at: moment(&field.at_any(TIMES))?,
                    resource: resource.clone(),
                    field,
                });
            }
        }
    }
    Ok(records)
}

/// Nanoseconds since 1970, as a number or a text; 0 stands for none.
fn moment(field: &Field<'_>) -> Result<Option<Moment>, IntakeError> {
    let number = match field.text() {
        Some(text) => text.parse::<i128>().ok(),
        None => field.value().as_i64().map(i128::from),
    };
    let nanoseconds = match number {
        Some(0) => return Ok(None),
        None if !field.is_there() => return Ok(None),
        number => number,
    };
    let nanoseconds = nanoseconds.filter(|number| *number >= 0);
    let milliseconds = nanoseconds.and_then(|number| i64::try_from(number / 1_000_000).ok());
    let moment = milliseconds.and_then(Moment::from_milliseconds);
    match moment {
        Some(moment) => Ok(Some(moment)),
        None => Err(field.wrong("expected nanoseconds since 1970")),
    }
}

/// Attributes are a list of keys with typed values.
fn attributes(field: &Field<'_>) -> Vec<(String, String)> {
    let pair =
        |pair: Field<'_>| Some((pair.at("key").text()?.to_owned(), value(&pair.at("value"))?));
    field.list().into_iter().filter_map(pair).collect()
}

/// A typed value as text.
fn value(field: &Field<'_>) -> Option<String> {
    if let Some(text) = field.text() {
        return Some(text.to_owned());
    }
    let keys = [
        "stringValue",
        "string_value",
        "intValue",
        "doubleValue",
        "boolValue",
    ];
    let value = field.at_any(&keys);
    match value.text() {
        Some(text) => Some(text.to_owned()),
        None => value.is_there().then(|| value.value().to_string()),
    }
}
