//! What git runs for a file that both sides changed: `merge.NAME.driver`.

use std::fs;
use std::io;
use std::path::Path;

use guildhall_merge::{Labels, Merged, Precedents, Refused, Request, Status, merge};
use guildhall_report::{Prose, Report, ReportOutcome};
use guildhall_sdk::core::path_text;
use guildhall_sdk::prelude::*;

use super::conflicts::read;
use super::request::MergeSettings;

/// The files that git names, in the order of `%O %A %B %L %P`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Schema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DriverRequest {
    /// `%O`: the file as both sides began with it.
    #[schema(positional = 1)]
    pub base: String,
    /// `%A`: the file of our side, into which the result is written.
    #[schema(positional = 2)]
    pub ours: String,
    /// `%B`: the file of their side.
    #[schema(positional = 3)]
    pub theirs: String,
    /// `%L`: how many signs a conflict marker has.
    #[serde(default)]
    #[schema(positional = 4)]
    pub marker_size: Option<String>,
    /// `%P`: the path of the file in the repository.
    #[serde(default)]
    #[schema(positional = 5)]
    pub name: Option<String>,
}

/// Merges a file for git: what is applied is written, and the rest stands between markers.
///
/// Nothing is learned from the history here, since git runs this once a file.
///
/// # Errors
/// Where a file cannot be read or written; ours is then as it was.
pub(crate) fn drive(
    request: &DriverRequest,
    settings: &MergeSettings,
) -> Result<Report, AgentError> {
    let size = marker_size(request.marker_size.as_deref())?;
    let (base, ours, theirs) = (
        read(&request.base)?,
        read(&request.ours)?,
        read(&request.theirs)?,
    );
    let name = request.name.as_deref().unwrap_or(&request.ours);
    let merged = merge(&Request {
        base: &base,
        ours: &ours,
        theirs: &theirs,
        path: name,
        external: None,
        precedents: Precedents::default(),
        thresholds: settings.thresholds(),
    });
    let merged = match merged {
        Ok(merged) => merged,
        Err(refused) => return Ok(left(name, &refused)),
    };
    let labels = Labels {
        size,
        ..Labels::default()
    };
    let written = merged.write(|hunk| merged.applied(hunk), &labels);
    let path = path_text::decode(&request.ours);
    replace(&path, &written.bytes).map_err(|error| {
        let message = format!("{} cannot be written: {error}", request.ours);
        AgentError::new(ErrorCode::Failed, message)
    })?;
    Ok(report(name, &merged))
}

fn marker_size(told: Option<&str>) -> Result<usize, AgentError> {
    let Some(told) = told else {
        return Ok(Labels::default().size);
    };
    let size = told.parse().ok().filter(|size| (1..=1_000).contains(size));
    size.ok_or_else(|| {
        let message = format!("`marker-size` is {told:?}; give a number from 1 to 1000");
        AgentError::new(ErrorCode::InvalidInput, message)
    })
}

/// Replaces a file in one step, so that whoever reads it finds the old or the new one.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".guildhall-{}", std::process::id()));
    let beside = path.with_file_name(name);
    let permissions = fs::metadata(path)?.permissions();
    let made = fs::write(&beside, bytes)
        .and_then(|()| fs::set_permissions(&beside, permissions))
        .and_then(|()| fs::rename(&beside, path));
    if made.is_err() {
        // What was begun is worth nothing.
        let _ = fs::remove_file(&beside);
    }
    made
}

fn left(name: &str, refused: &Refused) -> Report {
    Report {
        title: Some(format!("Merge of {name}")),
        outcome: Some(ReportOutcome::unmet(format!(
            "{name} is left as it was on our side: {refused}"
        ))),
        ..Report::default()
    }
}

fn report(name: &str, merged: &Merged<'_>) -> Report {
    let applied = merged
        .hunks
        .iter()
        .filter(|hunk| hunk.status == Status::Applied);
    let (applied, all) = (applied.count(), merged.hunks.len());
    let open = all - applied;
    let outcome = match open {
        0 => ReportOutcome::Met,
        1 => ReportOutcome::unmet(format!("1 conflict in {name} is left to you")),
        open => ReportOutcome::unmet(format!("{open} conflicts in {name} are left to you")),
    };
    let said = merged.hunks.iter().filter_map(|hunk| {
        let rule = hunk.rule.filter(|_| hunk.status == Status::Applied)?;
        let percent = (hunk.probability * 100.0).floor();
        Some(format!(
            "line {}: {} ({percent} %)",
            hunk.ours.start + 1,
            rule.sentence()
        ))
    });
    let said: Vec<String> = said.collect();
    let texts = match said.is_empty() {
        true => Vec::new(),
        false => vec![Prose::new("applied", "Resolved", said.join("; "))],
    };
    Report {
        title: Some(format!("Merge of {name}")),
        outcome: Some(outcome),
        texts,
        ..Report::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drive_in(folder: &Path, texts: [&str; 3]) -> (Report, String) {
        let names = ["base", "ours", "theirs"].map(|name| folder.join(name));
        for (name, text) in names.iter().zip(texts) {
            fs::write(name, text).unwrap();
        }
        let [base, ours, theirs] = names.map(|name| name.to_str().unwrap().to_owned());
        let request = DriverRequest {
            base,
            ours: ours.clone(),
            theirs,
            marker_size: Some("9".to_owned()),
            name: Some("src/a.toml".to_owned()),
        };
        let report = drive(&request, &MergeSettings::default()).unwrap();
        (report, fs::read_to_string(ours).unwrap())
    }

    #[test]
    fn what_is_sure_is_written_and_what_is_not_stands_between_markers() {
        let folder = tempfile::tempdir().unwrap();
        let (report, text) = drive_in(
            folder.path(),
            [
                "a\n1\nb\n",
                "a\nnew words of ours\nb\n",
                "a\nother words altogether\nb\n",
            ],
        );
        assert!(matches!(report.outcome, Some(ReportOutcome::Unmet { .. })));
        assert!(
            text.contains("<<<<<<<<< ours\nnew words of ours\n=========\n"),
            "{text}"
        );
        let (report, text) = drive_in(
            folder.path(),
            [
                "x\na = 1.0.1\ny\n",
                "x\na = 1.0.2\ny\n",
                "x\na = 1.0.5\ny\n",
            ],
        );
        assert_eq!(report.outcome, Some(ReportOutcome::Met), "{text}");
        assert_eq!(text, "x\na = 1.0.5\ny\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_binary_file_is_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (report, text) = drive_in(folder.path(), ["a\0", "b\0", "c\0"]);
        assert_eq!(text, "b\0");
        let reason = report.outcome.unwrap();
        assert!(reason.reason().unwrap().contains("is binary"));
    }

    #[test]
    fn a_marker_size_that_is_none_is_refused() {
        for wrong in ["0", "x", "1001"] {
            assert!(marker_size(Some(wrong)).is_err());
        }
        assert_eq!(marker_size(None).unwrap(), 7);
    }
}
