//! An agent as a third party would write it: it offers the scan capability, so that
//! `guildhall scan` asks it as well, and a command of its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use guildhall_report::suppression::parse;
use guildhall_report::{
    Figure, Finding, Location, Report, Rule, RuleList, ScanRequest, Severity, Suppressed,
    UnusedSuppression,
};
use guildhall_sdk::core::path_text;
use guildhall_sdk::prelude::*;

const RULE: &str = "missing-licence";

#[derive(Default)]
struct LicenceAuditor;

#[agent]
impl LicenceAuditor {
    /// Looks for files that do not say their licence.
    #[capability(name = "guildhall.scan", version = "1.2.0", command = "licences check")]
    async fn scan(&self, input: ScanRequest) -> Result<Report, AgentError> {
        let files = rust_files(&path_text::decode(&input.root)).map_err(unreadable)?;
        let root = path_text::decode(&input.root);
        let mut report = Report {
            rules: vec![rule()],
            figures: vec![examined(files.len())],
            ..Report::default()
        };
        for file in files {
            let text = fs::read(&file).map_err(unreadable)?;
            let path = path_text::encode(file.strip_prefix(&root).unwrap_or(&file));
            audit(&mut report, path, &String::from_utf8_lossy(&text));
        }
        Ok(report)
    }

    /// Lists the one rule.
    #[capability(name = "guildhall.rules", version = "1.0.0")]
    async fn rules(&self) -> Result<RuleList, AgentError> {
        Ok(RuleList {
            rules: vec![rule()],
        })
    }
}

guildhall_sdk::export!(LicenceAuditor);

/// Reports the file, or keeps it back where its first comment asks for that.
fn audit(report: &mut Report, path: String, text: &str) {
    let is_licensed = text.contains("SPDX-License-Identifier:");
    match (marker(text), is_licensed) {
        (None, true) => {}
        (None, false) => report.findings.push(finding(path, text)),
        (Some(reason), false) => {
            let at = Location::at(path.as_str(), 1, 1);
            let suppressed = Suppressed::new(finding(path, text), reason);
            report.suppressed.push(suppressed.with_location(at));
        }
        (Some(reason), true) => {
            let (rules, at) = (vec![RULE.to_owned()], Location::at(path, 1, 1));
            let unused = UnusedSuppression::new(rules, reason, at);
            report.unused_suppressions.push(unused);
        }
    }
}

/// The reason of a suppression on the first line, where it is of this rule.
fn marker(text: &str) -> Option<String> {
    let marker = parse(text.lines().next()?)?.ok()?;
    let is_ours = marker.rules.iter().any(|rule| rule == RULE);
    is_ours.then_some(marker.reason)
}

fn rust_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn unreadable(error: io::Error) -> AgentError {
    AgentError::new(ErrorCode::Failed, format!("a file cannot be read: {error}"))
}

fn examined(files: usize) -> Figure {
    let label = "files whose licence was looked for";
    Figure::new("files-examined", label, files as f64)
}

fn finding(path: String, text: &str) -> Finding {
    let message = "the file does not say its licence";
    Finding::new(RULE, Severity::Major, Location::at(path, 1, 1), message)
        .with_reason("Whoever copies it cannot tell under which terms.")
        .with_remediation_minutes(1)
        .with_identity(&[], 0)
        .with_content(&[text])
}

fn rule() -> Rule {
    Rule::new(
        RULE,
        Severity::Major,
        "File does not say its licence",
        "Reports files without an SPDX-License-Identifier.",
        "Files are copied one by one.",
    )
}
