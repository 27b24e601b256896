//! Webhooks of Prometheus Alertmanager, version 4.

use std::collections::HashSet;

use super::json::{Field, evidence, labels, systems};
use super::{Intake, IntakeError, IntakeKind, key, shortened};
use crate::Symptom;
use crate::logs::PassedOver;
use crate::severity::Facts;

pub(super) fn read(source: &str, root: &Field<'_>) -> Result<Intake, IntakeError> {
    let version = root.at("version");
    if version.text() != Some("4") {
        return Err(version.wrong("expected the version \"4\" of the webhook"));
    }
    let alerts = root.at("alerts");
    if !alerts.value().is_array() {
        return Err(alerts.wrong("expected a list of alerts"));
    }
    let alerts = alerts.list();
    let Some(first) = alerts.first() else {
        return Err(root
            .at("alerts")
            .wrong("there is no alert: nothing is firing any more"));
    };
    let is_over = root.at("status").text() == Some("resolved");
    // What of the group is over says nothing of what goes on.
    let is_firing = |alert: &&Field<'_>| alert.at("status").text() != Some("resolved");
    let mut counted: Vec<&Field<'_>> = alerts.iter().filter(is_firing).collect();
    if is_over || counted.is_empty() {
        counted = alerts.iter().collect();
    }
    let first = counted.first().copied().unwrap_or(first);
    let starts = counted.iter().map(|alert| alert.at("startsAt").moment());
    let starts: Vec<_> = starts.collect::<Result<_, _>>()?;
    let ends: Vec<_> = alerts
        .iter()
        .map(|alert| alert.at("endsAt").moment())
        .collect::<Result<_, _>>()?;
    let annotations = |name: &str| {
        let common = root.at("commonAnnotations").at(name);
        if common.is_there() {
            common
        } else {
            first.at("annotations").at(name)
        }
    };
    let name = first.at("labels").at("alertname");
    let (summary, description) = (annotations("summary"), annotations("description"));
    let titles = [&summary, &description, &name];
    let title = titles.iter().find_map(|field| field.text());
    let title = title.ok_or_else(|| name.wrong("expected a name, a summary or a description"))?;
    let mut pairs = root.at("commonLabels").pairs();
    pairs.extend(counted.iter().flat_map(|alert| alert.at("labels").pairs()));
    let group = root.at("groupLabels").pairs();
    let group = labels(&group).join(",");
    let start = first.at("startsAt");
    Ok(Intake {
        kind: IntakeKind::Alertmanager,
        symptom: Symptom {
            title: shortened(title),
            text: texts(&counted, root),
            systems: systems(&pairs),
            since: starts.into_iter().flatten().min(),
            ..Symptom::default()
        },
        facts: Facts::default(),
        evidence: evidence(
            source,
            &[summary.clone(), description.clone(), name.clone(), start],
        ),
        until: ends.into_iter().flatten().max().filter(|_| is_over),
        labels: labels(&pairs),
        key: key(&["alertmanager", name.text().unwrap_or(title), &group]),
        passed_over: PassedOver::default(),
    })
}

/// What all alerts say, each thing once.
fn texts(alerts: &[&Field<'_>], root: &Field<'_>) -> String {
    let annotations = alerts.iter().map(|alert| alert.at("annotations"));
    let annotations = std::iter::once(root.at("commonAnnotations")).chain(annotations);
    let mut known = HashSet::new();
    let mut texts: Vec<&str> = Vec::new();
    for annotations in annotations {
        for name in ["summary", "description", "message"] {
            let text = annotations.at(name).text();
            texts.extend(text.filter(|text| known.insert(*text)));
        }
    }
    texts.join("\n")
}
