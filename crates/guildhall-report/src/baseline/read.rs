//! Reading a baseline's file: every mistake names the place and the mend, and repeats
//! nothing of the file, which may be another than its reader thinks.

use serde_json::Value;

use super::{BASELINE_SCHEMA, Baseline, together};
use crate::ReportError;

/// What every version's schema begins with.
const NAME: &str = "guildhall.baseline/";

impl Baseline {
    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// [`ReportError::BadBaseline`] where it is no JSON, no baseline, one of another tool
    /// or version, or has a wrong row.
    pub fn parse(text: &str) -> Result<Self, ReportError> {
        let value: Value = serde_json::from_str(text).map_err(|error| not_json(text, &error))?;
        let schema = value["schema"].as_str().unwrap_or_default();
        if schema != BASELINE_SCHEMA {
            return Err(wrong_schema(&value, schema));
        }
        if value["tool"]["name"] != "guildhall" {
            return Err(bad(
                "was written by another tool",
                "write one with `guildhall baseline write`",
            ));
        }
        rows_are_right(&value)?;
        let mut baseline: Self = serde_json::from_value(value).map_err(|_| {
            bad(
                "lacks a part that every baseline has",
                "restore it from version control, or remove it and write it anew",
            )
        })?;
        // Both sides of a merge may have left the same row.
        baseline.findings = together(baseline.findings.into_iter(), u64::max);
        Ok(baseline)
    }
}

fn not_json(text: &str, error: &serde_json::Error) -> ReportError {
    let (line, column) = (error.line(), error.column());
    let marks = ["<<<<<<<", "=======", ">>>>>>>"];
    if text
        .lines()
        .any(|line| marks.iter().any(|mark| line.starts_with(mark)))
    {
        return bad(
            format!("has conflicts of a merge that are not resolved, at line {line}"),
            "keep the rows of both sides, or take one side and run `guildhall baseline prune`",
        );
    }
    if text.trim().is_empty() {
        return bad("is empty", "remove it and run `guildhall baseline write`");
    }
    bad(
        format!("is not JSON: it goes wrong at line {line}, column {column}"),
        "restore it from version control, or remove it and write it anew",
    )
}

fn wrong_schema(value: &Value, schema: &str) -> ReportError {
    if let Some(version) = schema.strip_prefix(NAME) {
        let version = version.parse::<u32>().ok();
        let version = version.map_or_else(String::new, |number| format!(" {number}"));
        return bad(
            format!("has the format{version} of another version of Guildhall; this one reads 1"),
            "use that version, or remove the file and run `guildhall baseline write`",
        );
    }
    if schema.starts_with("guildhall.report/") {
        return bad(
            "is a report and no baseline",
            "write a baseline with `guildhall baseline write`, or compare two reports with `guildhall diff`",
        );
    }
    let what = if value.get("runs").is_some() {
        "is SARIF and no baseline of Guildhall"
    } else {
        "is no baseline of Guildhall"
    };
    bad(what, "write one with `guildhall baseline write`")
}

fn rows_are_right(value: &Value) -> Result<(), ReportError> {
    let mend = "restore the file from version control, or remove it and write it anew";
    let Some(rows) = value["findings"].as_array() else {
        return Err(bad("has no list of findings", mend));
    };
    for (number, row) in (1..).zip(rows) {
        let text = |name: &str| row[name].as_str().is_some_and(|text| !text.is_empty());
        let digits = |name: &str| {
            let text = row[name].as_str();
            text.is_some_and(|text| text.parse::<crate::Fingerprint>().is_ok())
        };
        let optional = |name: &str| row[name].is_null() || row[name].is_string();
        let wrong = if !row.is_object() {
            "is no object"
        } else if !text("rule") || !text("agent") {
            "names no rule or no agent"
        } else if !digits("fingerprint") || !(row["content"].is_null() || digits("content")) {
            "has a fingerprint that is none"
        } else if row["count"].as_u64().is_none_or(|count| count == 0) {
            "has a count that is no whole number from 1 on"
        } else if !optional("path") || !optional("subject") {
            "has a path or a subject that is no text"
        } else {
            continue;
        };
        return Err(bad(format!("is damaged: finding {number} {wrong}"), mend));
    }
    Ok(())
}

fn bad(problem: impl Into<String>, mend: &str) -> ReportError {
    ReportError::BadBaseline {
        problem: problem.into(),
        mend: mend.to_owned(),
    }
}
