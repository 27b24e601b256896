//! The form of our own: title and text, and what is known of the impact.

use serde::Deserialize;
use serde_json::Value;

use super::json::{Field, evidence};
use super::{Intake, IntakeError, IntakeKind, key, shortened};
use crate::logs::PassedOver;
use crate::severity::{Data, Depth, Fact, Facts, Reach};
use crate::{Frame, ReleaseHint, Symptom};

pub(super) fn read(source: &str, root: &Field<'_>) -> Result<Intake, IntakeError> {
    let (title, text) = (root.at("title"), root.at("text"));
    let shown = title.text().or(text.text());
    let shown = shown.ok_or_else(|| title.wrong("expected a title or a text"))?;
    let frames: Option<Vec<Frame>> = of(&root.at("frames"))?;
    let mut systems: Vec<String> = of(&root.at("systems"))?.unwrap_or_default();
    systems.sort();
    systems.dedup();
    Ok(Intake {
        kind: IntakeKind::Json,
        symptom: Symptom {
            title: shortened(shown),
            text: text.text().unwrap_or_default().to_owned(),
            frames: frames.unwrap_or_default(),
            release: ReleaseHint {
                last_good: of(&root.at("last_good"))?,
                first_bad: of(&root.at("first_bad"))?,
            },
            since: root.at("since").moment()?,
            systems: systems.clone(),
        },
        facts: facts(&root.at("facts"))?,
        evidence: evidence(source, &[title.clone(), text.clone(), root.at("facts")]),
        until: None,
        labels: Vec::new(),
        key: key(&["json", shown, &systems.join(",")]),
        passed_over: PassedOver::default(),
    })
}

fn facts(field: &Field<'_>) -> Result<Facts, IntakeError> {
    Ok(Facts {
        reach: fact::<Reach>(&field.at("reach"))?,
        depth: fact::<Depth>(&field.at("depth"))?,
        minutes: fact::<f64>(&field.at("minutes"))?.filter(|minutes| minutes.value >= 0.0),
        data: fact::<Data>(&field.at("data"))?,
        exposed: fact::<bool>(&field.at("exposed"))?,
        charges: fact::<bool>(&field.at("charges"))?,
    })
}

fn fact<T: for<'de> Deserialize<'de>>(field: &Field<'_>) -> Result<Option<Fact<T>>, IntakeError> {
    let value: Option<T> = of(field)?;
    Ok(value.map(|value| Fact::told(value, field.value().to_string(), field.pointer.clone())))
}

fn of<T: for<'de> Deserialize<'de>>(field: &Field<'_>) -> Result<Option<T>, IntakeError> {
    let value: &Value = field.value();
    Option::<T>::deserialize(value).map_err(|error| field.wrong(&error.to_string()))
}
