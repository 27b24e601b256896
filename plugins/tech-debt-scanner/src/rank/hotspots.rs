//! `guildhall hotspots`: the files that are worth looking at first.

use std::path::PathBuf;
use std::time::Instant;

use guildhall_core::{Schema, path_text};
use guildhall_report::{Figure, Report};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use super::{Ranking, Rows, show};
use crate::gather::gather;
use crate::rules;
use crate::scan::{Hooks, ScanError, thread_count};
use crate::settings::Settings;
use crate::{duplicates, history, suppress};

/// Rows of a table where nothing else is said.
const USUAL_ROWS: u32 = 20;

/// Which files are to be ranked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(default)]
pub struct HotspotsRequest {
    /// The folder to rank; the current folder where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Shows every file that ships, however small.
    pub all: bool,
    /// How many files are shown; 20 where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top: Option<u32>,
    /// Worker threads at the most; as many as there are processors where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
}

/// Ranks the files that `request` names by return, and says what would be worth doing.
///
/// The first table has the id `hotspots`. The report depends only on the files and on the
/// commit that is checked out, not on the day or the number of threads.
///
/// # Errors
///
/// [`ScanError`] says when there is no report. A history that cannot be read is no error: a
/// text of the report says why.
pub fn hotspots(request: &HotspotsRequest, hooks: &dyn Hooks) -> Result<Report, ScanError> {
    let settings = Settings::read(&Map::new(), &rules::all())?;
    let root: PathBuf = path_text::decode(request.path.as_deref().unwrap_or("."));
    let threads = thread_count(request.threads);
    let tree = gather(&root, &settings.reading, threads, hooks)?;
    let copies = duplicates::check(&root, &tree, &settings, &|| hooks.is_cancelled());
    let findings = rules::check(&tree, copies, &settings);
    let findings = suppress::sift(&tree, findings, &settings).findings;
    let started = Instant::now();
    let ranking = Ranking::new(&root, &tree, history::read(&root, &tree, hooks)?, &findings);
    let time = started.elapsed().as_micros() as f64 / 1000.0;
    let rows = if request.all {
        Rows::All
    } else {
        Rows::First(request.top.unwrap_or(USUAL_ROWS) as usize)
    };
    let history = ranking.history.as_ref();
    let commits = history.map_or(0, |history| history.commits);
    let mut texts = vec![show::text(history)];
    texts.extend(ranking.left_out.iter().cloned());
    Ok(Report {
        title: Some("Hotspots".to_owned()),
        texts,
        figures: vec![
            Figure::new("files", "files ranked", ranking.scores.len() as f64),
            Figure::new("commits", "commits read", commits as f64),
        ],
        tables: ranking.tables(&tree, rows),
        charts: vec![show::risk_chart(&tree, &ranking.scores)],
        plans: show::plan(&ranking.opportunities).into_iter().collect(),
        skipped: tree.all_skipped(),
        run: Map::from_iter([("history_ms".to_owned(), json!(time))]),
        ..Report::default()
    })
}
