//! The report of a merge.

use guildhall_merge::{Dropped, Hunk, Reason, Side, Status, Take};
use guildhall_report::{Column, ColumnKind, Figure, Prose, Report, ReportOutcome, Table};
use serde_json::{Map, Value, json};

use super::checks::{Check, Checks};
use super::conflicts::Collision;
use super::files::FileMerge;
use super::request::MergeRequest;

const NANO: f64 = 1e9;

/// Characters of a dropped line that are shown.
const SHOWN: usize = 80;

/// All that is shown.
pub(crate) struct Shown<'a> {
    pub(crate) request: &'a MergeRequest,
    pub(crate) collision: &'a Collision,
    pub(crate) files: &'a [FileMerge<'a>],
    pub(crate) checks: &'a Checks,
    /// Paths of the files that were written.
    pub(crate) written: &'a [String],
    /// Under what it is kept.
    pub(crate) id: Option<&'a str>,
}

/// How many hunks are what.
#[derive(Default)]
struct Counts {
    hunks: usize,
    answered: usize,
    applied: usize,
    proposed: usize,
    left: usize,
    /// Files that are not merged by their content.
    files: usize,
}

/// Shows a merge.
pub(crate) fn report(shown: &Shown<'_>) -> Report {
    let counts = Counts::of(shown.files);
    let dropped: Vec<(&FileMerge<'_>, Dropped)> = shown
        .files
        .iter()
        .flat_map(|file| {
            file.dropped()
                .into_iter()
                .map(move |dropped| (file, dropped))
        })
        .filter(|(_, dropped)| dropped.reason != Reason::Elsewhere)
        .collect();
    let figure = |id: &str, label: &str, count: usize| Figure::new(id, label, count as f64);
    let mut run = Map::new();
    if let Some(millis) = durations(shown.checks) {
        run.insert("checks".to_owned(), millis);
    }
    Report {
        title: Some(title(shown)),
        outcome: Some(counts.outcome(shown.checks)),
        texts: texts(shown, &counts, dropped.len()),
        figures: vec![
            figure("files", "files in conflict", shown.files.len()),
            figure("hunks", "hunks in conflict", counts.hunks),
            figure("applied", "applied", counts.applied),
            figure("answered", "answered", counts.answered),
            figure("proposed", "proposed", counts.proposed),
            figure("left", "left", counts.left),
            figure("dropped", "lines dropped", dropped.len()),
        ],
        tables: tables(shown, &dropped),
        run,
        extra: Map::from_iter([("merge".to_owned(), json(shown))]),
        ..Report::default()
    }
}

impl Counts {
    fn of(files: &[FileMerge<'_>]) -> Self {
        let mut counts = Self::default();
        for file in files {
            let Ok(merged) = &file.merged else {
                match file.whole {
                    Some(_) => counts.answered += 1,
                    None => counts.files += 1,
                }
                continue;
            };
            for (hunk, answer) in merged.hunks.iter().zip(&file.answers) {
                counts.hunks += 1;
                match (answer, hunk.status) {
                    (Some(_), _) => counts.answered += 1,
                    (None, Status::Applied) => counts.applied += 1,
                    (None, Status::Proposed) => counts.proposed += 1,
                    (None, Status::Left) => counts.left += 1,
                }
            }
        }
        counts
    }

    fn outcome(&self, checks: &Checks) -> ReportOutcome {
        let mut open = Vec::new();
        let failed = checks.ran.iter().filter(|check| !check.passed).count();
        if failed > 0 {
            let checks = if failed == 1 { "check" } else { "checks" };
            open.push(format!("{failed} {checks} did not pass"));
        }
        for (count, what) in [(self.proposed, "proposed"), (self.left, "left")] {
            if count > 0 {
                let hunks = if count == 1 { "hunk is" } else { "hunks are" };
                open.push(format!("{count} {hunks} {what}"));
            }
        }
        if self.files > 0 {
            let files = if self.files == 1 {
                "file is"
            } else {
                "files are"
            };
            open.push(format!("{} {files} not merged by content", self.files));
        }
        match open.is_empty() {
            true => ReportOutcome::Met,
            false => ReportOutcome::unmet(open.join(", ")),
        }
    }
}

fn title(shown: &Shown<'_>) -> String {
    match &shown.collision.commits {
        Some(commits) => {
            let short =
                |id: &dyn std::fmt::Display| id.to_string().chars().take(10).collect::<String>();
            let named = |name: &Option<String>, id| match name {
                Some(name) if name.len() < 40 => name.clone(),
                Some(_) => short(id),
                None => "HEAD".to_owned(),
            };
            let theirs = named(&shown.request.theirs, &commits.theirs);
            format!(
                "Merge of {theirs} into {}",
                named(&shown.request.ours, &commits.ours)
            )
        }
        None => "Merge of three files".to_owned(),
    }
}

fn texts(shown: &Shown<'_>, counts: &Counts, dropped: usize) -> Vec<Prose> {
    let mut texts = Vec::new();
    if let Some(why) = &shown.checks.why_not {
        texts.push(Prose::new("checks", "No check was run", format!("{why}.")));
    }
    for (at, check) in shown.checks.ran.iter().enumerate() {
        texts.push(Prose::new(format!("check-{at}"), "Check", sentence(check)));
    }
    if shown.files.is_empty() {
        let body = "Git merges these without a conflict; there is nothing to resolve.";
        texts.insert(0, Prose::new("clean", "No conflict", body));
        return texts;
    }
    let precedents = shown.collision.precedents.len();
    if precedents > 0 {
        let body = format!(
            "{precedents} earlier conflicts of this repository were made again, and what people made of \
             them counts."
        );
        texts.push(Prose::new("precedents", "What earlier merges say", body));
    }
    if dropped > 0 {
        let body = format!(
            "With all proposals, {dropped} lines of either side are not in the result; each is listed with \
             its reason."
        );
        texts.push(Prose::new("dropped", "Lines that are dropped", body));
    }
    if !shown.written.is_empty() {
        let count = shown.written.len();
        let files = if count == 1 { "file was" } else { "files were" };
        let body = format!(
            "{count} {files} written: what is applied or answered, and markers for the rest. Nothing \
             else was changed."
        );
        texts.push(Prose::new("written", "Written", body));
    } else {
        let body = "Nothing was written; `--into PATH` writes the merged files there.";
        texts.push(Prose::new("written", "Nothing is changed", body));
    }
    if let Some(id) = shown
        .id
        .filter(|_| counts.proposed + counts.left + counts.files > 0)
    {
        let body = format!(
            "Kept as {id}. Answer by number and go on: `guildhall resolve merge --resume {id} --answer \
             1=proposal`."
        );
        texts.push(Prose::new("resume", "What is open", body));
    }
    texts
}

fn sentence(check: &Check) -> String {
    let said = match (check.passed, check.timed_out, check.code) {
        (true, ..) => "passed".to_owned(),
        (_, true, _) => "took too long and was ended".to_owned(),
        (_, _, Some(code)) => format!("failed with exit code {code}"),
        (_, _, None) => "was ended by a signal".to_owned(),
    };
    if check.nats == 0.0 {
        return format!(
            "`{}` {said}, which says nothing of the merge.",
            check.command
        );
    }
    format!(
        "`{}` {said}, which counts {:+.3} nats for every hunk.",
        check.command, check.nats
    )
}

fn durations(checks: &Checks) -> Option<Value> {
    let all: Vec<Value> = checks
        .ran
        .iter()
        .map(|check| json!({"ms": check.ms}))
        .collect();
    (!all.is_empty()).then_some(Value::Array(all))
}

fn tables(shown: &Shown<'_>, dropped: &[(&FileMerge<'_>, Dropped)]) -> Vec<Table> {
    let text = |title| Column::new(title, ColumnKind::Text);
    let number = |title| Column::new(title, ColumnKind::Number);
    let mut tables = Vec::new();
    let hunks: Vec<Vec<Value>> = shown.files.iter().flat_map(rows).collect();
    if !hunks.is_empty() {
        let columns = vec![
            number("Hunk"),
            text("Place"),
            text("Status"),
            number("Sure"),
            text("What"),
        ];
        let title = "Hunks; how sure the text is, is in percent";
        tables.push(Table::new("hunks", title, columns).with_rows(hunks));
    }
    let left = shown.files.iter().filter_map(|file| {
        let why = file.merged.as_ref().err()?;
        let why = match file.whole {
            Some(side) => format!("answered: {}", side.name()),
            None => why.clone(),
        };
        Some(vec![json!(file.file.path), json!(why)])
    });
    let left: Vec<Vec<Value>> = left.collect();
    if !left.is_empty() {
        let columns = vec![text("File"), text("Why")];
        tables.push(
            Table::new(
                "files",
                "Files that are not merged by their content",
                columns,
            )
            .with_rows(left),
        );
    }
    if !dropped.is_empty() {
        let columns = vec![text("Side"), text("Place"), text("Why"), text("Line")];
        let row = |(file, dropped): &(&FileMerge<'_>, Dropped)| {
            vec![
                json!(dropped.side.name()),
                json!(format!("{}:{}", file.file.path, dropped.line)),
                json!(why(file, dropped.reason)),
                json!(cut(&dropped.text)),
            ]
        };
        let title = "Lines of a side that are not in the result with all proposals";
        let rows = dropped.iter().map(row).collect();
        tables.push(Table::new("dropped", title, columns).with_rows(rows));
    }
    tables
}

fn rows(file: &FileMerge<'_>) -> Vec<Vec<Value>> {
    let Ok(merged) = &file.merged else {
        return Vec::new();
    };
    let row = |(at, hunk): (usize, &Hunk)| {
        let (status, what) = match (&file.answers[at], hunk.rule) {
            (Some(answer), _) => ("answered", said(answer).to_owned()),
            (None, Some(rule)) => (hunk.status.name(), rule.sentence().to_owned()),
            (None, None) => (
                hunk.status.name(),
                hunk.why_left.clone().unwrap_or_default(),
            ),
        };
        vec![
            json!(file.first + at),
            json!(format!("{}:{}", file.file.path, hunk.ours.start + 1)),
            json!(status),
            json!((hunk.probability * 100.0).floor()),
            json!(what),
        ]
    };
    merged.hunks.iter().enumerate().map(row).collect()
}

fn said(answer: &Take) -> &'static str {
    match answer {
        Take::Chosen => "the proposal",
        Take::Ours => "our side",
        Take::Theirs => "their side",
        Take::Lines(_) => "a text of its own",
        Take::Markers => "markers",
    }
}

fn why(file: &FileMerge<'_>, reason: Reason) -> String {
    match reason {
        Reason::ChangedByOther => "only the other side changed it".to_owned(),
        Reason::Replaced(hunk, Some(rule)) => format!("hunk {}: {rule}", file.first + hunk),
        Reason::Replaced(hunk, None) => format!("hunk {}: as answered", file.first + hunk),
        Reason::MergedIntoLine(hunk) => {
            format!("hunk {}: merged into another line", file.first + hunk)
        }
        Reason::Repeated => "it is there, not as often".to_owned(),
        Reason::Elsewhere => "it stands elsewhere".to_owned(),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

fn json(shown: &Shown<'_>) -> Value {
    let commits = shown.collision.commits.as_ref();
    let check = |check: &Check| {
        json!({
            "command": check.command, "passed": check.passed, "code": check.code,
            "timed_out": check.timed_out, "nats": check.nats, "output": check.output,
        })
    };
    json!({
        "id": shown.id,
        "ours": commits.map(|commits| commits.ours.to_string()),
        "theirs": commits.map(|commits| commits.theirs.to_string()),
        "base": commits.and_then(|commits| commits.base).map(|base| base.to_string()),
        "precedents": shown.collision.precedents.len(),
        "checks": shown.checks.ran.iter().map(check).collect::<Vec<_>>(),
        "no_check": shown.checks.why_not,
        "written": shown.written,
        "files": shown.files.iter().map(|file| file_json(file, shown.request.texts)).collect::<Vec<_>>(),
    })
}

fn file_json(file: &FileMerge<'_>, with_texts: bool) -> Value {
    let merged = match &file.merged {
        Ok(merged) => merged,
        Err(why) => {
            let status = file.status().name();
            let answer = file.whole.map(Side::name);
            return json!({
                "path": file.file.path, "status": status, "probability": 0.0, "why_left": why,
                "answer": answer,
            });
        }
    };
    let mut value = json!({
        "path": file.file.path,
        "status": file.status().name(),
        "probability": merged.probability,
    });
    let written = file.proposal();
    let hunk = |(at, hunk): (usize, &Hunk)| {
        let mut value = hunk_json(hunk, file.first + at);
        if let Some(answer) = &file.answers[at] {
            value["answer"] = json!(said(answer));
        }
        if let Some(range) = written.as_ref().and_then(|written| written.hunks.get(at)) {
            value["range"]["result"] = json!([range.start, range.end]);
        }
        value
    };
    value["hunks"] = merged.hunks.iter().enumerate().map(hunk).collect();
    let dropped = |dropped: &Dropped| {
        json!({
            "side": dropped.side.name(), "line": dropped.line, "text": dropped.text,
            "reason": dropped.reason.name(), "why": why(file, dropped.reason),
        })
    };
    value["dropped"] = file.dropped().iter().map(dropped).collect();
    if with_texts {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok();
        value["text"] = json!(file.bytes().and_then(text));
        value["proposal"] = json!(written.and_then(|written| text(written.bytes)));
        value["best"] = json!(text(file.best(merged).bytes));
    }
    value
}

fn hunk_json(hunk: &Hunk, number: usize) -> Value {
    let nats = |nano: i64| nano as f64 / NANO;
    let lines = |range: &std::ops::Range<usize>| json!([range.start, range.end]);
    let ledger = hunk.ledger.iter();
    let ledger: Vec<Value> = ledger
        .map(|line| json!({"term": line.term, "nats": nats(line.nanonats)}))
        .collect();
    let alternatives = hunk.alternatives.iter();
    let alternatives: Vec<Value> = alternatives
        .map(|other| {
            json!({
                "rule": other.rule.name(), "share": other.probability, "lines": other.lines,
            })
        })
        .collect();
    json!({
        "number": number,
        "status": hunk.status.name(),
        "probability": hunk.probability,
        "rule": hunk.rule.map(|rule| rule.name()),
        "agreed_by": hunk.agreed_by.iter().map(|rule| rule.name()).collect::<Vec<_>>(),
        "why_left": hunk.why_left,
        "side_matters": hunk.side_matters.map(|rule| rule.name()),
        "range": {
            "base": lines(&hunk.base), "ours": lines(&hunk.ours), "theirs": lines(&hunk.theirs),
        },
        "lines": hunk.lines,
        "score": nats(hunk.total),
        "score_of_none": nats(hunk.none),
        "ledger": ledger,
        "alternatives": alternatives,
    })
}
