//! Alerts that are JSON: which form it is, and fields of it.

use serde_json::Value;

use super::{Intake, IntakeError, IntakeKind, alertmanager, otlp, own, sentry};
use crate::{Evidence, EvidenceId, EvidenceKind, Moment};

/// Reads JSON of any form that is known.
pub(super) fn read(
    source: &str,
    value: &Value,
    kind: Option<IntakeKind>,
) -> Result<Intake, IntakeError> {
    let root = Field {
        value,
        pointer: String::new(),
    };
    // Sentry's webhooks have the event within.
    let event = root.at("data").at("event");
    let event = if event.is_there() {
        event
    } else {
        root.clone()
    };
    let has = |field: &Field<'_>, key: &str| field.at(key).is_there();
    let logs = ["resourceLogs", "resource_logs"];
    match kind {
        Some(IntakeKind::Alertmanager) => alertmanager::read(source, &root),
        Some(IntakeKind::Sentry) => sentry::read(source, &event),
        Some(IntakeKind::Otlp) => otlp::read(source, &root),
        Some(_) => own::read(source, &root),
        None if has(&root, "alerts") && has(&root, "version") => alertmanager::read(source, &root),
        None if has(&event, "event_id") => sentry::read(source, &event),
        None if logs.iter().any(|key| has(&root, key)) => otlp::read(source, &root),
        None if has(&root, "title") || has(&root, "text") => own::read(source, &root),
        None => Err(IntakeError::Unknown),
    }
}

/// A place in JSON; it need not be there.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    value: &'a Value,
    /// Its JSON pointer.
    pub(super) pointer: String,
}

impl<'a> Field<'a> {
    /// What stands under a key.
    pub(super) fn at(&self, key: &str) -> Self {
        let name = key.replace('~', "~0").replace('/', "~1");
        Self {
            value: self.value.get(key).unwrap_or(&Value::Null),
            pointer: format!("{}/{name}", self.pointer),
        }
    }

    /// What stands under the first of these keys that is there.
    pub(super) fn at_any(&self, keys: &[&str]) -> Self {
        let mut fields = keys.iter().map(|key| self.at(key));
        fields
            .find(Self::is_there)
            .unwrap_or_else(|| self.at(keys[0]))
    }

    /// The elements of a list; none where it is none.
    pub(super) fn list(&self) -> Vec<Self> {
        let values = self.value.as_array().into_iter().flatten().enumerate();
        let field = |(at, value)| Self {
            value,
            pointer: format!("{}/{at}", self.pointer),
        };
        values.map(field).collect()
    }

    /// The names and texts of an object, sorted; numbers and truth values are texts as well.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let fields = self.value.as_object().into_iter().flatten();
        fields
            .filter_map(|(key, value)| Some((key.clone(), text(value)?)))
            .collect()
    }

    /// A text that is not empty.
    pub(super) fn text(&self) -> Option<&'a str> {
        self.value
            .as_str()
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    /// The value as it is.
    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    /// Whether there is anything but `null`.
    pub(super) fn is_there(&self) -> bool {
        !self.value.is_null()
    }

    /// A moment as RFC 3339; `None` where it is missing or the year 1, which stands for none.
    pub(super) fn moment(&self) -> Result<Option<Moment>, IntakeError> {
        let Some(text) = self.text() else {
            return Ok(None);
        };
        if text.starts_with("0001-") {
            return Ok(None);
        }
        text.parse()
            .map(Some)
            .map_err(|error: crate::MomentError| self.wrong(&error.to_string()))
    }

    /// That something else was expected here.
    pub(super) fn wrong(&self, problem: &str) -> IntakeError {
        IntakeError::Field {
            pointer: self.pointer.clone(),
            problem: problem.to_owned(),
        }
    }

    /// The field as evidence.
    pub(super) fn evidence(&self, number: usize, source: &str) -> Evidence {
        let whole = text(self.value).unwrap_or_else(|| self.value.to_string());
        let id = EvidenceId(u32::try_from(number).unwrap_or(u32::MAX));
        let pointer = self.pointer.as_str();
        Evidence::new(id, EvidenceKind::AlertField, source, pointer, &whole)
    }
}

/// These fields as evidence, numbered from 1; those that are missing are left out.
pub(super) fn evidence(source: &str, fields: &[Field<'_>]) -> Vec<Evidence> {
    let there = fields.iter().filter(|field| field.is_there()).enumerate();
    there
        .map(|(at, field)| field.evidence(at + 1, source))
        .collect()
}

/// Names and values as labels.
pub(super) fn labels(pairs: &[(String, String)]) -> Vec<String> {
    let mut labels: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    labels.sort();
    labels.dedup();
    labels
}

/// The values of labels that name what is affected, sorted.
pub(super) fn systems(pairs: &[(String, String)]) -> Vec<String> {
    const NAMES: [&str; 6] = [
        "service",
        "service.name",
        "app",
        "component",
        "job",
        "system",
    ];
    let named = pairs
        .iter()
        .filter(|(key, _)| NAMES.contains(&key.as_str()));
    let mut systems: Vec<String> = named.map(|(_, value)| value.clone()).collect();
    systems.sort();
    systems.dedup();
    systems
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is_so) => Some(is_so.to_string()),
        _ => None,
    }
}
