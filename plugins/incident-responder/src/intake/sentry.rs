//! Events of Sentry, alone or within a webhook.

use super::json::{Field, evidence, labels, systems};
use super::{Intake, IntakeError, IntakeKind, key, shortened};
use crate::frames;
use crate::logs::PassedOver;
use crate::severity::Facts;
use crate::{Frame, Moment, ReleaseHint, Symptom};

pub(super) fn read(source: &str, event: &Field<'_>) -> Result<Intake, IntakeError> {
    let exceptions = event.at("exception").at("values").list();
    // The last one is what was not caught.
    let last = exceptions.last();
    let (kind, value) = match last {
        Some(exception) => (exception.at("type"), exception.at("value")),
        None => (
            event.at("type"),
            event.at_any(&["message", "logentry", "title"]),
        ),
    };
    let title = match (kind.text(), value.text()) {
        (Some(kind), Some(value)) if last.is_some() => format!("{kind}: {value}"),
        (_, Some(value)) => value.to_owned(),
        (Some(kind), None) => kind.to_owned(),
        (None, None) => {
            let problem = "expected an exception with a type, or a message";
            return Err(event.at("exception").wrong(problem));
        }
    };
    let found = last.map(places).unwrap_or_default();
    let tags = tags(event);
    let innermost = found.first().map_or(String::new(), |frame| {
        format!(
            "{}:{}",
            frame.path,
            frame.function.as_deref().unwrap_or_default()
        )
    });
    let name = kind.text().unwrap_or(&title);
    let release = event.at("release");
    Ok(Intake {
        kind: IntakeKind::Sentry,
        evidence: evidence(source, &[kind.clone(), value.clone(), release.clone()]),
        key: key(&["sentry", name, &innermost]),
        symptom: Symptom {
            title: shortened(&title),
            text: title,
            frames: found,
            systems: systems(&tags),
            release: ReleaseHint {
                last_good: None,
                first_bad: release.text().map(str::to_owned),
            },
            since: moment(&event.at("timestamp"))?,
        },
        facts: Facts::default(),
        until: None,
        labels: labels(&tags),
        passed_over: PassedOver::default(),
    })
}

/// The places of a stack trace in the code itself, innermost first.
fn places(exception: &Field<'_>) -> Vec<Frame> {
    let all = exception.at("stacktrace").at("frames").list();
    let is_own = |frame: &&Field<'_>| frame.at("in_app").value() != &serde_json::Value::Bool(false);
    let frame = |frame: &Field<'_>| {
        let path = frame
            .at_any(&["filename", "abs_path"])
            .text()?
            .replace('\\', "/");
        let line = frame.at("lineno").value().as_u64();
        (!frames::is_foreign(&path)).then(|| Frame {
            path,
            line: line.and_then(|line| u32::try_from(line).ok()),
            function: frame.at("function").text().map(str::to_owned),
        })
    };
    all.iter()
        .rev()
        .filter(is_own)
        .filter_map(frame)
        .take(frames::MOST)
        .collect()
}

/// Tags are an object, or a list of pairs.
fn tags(event: &Field<'_>) -> Vec<(String, String)> {
    let tags = event.at("tags");
    let pair = |pair: Field<'_>| {
        let pair = pair.list();
        let text = |at: usize| pair.get(at)?.text().map(str::to_owned);
        Some((text(0)?, text(1)?))
    };
    let mut pairs: Vec<_> = tags.list().into_iter().filter_map(pair).collect();
    pairs.extend(tags.pairs());
    for name in ["level", "environment", "platform"] {
        let text = event.at(name).text();
        pairs.extend(text.map(|text| (name.to_owned(), text.to_owned())));
    }
    pairs
}

/// RFC 3339, or seconds since 1970.
fn moment(field: &Field<'_>) -> Result<Option<Moment>, IntakeError> {
    match field.value().as_f64() {
        Some(seconds) => match Moment::from_milliseconds((seconds * 1e3) as i64) {
            Some(moment) => Ok(Some(moment)),
            None => Err(field.wrong("expected seconds since 1970")),
        },
        None => field.moment(),
    }
}
