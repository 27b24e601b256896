//! Rules that hold a measured value against a threshold: one table says all there is to
//! such a rule, and the check, its setting and the words on remediation come from it.

use guildhall_report::{Finding, Location, Rule, Severity};

use super::Ordinals;
use crate::crates::Role;
use crate::facts::{File, FileFacts};
use crate::rust::Function;
use crate::settings::Settings;
use crate::tree::Tree;

/// Less of the tree's cognitive complexity for a line than this has a list: of definitions, of
/// tables, of names.
pub(crate) const LIST: f64 = 0.25;

/// A rule on a measured value.
#[derive(Debug)]
pub(super) struct Limit {
    /// Id of the rule.
    pub(super) id: &'static str,
    /// A value above this is a finding, unless the settings say otherwise.
    pub(super) default: u32,
    /// What is measured.
    pub(super) value: Value,
    /// What it takes to mend.
    pub(super) minutes: Minutes,
    /// How bad a value is that is above the threshold.
    pub(super) severity: fn(u32, u32) -> Severity,
    /// What was found, of the value and the threshold.
    pub(super) message: fn(u32, u32) -> String,
    /// Why it matters.
    pub(super) reason: &'static str,
    /// Whether only the size is measured: that of a list or of a test is for information.
    pub(super) is_of_size: bool,
}

/// What a rule measures.
#[derive(Debug)]
pub(super) enum Value {
    /// A function, as soon as its file is read.
    Function(fn(&Function) -> u32),
    /// A file, when all files are known.
    File(fn(&FileFacts) -> u32),
}

/// What it takes to mend: minutes to start with, and a step for each so many above the
/// threshold.
#[derive(Debug)]
pub(super) struct Minutes {
    pub(super) start: u32,
    pub(super) step: u32,
    pub(super) each: u32,
    /// What is counted above the threshold, in the singular.
    pub(super) unit: &'static str,
}

/// A function and where it is.
#[derive(Debug)]
pub(super) struct Site<'a> {
    path: &'a str,
    function: &'a Function,
    /// How many functions before it in the file have the same qualified name.
    ordinal: u32,
}

/// The functions of a file.
pub(super) fn sites(file: &File) -> impl Iterator<Item = Site<'_>> {
    let mut ordinals = Ordinals::default();
    file.facts.functions.iter().map(move |function| Site {
        path: &file.name,
        function,
        ordinal: ordinals.next(function.name.as_str()),
    })
}

impl Limit {
    /// `rule` with how its value is measured, the threshold and the remediation.
    pub(super) fn documented(&self, rule: Rule, measured: &str) -> Rule {
        let setting = format!("scan.rules.{}.threshold", self.id);
        rule.with_measured(format!(
            "{measured}\n\nRemediation: {}.",
            self.minutes.said()
        ))
        .with_threshold(f64::from(self.default), setting)
    }

    /// Whether its value is one of functions.
    pub(super) fn is_on_functions(&self) -> bool {
        matches!(self.value, Value::Function(_))
    }

    /// The finding on a function, where its value is above the threshold.
    pub(super) fn check_function(&self, site: &Site<'_>, settings: &Settings) -> Option<Finding> {
        let Value::Function(value) = self.value else {
            return None;
        };
        let function = site.function;
        let location = Location::range(site.path, function.start, function.end);
        let finding = self.finding(value(function), location, settings)?;
        Some(
            finding
                .with_subject(function.name.as_str())
                .with_identity(&[&function.name], site.ordinal)
                .with_content(&[&format!("{:016x}", function.content)]),
        )
    }

    /// The finding on a whole file, where its value is above the threshold.
    pub(super) fn check_file(&self, file: &File, settings: &Settings) -> Option<Finding> {
        let Value::File(value) = self.value else {
            return None;
        };
        let location = Location::file(file.name.as_str());
        let finding = self.finding(value(&file.facts), location, settings)?;
        let content = file.content_text();
        Some(finding.with_identity(&[], 0).with_content(&[&content]))
    }

    fn finding(&self, value: u32, location: Location, settings: &Settings) -> Option<Finding> {
        let threshold = settings.threshold(self.id)?;
        let over = value.checked_sub(threshold).filter(|over| *over > 0)?;
        let severity = (self.severity)(value, threshold);
        let message = (self.message)(value, threshold);
        let finding = Finding::new(self.id, severity, location, message)
            .with_reason(self.reason)
            .with_value(f64::from(value))
            .with_threshold(f64::from(threshold))
            .with_remediation_minutes(self.minutes.of(over));
        Some(finding)
    }
}

/// What makes a large thing easy to read all the same.
pub(super) struct Ease<'a> {
    file: &'a File,
    is_test: bool,
    /// Cognitive complexity for a line below which something is a list.
    list: f64,
}

impl<'a> Ease<'a> {
    /// Of the file at `at`, where the tree has `usual` cognitive complexity for a line.
    pub(super) fn of(tree: &'a Tree, at: usize, usual: f64) -> Self {
        Self {
            file: &tree.files[at],
            is_test: tree.crates.role_of[at] == Role::Test,
            list: usual * LIST,
        }
    }

    /// Lowers what is found by `limit` to information, where it is a list or a test.
    pub(super) fn lower(&self, limit: &Limit, mut finding: Finding) -> Finding {
        let why = limit.is_of_size.then(|| self.said(limit, &finding));
        if let Some(why) = why.flatten() {
            finding.severity = Severity::Info;
            finding.evidence.push(why.to_owned());
        }
        finding
    }

    fn said(&self, limit: &Limit, finding: &Finding) -> Option<&'static str> {
        let facts = &self.file.facts;
        let start = finding.location.as_ref().and_then(|at| at.start);
        let line = start.map(|start| start.line);
        if self.is_test || line.is_some_and(|line| facts.is_test_line(line)) {
            return Some("test code");
        }
        let function = || {
            let mut functions = facts.functions.iter();
            functions.find(|function| Some(function.start) == start)
        };
        let density = match limit.value {
            Value::File(_) => facts.density(),
            Value::Function(_) => function()?.density(),
        };
        (density < self.list).then_some("a list: hardly anything in it branches")
    }
}

impl Minutes {
    /// The minutes for a value that is `over` its threshold by so much.
    fn of(&self, over: u32) -> u32 {
        let steps = over / self.each;
        steps.saturating_mul(self.step).saturating_add(self.start)
    }

    /// The formula in words.
    fn said(&self) -> String {
        let each = match self.each {
            1 => self.unit.to_owned(),
            each => format!("{each} {}s", self.unit),
        };
        let step = self.step;
        match self.start {
            0 => format!("{step} minutes for each {each} above the threshold"),
            start => format!("{start} minutes and {step} for each {each} above the threshold"),
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

/// Severity of what grew over years and is taken apart as slowly: not even the worst is
/// more than major.
pub(super) fn structural(value: u32, threshold: u32) -> Severity {
    match value >= threshold.saturating_mul(4) {
        true => Severity::Major,
        false => Severity::Minor,
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

    #[test]
    fn minutes_are_counted_as_they_are_said() {
        let minutes = |start, step, each| Minutes {
            start,
            step,
            each,
            unit: "line",
        };
        let slow = minutes(30, 1, 20);
        assert_eq!(
            slow.said(),
            "30 minutes and 1 for each 20 lines above the threshold"
        );
        assert_eq!([slow.of(1), slow.of(20), slow.of(39)], [30, 31, 31]);
        let steep = minutes(0, 15, 1);
        assert_eq!(steep.said(), "15 minutes for each line above the threshold");
        assert_eq!([steep.of(1), steep.of(u32::MAX)], [15, u32::MAX]);
    }
}
