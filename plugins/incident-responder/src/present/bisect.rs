//! The report of a bisection.

use std::collections::BTreeMap;

use guildhall_report::{Column, ColumnKind, Figure, Prose, Report, ReportOutcome, Table};
use guildhall_source::git::ObjectId;
use serde_json::{Map, Value, json};

use crate::bisect::{Bisected, Observed, WrongEnd};
use crate::event::Seen;
use crate::told::short;
use crate::trial::Title;

/// Commits of an undecided answer that are named.
const MOST_NAMED: usize = 20;

/// Shows what was found.
pub(crate) fn report(found: &Bisected) -> Report {
    let mut texts = vec![line_text(found), answer_text(found)];
    texts.extend(last_failure(found));
    if found.checkout_changed {
        texts.push(Prose::new(
            "checkout",
            "Your checkout has changed meanwhile",
            "Nothing of this works in it, so somebody else has changed it, or a command has by \
             an absolute path.",
        ));
    }
    let answer = &found.answer;
    let milliseconds: u64 = found
        .observed
        .iter()
        .filter_map(|(one, _)| Some(one.trial.as_ref()?.ms))
        .sum();
    Report {
        title: Some("Bisection".to_owned()),
        outcome: Some(outcome(found)),
        texts,
        figures: vec![
            Figure::new(
                "commits",
                "commits between good and bad",
                found.commits as f64,
            ),
            Figure::new("tried", "commits that were tried", found.tried as f64),
            Figure::new("builds", "builds", f64::from(found.builds)),
            Figure::new("runs", "runs that passed or failed", f64::from(answer.runs)),
        ],
        tables: vec![table(&found.observed)],
        run: Map::from_iter([("milliseconds".to_owned(), json!(milliseconds))]),
        extra: Map::from_iter([("incident".to_owned(), json!({"bisect": value(found)}))]),
        ..Report::default()
    }
}

fn outcome(found: &Bisected) -> ReportOutcome {
    let answer = &found.answer;
    if let Some((end, _)) = found.wrong_end {
        return ReportOutcome::unmet(wrong(found, end));
    }
    match (answer.is_decided, answer.among.len()) {
        (true, 1) => ReportOutcome::Met,
        (true, count) => ReportOutcome::unmet(format!(
            "one of {count} commits is the first bad one; those before the last of them could not \
             be tried"
        )),
        (false, count) => ReportOutcome::unmet(format!(
            "it is not decided: probably one of {count} commits"
        )),
    }
}

fn line_text(found: &Bisected) -> Prose {
    let Bisected {
        good, bad, commits, ..
    } = found;
    let mut body = format!("{good}..{bad}, {commits} commits along first parents.");
    for note in &found.notes {
        body.push_str(&format!(" Note: {note}."));
    }
    Prose::new("line", "Which commits were searched", body)
}

fn answer_text(found: &Bisected) -> Prose {
    let answer = &found.answer;
    if let Some((end, _)) = found.wrong_end {
        return Prose::new(
            "answer",
            "An end is not what it was said to be",
            wrong(found, end),
        );
    }
    let (title, mut body) = match (answer.is_decided, &found.among[..]) {
        (true, [(id, title)]) => ("The first bad commit", format!("{id} {}", title.subject)),
        (true, several) => (
            "The first bad commit is one of these",
            format!(
                "{}\nThose before the last of them could not be tried.",
                names(several)
            ),
        ),
        (false, several) => (
            "It is not decided",
            format!("Probably it is one of these:\n\n{}", names(several)),
        ),
    };
    let (good_failed, good) = answer.good_failed;
    let (bad_passed, bad) = answer.bad_passed;
    body.push_str(&format!(
        "\n\nThe chance that this is so is {} %: of {good} runs before it {good_failed} failed, of {bad} \
         runs from it on {bad_passed} passed.",
        percent(answer.chance)
    ));
    if !answer.is_decided {
        body.push_str(" More runs would decide it: --most-runs sets how many there are.");
    }
    Prose::new("answer", title, body)
}

fn names(commits: &[(ObjectId, Title)]) -> String {
    let shown = commits.iter().take(MOST_NAMED);
    let mut lines: Vec<String> = shown
        .map(|(id, title)| format!("- {} {}", short(&id.to_string()), title.subject))
        .collect();
    if commits.len() > MOST_NAMED {
        lines.push(format!("- and {} more", commits.len() - MOST_NAMED));
    }
    lines.join("\n")
}

fn wrong(found: &Bisected, end: WrongEnd) -> String {
    let (good, bad) = (&found.good, &found.bad);
    match end {
        WrongEnd::BadPasses => format!(
            "the reproduction passes at {bad}, which was said to be bad; it does not show what is \
             looked for, or {bad} is good"
        ),
        WrongEnd::BadIsSkipped => format!(
            "nothing can be said of {bad}, which was said to be bad: it does not build, or the \
             reproduction says nothing there"
        ),
        WrongEnd::GoodFails => format!(
            "the reproduction fails at {good}, which was said to be good; it fails for another \
             reason, or an older commit is to be named by --good"
        ),
    }
}

/// How the last run ended that was none that passed, for an answer that is none.
fn last_failure(found: &Bisected) -> Option<Prose> {
    if found.answer.is_decided {
        return None;
    }
    let (_, last) = found.wrong_end?;
    let last = last.to_string();
    let trials = found.observed.iter().rev();
    let mut trials = trials.filter(|(one, _)| one.commit == last);
    let trial = trials.find_map(|(one, _)| one.trial.as_ref())?;
    let body = format!(
        "{} ({})\n{}",
        trial.argv.join(" "),
        trial.ending(),
        trial.tail
    );
    Some(Prose::new(
        "output",
        "What was run there last",
        body.trim_end(),
    ))
}

/// A row for each commit that was tried, the first tried first.
fn table(observed: &[(Observed, Title)]) -> Table {
    let columns = [
        ("Commit", ColumnKind::Text),
        ("Subject", ColumnKind::Text),
        ("Passed", ColumnKind::Number),
        ("Failed", ColumnKind::Number),
        ("Skipped", ColumnKind::Text),
    ];
    let columns = columns.map(|(title, kind)| Column::new(title, kind));
    let mut order: Vec<&str> = Vec::new();
    let mut rows: BTreeMap<&str, Row<'_>> = BTreeMap::new();
    for (one, title) in observed {
        let row = rows.entry(&one.commit).or_insert_with(|| {
            order.push(&one.commit);
            Row {
                subject: &title.subject,
                ..Row::default()
            }
        });
        match one.seen {
            Seen::Good => row.passed += 1,
            Seen::Bad => row.failed += 1,
            Seen::Skip => row.skipped = one.why_skipped.as_deref().unwrap_or_default(),
        }
    }
    let row_of = |commit: &&str| -> Vec<Value> {
        let row = &rows[commit];
        vec![
            json!(short(commit)),
            json!(row.subject),
            json!(row.passed),
            json!(row.failed),
            json!(row.skipped),
        ]
    };
    Table::new(
        "tried",
        "Commits that were tried, in order",
        columns.to_vec(),
    )
    .with_rows(order.iter().map(row_of).collect())
}

#[derive(Default)]
struct Row<'a> {
    subject: &'a str,
    passed: u32,
    failed: u32,
    skipped: &'a str,
}

fn value(found: &Bisected) -> Value {
    let answer = &found.answer;
    let among = found
        .among
        .iter()
        .map(|(id, title)| json!({"commit": id.to_string(), "subject": title.subject}));
    let runs = found.observed.iter().map(|(one, _)| {
        json!({
            "commit": one.commit,
            "seen": one.seen,
            "why_skipped": one.why_skipped,
            "code": one.trial.as_ref().and_then(|trial| trial.code),
        })
    });
    json!({
        "good": found.good,
        "bad": found.bad,
        "commits": found.commits,
        "decided": answer.is_decided,
        "chance": answer.chance,
        "among": among.collect::<Vec<_>>(),
        "wrong_end": found.wrong_end.map(|(end, id)| json!({"end": end, "commit": id.to_string()})),
        "tried": found.tried,
        "builds": found.builds,
        "good_failed": answer.good_failed,
        "bad_passed": answer.bad_passed,
        "notes": found.notes,
        "checkout_changed": found.checkout_changed,
        "runs": runs.collect::<Vec<_>>(),
    })
}

/// A chance in percent, with one digit behind the point, and never as certain.
pub(crate) fn percent(chance: f64) -> f64 {
    ((chance * 1000.0).floor() / 10.0).min(99.9)
}
