//! `guildhall suppressions`: what the source suppresses, why, and what of it has no use.

use std::io::Write as _;

use clap::{ArgMatches, Command};
use guildhall_core::Schema;
use guildhall_report::{Document, Location, Said, Suppressed, UnusedSuppression};
use serde::Serialize;

use super::BuiltIn;
use crate::app::App;
use crate::args::shared;
use crate::config::shown;
use crate::exit::{Failure, code};
use crate::output::Output;
use crate::scanning::{self, Scanner};

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "suppressions",
    define,
    run,
    runs_plugins: true,
};

/// What `guildhall suppressions --format json` prints.
#[derive(Debug, Serialize, Schema)]
pub(crate) struct SuppressionList {
    /// `guildhall.suppressions/1`.
    schema: String,
    /// What is suppressed, by the place of the finding.
    suppressed: Vec<Said<Suppressed>>,
    /// Suppressions that suppress nothing, by their place.
    unused: Vec<Said<UnusedSuppression>>,
}

/// One line of the list.
struct Row {
    place: String,
    rules: String,
    reason: String,
    written: String,
    is_unused: bool,
}

fn define() -> Command {
    let [path, threads, timeout, no_cache] = scanning::arguments();
    Command::new("suppressions")
        .about("List what the source suppresses, with the reasons, and what has no use")
        .arg(path)
        .arg(shared::format_option(["text", "json"], "How it is printed").default_value("text"))
        .arg(threads)
        .arg(timeout)
        .arg(no_cache)
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    let root = scanning::root(own)?;
    let document = Scanner::new(app, own)?.scan_alone(&root)?;
    let code_of_failed = scanning::code_of_failed(&document);
    let mut output = Output::open(None)?;
    if shared::is_json(own) {
        output.json(&SuppressionList {
            schema: "guildhall.suppressions/1".to_owned(),
            suppressed: document.suppressed,
            unused: document.unused_suppressions,
        })?;
    } else {
        print(&mut output, &document)?;
    }
    output.finish()?;
    Ok(code_of_failed.unwrap_or(code::CLEAN))
}

fn print(output: &mut Output, document: &Document) -> Result<(), Failure> {
    let rows = rows(document);
    let unused = document.unused_suppressions.len();
    writeln!(
        output,
        "{} suppressed, {} without use",
        plural(document.suppressed.len(), "finding"),
        plural(unused, "suppression"),
    )?;
    for row in rows {
        let mark = if row.is_unused { "without use: " } else { "" };
        writeln!(output, "{} {mark}{}", row.place, row.rules)?;
        writeln!(output, "    {}{}", row.reason, row.written)?;
    }
    Ok(())
}

fn rows(document: &Document) -> Vec<Row> {
    let suppressed = document.suppressed.iter().map(|said| Row {
        place: place(said.location.as_ref().or(said.finding.location.as_ref())),
        rules: shown::text(&said.finding.rule),
        reason: shown::text(&said.reason),
        written: written(said.since.as_deref(), said.author.as_deref()),
        is_unused: false,
    });
    let unused = document.unused_suppressions.iter().map(|said| Row {
        place: place(Some(&said.location)),
        rules: shown::text(&said.rules.join(", ")),
        reason: shown::text(&said.reason),
        written: written(said.since.as_deref(), said.author.as_deref()),
        is_unused: true,
    });
    suppressed.chain(unused).collect()
}

fn place(location: Option<&Location>) -> String {
    match location {
        Some(at) => match at.start {
            Some(start) => format!("{}:{}", shown::text(&at.path), start.line),
            None => shown::text(&at.path),
        },
        None => "(no file)".to_owned(),
    }
}

fn written(since: Option<&str>, author: Option<&str>) -> String {
    let since = since.map(|day| format!("since {}", shown::text(day)));
    let author = author.map(|name| format!("by {}", shown::text(name)));
    let parts: Vec<String> = since.into_iter().chain(author).collect();
    if parts.is_empty() {
        return String::new();
    }
    format!(" ({})", parts.join(", "))
}

fn plural(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}
