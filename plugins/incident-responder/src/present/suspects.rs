//! The report of the commits that may be to blame.

use guildhall_report::{Column, ColumnKind, Figure, Prose, Report, Skipped, Table};
use serde_json::{Map, Value, json};

use crate::suspects::{
    Found, Revert, Rule, Suspect, SuspectsRequest, Term, age_note, measured_share,
};

/// Terms that a row names.
const MOST_TERMS: usize = 3;

const DAY: f64 = 86_400.0;

/// Shows what was found.
pub(crate) fn report(request: &SuspectsRequest, found: &Found) -> Report {
    let is_withheld = found.ranking.withheld.is_some() && !request.show_withheld;
    let rows = if is_withheld { 0 } else { request.rows() };
    let all = &found.ranking.suspects;
    let shown = &all[..rows.min(all.len())];
    let mut texts = vec![window_text(found)];
    texts.extend(answer_text(found, is_withheld));
    let incomplete = match found.incomplete {
        0 => Vec::new(),
        count => vec![Skipped::new(
            ".",
            "missing-object",
            format!("{count} commits are known by message and paths alone: objects are missing"),
        )],
    };
    Report {
        title: Some("Suspects".to_owned()),
        texts,
        figures: vec![
            Figure::new("commits", "commits that may be to blame", all.len() as f64),
            Figure::new("read", "commits read", found.window.commits.len() as f64),
        ],
        tables: vec![table(found, shown)],
        skipped: incomplete,
        extra: Map::from_iter([(
            "incident".to_owned(),
            json!({"suspects": json(found, shown)}),
        )]),
        ..Report::default()
    }
}

fn window_text(found: &Found) -> Prose {
    let window = &found.window;
    let count = window.count();
    let to = &window.to;
    let mut body = match (&window.from, window.rule) {
        (Some(from), Rule::Text) => {
            format!("{from}..{to}, {count} commits, as the text of the symptom says.")
        }
        (Some(from), _) => format!("{from}..{to}, {count} commits, as was told."),
        (None, Rule::Told | Rule::Text) => {
            format!("Up to {to}, {count} commits, as was told; no good release is known.")
        }
        (None, Rule::Releases) => format!(
            "The {count} newest commits before {to}. Nothing was told of releases; the commits after \
             {} have {} % of the chance.",
            since(found).0,
            since(found).1
        ),
        (None, Rule::Newest) => format!(
            "The {count} newest commits before {to}: 90 days, or 200 commits where that is more."
        ),
    };
    if window.is_shallow {
        body.push_str(
            " The history is cut off here, so an older commit may be to blame: `git fetch \
             --unshallow` gets the rest.",
        );
    }
    for note in &window.notes {
        body.push_str(&format!(" Note: {note}."));
    }
    Prose::new("window", "Which commits were looked at", body)
}

/// The release, at least the second newest, behind which 95 % of the chance lie, with the
/// whole percents.
fn since(found: &Found) -> (&str, u64) {
    let window = &found.window;
    let count_of = |suspect: &Suspect| window.releases.get(&suspect.commit).copied().unwrap_or(0);
    let mut share = 0.0;
    for (at, (name, _)) in window.names.iter().enumerate() {
        let here = found.ranking.suspects.iter();
        let here = here.filter(|suspect| count_of(suspect) as usize == at);
        share += here.map(|suspect| suspect.p).sum::<f64>();
        if at >= 1 && share >= 0.95 || at + 1 == window.names.len() {
            return (name, (share * 100.0).round() as u64);
        }
    }
    ("the first", 100)
}

/// What is to be thought of the answer, and what would make it a better one.
fn answer_text(found: &Found, is_withheld: bool) -> Vec<Prose> {
    let ranking = &found.ranking;
    let mut texts = Vec::new();
    let decides = ranking.decides.join("; ");
    if let Some(reason) = ranking.withheld.as_ref().filter(|_| is_withheld) {
        let body = format!(
            "Withheld: {reason}; --show-withheld lists them all the same. What would decide it: \
             {decides}."
        );
        return vec![Prose::new("answer", "No suspect is named", body)];
    }
    if let Some(first) = ranking.suspects.first() {
        let share = measured_share(first.p);
        let strength = if first.high { "strong" } else { "weak" };
        let body = format!(
            "The first suspect's chance is {} %, a {strength} answer: where it was measured, {share} of \
             100 first suspects with such a chance were right. What would decide it: {decides}.",
            percent(first.p)
        );
        texts.push(Prose::new("answer", "How sure this is", body));
    }
    if let (Some(first), Some(revert)) = (ranking.suspects.first(), found.reverts.first()) {
        let age = found.window.base_time - found.times[first.at];
        let body = match revert {
            Revert::Clean => format!(
                "{} could be taken back without a conflict; this was tried with `git merge-tree`, \
                 nothing was written. It was not built or tested. For what it is worth: {}.",
                short(first),
                age_note(age)
            ),
            Revert::Empty => format!("Of {} nothing is left to be taken back.", short(first)),
            Revert::Conflict { conflicts } => format!(
                "Taking {} back is in conflict in {}.",
                short(first),
                conflicts.join(", ")
            ),
            Revert::NotTried { reason } => format!(
                "Whether {} could be taken back was not tried: {reason}.",
                short(first)
            ),
        };
        texts.push(Prose::new("revert", "Taking the first suspect back", body));
    }
    texts
}

fn table(found: &Found, shown: &[Suspect]) -> Table {
    let columns = [
        ("Rank", ColumnKind::Number),
        ("Chance", ColumnKind::Number),
        ("Commit", ColumnKind::Text),
        ("Days", ColumnKind::Number),
        ("Subject", ColumnKind::Text),
        ("Why", ColumnKind::Text),
    ];
    let columns = columns.map(|(title, kind)| Column::new(title, kind));
    let row = |(place, suspect): (usize, &Suspect)| -> Vec<Value> {
        let seconds = found.window.base_time - found.times[suspect.at];
        vec![
            json!(place + 1),
            json!(percent(suspect.p)),
            json!(short(suspect)),
            json!((seconds as f64 / DAY * 10.0).round() / 10.0),
            json!(suspect.subject),
            json!(why_of(suspect).join("; ")),
        ]
    };
    let title = "Commits that may be to blame; the chance is in percent, the age in days before \
                 the commit at which it was seen";
    Table::new("suspects", title, columns.to_vec())
        .with_rows(shown.iter().enumerate().map(row).collect())
}

/// The terms that say most for a suspect.
pub(crate) fn why_of(suspect: &Suspect) -> Vec<String> {
    let said = |term: &&Term| term.value * term.weight > 0.05;
    let terms = suspect.terms.iter().filter(said).take(MOST_TERMS);
    let terms = terms.map(|term| {
        let worth = term.value * term.weight;
        match term.evidence.as_str() {
            "" => format!("{} +{worth:.2}", term.name),
            evidence => format!("{} +{worth:.2} ({evidence})", term.name),
        }
    });
    terms.collect()
}

fn json(found: &Found, shown: &[Suspect]) -> Value {
    let window = &found.window;
    let ranked: Vec<Value> = shown
        .iter()
        .enumerate()
        .map(|(at, suspect)| {
            let mut value = json!(suspect);
            if let Some(revert) = found.reverts.get(at) {
                value["revert"] = json!(revert);
            }
            value
        })
        .collect();
    let withheld = found.ranking.withheld.as_ref();
    json!({
        "window": {
            "rule": window.rule,
            "from": window.from,
            "to": window.to,
            "base": window.base.to_string(),
            "commits": window.count(),
            "notes": window.notes,
        },
        "withheld": withheld.map(|reason| json!({
            "reason": reason,
            "decides": found.ranking.decides,
        })),
        "ranked": ranked,
    })
}

fn short(suspect: &Suspect) -> String {
    let mut id = suspect.commit.to_string();
    id.truncate(10);
    id
}

/// A chance in percent, with one digit behind the point.
fn percent(p: f64) -> f64 {
    (p * 1000.0).round() / 10.0
}
