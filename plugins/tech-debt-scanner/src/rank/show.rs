//! Tables, a chart and a plan of what was ranked.

use guildhall_report::{
    Action, ActionPlan, Chart, ChartKind, Column, ColumnKind, Prose, Series, Table,
};
use serde_json::{Value, json};

use super::opportunity::Opportunity;
use super::score::Score;
use crate::history::History;
use crate::history::coupling::Coupled;
use crate::history::owners::Owned;
use crate::tree::Tree;

/// Files in the chart; more rectangles than this can't be told apart.
const CHART_FILES: usize = 2_000;

/// Steps of the plan.
const STEPS: usize = 5;

/// A factor nearer to the usual than this is not named.
const LEAST_FACTOR: f64 = 1.1;

/// Files in order of rank, each with what its rank is made of.
pub(super) fn hotspot_table(tree: &Tree, all: &[Score], shown: &[&Score]) -> Table {
    let usual = usual_factors(all);
    let has_history = all.iter().any(|score| score.worth.is_some());
    let columns = [
        ("Rank", ColumnKind::Number),
        ("File", ColumnKind::Path),
        ("Risk", ColumnKind::Number),
        ("Return", ColumnKind::Number),
        ("Lines", ColumnKind::Number),
        ("Commits", ColumnKind::Number),
        ("Fixes", ColumnKind::Number),
        ("Last change", ColumnKind::Number),
        ("Main author", ColumnKind::Number),
        ("Why", ColumnKind::Text),
    ];
    let row = |(rank, score): (usize, &&Score)| {
        let past = score.terms.past.as_ref();
        vec![
            json!(rank + 1),
            json!(tree.files[score.file].name),
            number(score.risk),
            score.worth.map_or(Value::Null, number),
            json!(score.terms.lines as u64),
            json!(past.map(|past| past.commits)),
            json!(past.map(|past| past.fix_commits)),
            json!(past.and_then(|past| past.last).map(|days| days as u64)),
            json!(
                past.filter(|past| past.commits > 0)
                    .map(|past| (past.main_share * 100.0).round() as u64)
            ),
            json!(why(score, &usual)),
        ]
    };
    let title = if has_history {
        "Files worth looking at first, for a line"
    } else {
        "Files by size and noted debt, without a history"
    };
    Table::new("hotspots", title, named(&columns))
        .with_rows(shown.iter().enumerate().map(row).collect())
}

/// What the columns mean, and what the ranking is worth.
pub(super) fn text(history: Option<&History>) -> Prose {
    let body = match history {
        Some(history) => {
            let head = history.head.to_string();
            format!(
                "Risk says how likely a file needs a fix, as a multiple of the mean file's; return \
                 says the same for a line. Files stand by return; short ones and mere lists are \
                 shown with --all only. History was read from {} back to {:.0} days before it \
                 (commits: {}), merges left out. Commits and fixes leave out those that change more than \
                 50 files; the last change is in days before that commit, the main author's share in \
                 percent of the commits.",
                &head[..head.len().min(12)],
                history.oldest,
                history.commits,
            )
        }
        None => "Without a history, files stand by size and noted debt. On 23 repositories the \
                 larger files held about as many of next year's fixes for a line as files drawn by \
                 lot, so this order says which files are large, not which to look at."
            .to_owned(),
    };
    Prose::new("hotspots", "How to read the hotspots", body)
}

/// A word on files whose lines have no ages.
pub(super) fn undated(files: usize) -> String {
    let which = match files {
        1 => "1 file, the one".to_owned(),
        files => format!("{files} files, those"),
    };
    format!(
        " Since when a comment stands was left out in {which} with the least risk; the setting `tech-debt-scanner.blame-files` says how many are asked about."
    )
}

/// The median of each factor of risk.
fn usual_factors(all: &[Score]) -> [f64; 4] {
    let factors: Vec<_> = all.iter().map(|score| score.terms.factors()).collect();
    std::array::from_fn(|at| {
        let mut values: Vec<f64> = factors.iter().map(|factors| factors[at].1).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(1.0)
    })
}

/// The factors that lift a file above the median file, largest first.
fn why(score: &Score, usual: &[f64; 4]) -> String {
    let factors = score.terms.factors();
    let mut lifts: Vec<(&str, f64)> = (0..4)
        .map(|at| (factors[at].0, factors[at].1 / usual[at]))
        .filter(|(_, lift)| *lift >= LEAST_FACTOR)
        .collect();
    lifts.sort_by(|a, b| b.1.total_cmp(&a.1));
    let said: Vec<String> = lifts
        .iter()
        .map(|(name, lift)| format!("{name} ×{lift:.1}"))
        .collect();
    if said.is_empty() {
        return "nothing above the median file".to_owned();
    }
    said.join(", ")
}

/// Where risk is: a file's area is its lines of code, its heat its risk.
pub(super) fn risk_chart(tree: &Tree, scores: &[Score]) -> Chart {
    let mut largest: Vec<&Score> = scores.iter().collect();
    largest.sort_by(|a, b| b.terms.lines.total_cmp(&a.terms.lines));
    largest.truncate(CHART_FILES);
    largest.sort_by_key(|score| score.file);
    let point = |score: &Score| {
        let risk = (score.risk * 100.0).round() / 100.0;
        (tree.files[score.file].name.clone(), score.terms.lines, risk)
    };
    let series = Series::new("files", largest.into_iter().map(point).collect());
    Chart::new("hot-spots", "Hot spots", ChartKind::Treemap, vec![series])
        .with_labels("lines of code", "risk, as a multiple of the mean file's")
}

/// What would be worth doing, best first.
pub(super) fn opportunity_table(opportunities: &[Opportunity]) -> Table {
    let columns = [
        ("Rank", ColumnKind::Number),
        ("Place", ColumnKind::Path),
        ("What", ColumnKind::Text),
        ("Why", ColumnKind::Text),
        ("Gain", ColumnKind::Text),
        ("Minutes", ColumnKind::Text),
    ];
    let row = |(at, one): (usize, &Opportunity)| {
        let (least, most) = one.minutes;
        vec![
            json!(at + 1),
            json!(place(one)),
            json!(one.what),
            json!(one.why),
            json!(one.gain),
            json!(format!("{least}–{most}")),
        ]
    };
    let rows = opportunities.iter().enumerate().map(row).collect();
    Table::new(
        "opportunities",
        "What would be worth doing",
        named(&columns),
    )
    .with_rows(rows)
}

fn place(one: &Opportunity) -> String {
    let Some(first) = one.locations.first() else {
        return String::new();
    };
    match first.start {
        Some(start) => format!("{}:{}", first.path, start.line),
        None => first.path.clone(),
    }
}

/// The first opportunities as a plan.
pub(super) fn plan(opportunities: &[Opportunity]) -> Option<ActionPlan> {
    if opportunities.is_empty() {
        return None;
    }
    let step = |(at, one): (usize, &Opportunity)| {
        let title = format!("{} ({})", one.what, place(one));
        let reason = format!("{}. Gain: {}.", capital(&one.why), one.gain);
        Action::new(format!("opportunity-{}", at + 1), title, reason)
            .with_locations(one.locations.clone())
            .with_effort_minutes(one.minutes.0, one.minutes.1)
    };
    let steps = opportunities
        .iter()
        .take(STEPS)
        .enumerate()
        .map(step)
        .collect();
    Some(ActionPlan::new(
        "opportunities",
        "What would be worth doing first",
        steps,
    ))
}

/// Pairs of files of different crates that change together.
pub(super) fn coupling_table(tree: &Tree, pairs: &[Coupled]) -> Table {
    let columns = [
        ("File", ColumnKind::Path),
        ("Changes with", ColumnKind::Path),
        ("Together", ColumnKind::Number),
        ("Of", ColumnKind::Number),
        ("Percent", ColumnKind::Number),
    ];
    let row = |pair: &Coupled| {
        let name = |at: usize| json!(tree.files[pair.files[at]].name);
        let percent = (pair.confidence() * 100.0).round();
        vec![
            name(0),
            name(1),
            json!(pair.shared),
            json!(pair.of),
            json!(percent as u64),
        ]
    };
    let title = "Files of different crates that change together";
    Table::new("coupled-files", title, named(&columns)).with_rows(pairs.iter().map(row).collect())
}

/// Crates by how few people know them.
pub(super) fn owner_table(owned: &[Owned]) -> Table {
    let columns = [
        ("Crate", ColumnKind::Text),
        ("Commits", ColumnKind::Number),
        ("Authors", ColumnKind::Number),
        ("Bus factor", ColumnKind::Number),
        ("Main author", ColumnKind::Text),
        ("Percent", ColumnKind::Number),
    ];
    let row = |one: &Owned| {
        vec![
            json!(one.package),
            json!(one.commits),
            json!(one.authors),
            json!(one.bus_factor),
            json!(one.main_author),
            json!((one.main_share * 100.0).round() as u64),
        ]
    };
    let title = "Crates that one or two people hold";
    Table::new("owners", title, named(&columns)).with_rows(owned.iter().map(row).collect())
}

fn named(columns: &[(&str, ColumnKind)]) -> Vec<Column> {
    let columns = columns.iter();
    columns
        .map(|(title, kind)| Column::new(*title, kind.clone()))
        .collect()
}

/// To six decimals: beyond them the mathematical functions of systems differ.
fn number(value: f64) -> Value {
    json!((value * 1e6).round() / 1e6)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
