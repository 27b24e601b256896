//! Measurements as they are, without thresholds: `guildhall metrics`.
//!
//! [`packages`] says to which crate and module a file belongs, [`groups`] adds up, and
//! [`tables`] writes the rows.

mod groups;
pub(crate) mod packages;
mod tables;

use std::path::PathBuf;

use guildhall_core::{Schema, path_text};
use guildhall_report::{Report, Skipped};
use serde::{Deserialize, Serialize};
use serde_json::Map;

use crate::facts::File;
use crate::gather::gather;
use crate::rules;
use crate::scan::{Hooks, ScanError, thread_count};
use crate::settings::Settings;
use packages::Packages;

/// What is to be measured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(default)]
pub struct MetricsRequest {
    /// The folder or file to measure; the current folder where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What one row is about.
    pub by: Level,
    /// Worker threads at the most; as many as there are processors where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
}

/// What one row of the table is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// A function with a body, as measured.
    #[default]
    Function,
    /// The methods of one type or trait in one file.
    Type,
    /// A file.
    File,
    /// A module, over all files that it is written in.
    Module,
    /// A package, as its `Cargo.toml` names it.
    Crate,
}

/// Measures all that `request` names, and gives one table with the id `metrics`.
///
/// The report depends only on the files, not on the number of threads.
///
/// # Errors
///
/// [`ScanError`] says when there is no report. A file that can't be read or parsed is no
/// error: it is listed under [`Report::skipped`].
pub fn metrics(request: &MetricsRequest, hooks: &dyn Hooks) -> Result<Report, ScanError> {
    let mut reading = Settings::read(&Map::new(), &rules::all())?.reading;
    reading.clones = None;
    let root: PathBuf = path_text::decode(request.path.as_deref().unwrap_or("."));
    let threads = thread_count(request.threads);
    let tree = gather(&root, &reading, threads, hooks)?;
    let measured = tree.files.iter().filter(|file| file.is_measured());
    let files: Vec<&File> = measured.collect();
    let mut packages = Packages::new(&root);
    let table = match request.by {
        Level::Function => tables::of_functions(&files),
        level => {
            let groups = groups::of(level, &files, &mut packages);
            tables::of_groups(level, &groups)
        }
    };
    let mut skipped = tree.all_skipped();
    skipped.extend(packages.into_skipped());
    sort(&mut skipped);
    Ok(Report {
        title: Some(tables::title(request.by).to_owned()),
        figures: tables::figures(&files),
        tables: vec![table],
        skipped,
        ..Report::default()
    })
}

fn sort(skipped: &mut [Skipped]) {
    skipped.sort_by(|a, b| (&a.path, &a.code, &a.reason).cmp(&(&b.path, &b.code, &b.reason)));
}
