//! `guildhall baseline show`: what a baseline holds, by rule and by file.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use clap::{Arg, ArgMatches};
use guildhall_report::BaselineRow;

use super::in_rows;
use crate::app::App;
use crate::args::shared;
use crate::config::shown;
use crate::exit::{Failure, code};
use crate::gate::baseline_file::BaselineFile;
use crate::output::Output;

/// Files that are listed unless everything is asked for.
const SHOWN: usize = 20;

/// `--format`.
pub(super) fn format_argument() -> Arg {
    shared::format_option(["text", "json"], "How it is printed").default_value("text")
}

/// Prints the baseline at `path`.
pub(super) fn run(app: &App, own: &ArgMatches, path: &Path) -> Result<u8, Failure> {
    let file = BaselineFile::read(path)?;
    let baseline = &file.baseline;
    let mut output = Output::open(None)?;
    if shared::is_json(own) {
        baseline.write(&mut output)?;
        output.finish()?;
        return Ok(code::CLEAN);
    }
    let version = shown::text(&baseline.tool.version);
    writeln!(
        output,
        "{}: {}, written by Guildhall {version}",
        file.shown,
        in_rows(baseline)
    )?;
    let all = if app.globals.verbose > 0 {
        usize::MAX
    } else {
        SHOWN
    };
    let rules = counted(&baseline.findings, |row| row.rule.clone());
    table(&mut output, "rule", &rules, all)?;
    let files = counted(&baseline.findings, |row| {
        row.path.clone().unwrap_or_else(|| "(no file)".to_owned())
    });
    table(&mut output, "file", &files, all)?;
    output.finish()?;
    Ok(code::CLEAN)
}

/// Findings by name, most first.
fn counted(rows: &[BaselineRow], name: impl Fn(&BaselineRow) -> String) -> Vec<(String, u64)> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for row in rows {
        let count = counts.entry(name(row)).or_default();
        *count = count.saturating_add(row.count);
    }
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    counts
}

fn table(
    output: &mut Output,
    title: &str,
    counts: &[(String, u64)],
    most: usize,
) -> Result<(), Failure> {
    if counts.is_empty() {
        return Ok(());
    }
    writeln!(output, "\nfindings  {title}")?;
    for (name, count) in counts.iter().take(most) {
        writeln!(output, "{count:8}  {}", shown::text(name))?;
    }
    let hidden = counts.len().saturating_sub(most);
    if hidden > 0 {
        writeln!(output, "{hidden} more not shown; --verbose shows all.")?;
    }
    Ok(())
}
