//! What the rules on measured values have in common.

use guildhall_report::{Finding, Location, Severity};
use serde_json::Map;

use crate::fingerprint::fingerprint;
use crate::rust::Function;

/// A function and where it is.
#[derive(Debug)]
pub(crate) struct Site<'a> {
    pub(crate) path: &'a str,
    pub(crate) function: &'a Function,
    /// How many functions before it in the file have the same qualified name.
    pub(crate) ordinal: u32,
}

/// A value above its threshold.
#[derive(Debug)]
pub(super) struct Excess {
    pub(super) rule: &'static str,
    pub(super) value: u32,
    pub(super) threshold: u32,
    pub(super) severity: Severity,
    pub(super) message: String,
    pub(super) reason: &'static str,
    pub(super) minutes: u32,
}

impl Excess {
    /// The finding on a function.
    pub(super) fn at(self, site: &Site<'_>) -> Finding {
        let function = site.function;
        let parts = [self.rule, site.path, function.name.as_str()];
        let fingerprint = fingerprint(&parts, site.ordinal);
        let location = Location {
            path: site.path.to_owned(),
            start: Some(function.start),
            end: Some(function.end),
        };
        self.finding(location, Some(function.name.clone()), fingerprint)
    }

    /// The finding on a whole file.
    pub(super) fn in_file(self, path: &str) -> Finding {
        let fingerprint = fingerprint(&[self.rule, path], 0);
        let location = Location {
            path: path.to_owned(),
            start: None,
            end: None,
        };
        self.finding(location, None, fingerprint)
    }

    fn finding(self, location: Location, subject: Option<String>, fingerprint: String) -> Finding {
        Finding {
            rule: self.rule.to_owned(),
            severity: self.severity,
            location,
            subject,
            message: self.message,
            reason: self.reason.to_owned(),
            value: Some(f64::from(self.value)),
            threshold: Some(f64::from(self.threshold)),
            remediation_minutes: Some(self.minutes),
            fingerprint,
            related: Vec::new(),
            agent: None,
            extra: Map::new(),
        }
    }
}

/// Severity by how far a value exceeds its threshold; see [`super`].
pub(super) fn severity(value: u32, threshold: u32) -> Severity {
    if value >= threshold.saturating_mul(4) {
        Severity::Critical
    } else if value >= threshold.saturating_mul(2) {
        Severity::Major
    } else {
        Severity::Minor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_grows_with_the_ratio() {
        let of = |value| severity(value, 15);
        assert_eq!([of(16), of(29)], [Severity::Minor; 2]);
        assert_eq!([of(30), of(59)], [Severity::Major; 2]);
        assert_eq!([of(60), of(u32::MAX)], [Severity::Critical; 2]);
    }
}
