//! Kind `logs`: does the agent group the lines of a log as people have?
//!
//! The cases are a folder of public log sets, `NAME/NAME_2k.log` with
//! `NAME_2k.log_structured.csv` beside it, whose column `Content` has the messages and
//! `EventId` the true groups.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Map, Value, json};

use super::csv::csv;
use super::desk::{Desk, WorkFolder};
use super::kind::{Asked, Case, Kind, Verdict};
use crate::flags::Flags;

/// Lines that are read to tell how fast it is, at the least.
const LINES: usize = 200_000;

/// The kind.
pub(super) struct Logs;

/// A log, and the messages of its lines.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    name: String,
    raw: PathBuf,
    messages: Vec<String>,
}

/// What the agent says of a log.
#[derive(Debug)]
pub(super) struct Answer {
    /// The group of each message.
    messages: Vec<String>,
    /// The group of each line as it stands in the log.
    raw: Vec<String>,
    lines_per_s: f64,
}

impl Kind for Logs {
    const NAME: &'static str = "logs";
    const COLUMNS: &'static [&'static str] = &["id", "ga", "ga_raw", "lines_per_s"];
    type Question = Question;
    type Truth = Vec<String>;
    type Answer = Answer;

    fn new(_: &mut Flags) -> Result<Self> {
        Ok(Self)
    }

    fn read(&self, cases: &Path) -> Result<Vec<Case<Self>>> {
        let shown = cases.display();
        let entries = fs::read_dir(cases).with_context(|| format!("{shown} is no folder"))?;
        let mut folders: Vec<PathBuf> = entries
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_>>()?;
        folders.retain(|folder| folder.is_dir());
        folders.sort();
        ensure!(!folders.is_empty(), "{shown} has no folder with a log");
        folders.iter().map(|folder| case(folder)).collect()
    }

    fn repository(_: &Question) -> Option<&str> {
        None
    }

    fn ask(&self, question: &Question, desk: &mut Desk) -> Result<Answer> {
        let folder = WorkFolder::new()?;
        let text: String = lines(&question.messages);
        fs::write(folder.path().join("messages"), &text)?;
        fs::copy(&question.raw, folder.path().join("raw"))?;
        let times = LINES.div_ceil(question.messages.len().max(1));
        fs::write(folder.path().join("many"), text.repeat(times))?;
        let messages = groups(desk, folder.path(), "messages", &["--messages-only"])?;
        let raw = groups(desk, folder.path(), "raw", &[])?;
        let many = ["incident", "logs", "many", "--messages-only"];
        let report = desk.guildhall(folder.path(), &many)?;
        let lines_per_s = report["run"]["lines_per_s"].as_f64();
        Ok(Answer {
            messages,
            raw,
            lines_per_s: lines_per_s.context("the report does not say how fast it was")?,
        })
    }

    fn judge(&self, asked: Vec<Asked<Self>>, _: &mut Desk) -> Result<Verdict> {
        let scores: Vec<Result<Scores, &str>> = asked.iter().map(scores).collect();
        let of = |part: fn(&Scores) -> f64| -> Vec<f64> {
            let score = |scores: &Result<Scores, &str>| scores.as_ref().map_or(0.0, part);
            scores.iter().map(score).collect()
        };
        let (ga, raw) = (of(|scores| scores.ga), of(|scores| scores.ga_raw));
        let speed = of(|scores| scores.lines_per_s);
        let summary = json!({
            "cases": asked.len(),
            "ga_mean": mean(&ga),
            "ga_min": least(&ga),
            "ga_raw_mean": mean(&raw),
            "ga_raw_min": least(&raw),
            "lines_per_s": mean(&speed).round(),
        });
        Ok(Verdict {
            summary: summary.as_object().cloned().unwrap_or_default(),
            cases: asked.iter().zip(&scores).map(shown).collect(),
        })
    }
}

/// How good an answer is.
struct Scores {
    ga: f64,
    ga_raw: f64,
    lines_per_s: f64,
}

fn case(folder: &Path) -> Result<Case<Logs>> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let raw = folder.join(format!("{name}_2k.log"));
    let table = folder.join(format!("{name}_2k.log_structured.csv"));
    let text = fs::read(&table).with_context(|| format!("{} is missing", table.display()))?;
    let text = String::from_utf8_lossy(&text);
    let mut rows = csv(&text).into_iter();
    let titles = rows.next().unwrap_or_default();
    let column = |title: &str| {
        let at = titles.iter().position(|one| one == title);
        at.with_context(|| format!("{}: there is no column {title}", table.display()))
    };
    let (content, event) = (column("Content")?, column("EventId")?);
    let (mut messages, mut truth) = (Vec::new(), Vec::new());
    for (at, row) in rows.enumerate() {
        let is_whole = row.len() == titles.len();
        ensure!(is_whole, "{}: row {} is not whole", table.display(), at + 2);
        messages.push(row[content].replace(['\n', '\r'], " "));
        truth.push(row[event].clone());
    }
    ensure!(!messages.is_empty(), "{} has no rows", table.display());
    let raw_exists = raw.is_file();
    ensure!(raw_exists, "{} is missing", raw.display());
    Ok(Case {
        question: Question {
            name: name.into_owned(),
            raw,
            messages,
        },
        truth,
    })
}

/// Asks for the group of each line of a file.
fn groups(desk: &mut Desk, folder: &Path, file: &str, more: &[&str]) -> Result<Vec<String>> {
    let target = format!("{file}.groups");
    let asked = ["incident", "logs", file, "--assignments", &target];
    desk.guildhall(folder, &[&asked[..], more].concat())?;
    let groups = fs::read_to_string(folder.join(&target))?;
    Ok(groups.lines().map(str::to_owned).collect())
}

fn scores(asked: &Asked<Logs>) -> Result<Scores, &str> {
    let answer = asked.answer.as_ref().map_err(String::as_str)?;
    let of = |groups: &[String]| {
        let is_whole = groups.len() == asked.truth.len();
        let count = "the answer has another number of lines";
        is_whole
            .then(|| grouping_accuracy(groups, &asked.truth))
            .ok_or(count)
    };
    Ok(Scores {
        ga: of(&answer.messages)?,
        ga_raw: of(&answer.raw)?,
        lines_per_s: answer.lines_per_s,
    })
}

/// The share of lines whose group is exactly one true group.
fn grouping_accuracy(groups: &[String], truth: &[String]) -> f64 {
    let mut pairs: HashMap<(&str, &str), usize> = HashMap::new();
    let (mut found, mut right) = (HashMap::new(), HashMap::new());
    for (group, event) in groups.iter().zip(truth) {
        *pairs.entry((group, event)).or_default() += 1;
        *found.entry(group.as_str()).or_insert(0) += 1;
        *right.entry(event.as_str()).or_insert(0) += 1;
    }
    let is_exact = |((group, event), count): &(&(&str, &str), &usize)| {
        found.get(*group) == Some(*count) && right.get(*event) == Some(*count)
    };
    let exact: usize = pairs.iter().filter(is_exact).map(|(_, count)| count).sum();
    exact as f64 / truth.len().max(1) as f64
}

fn lines(messages: &[String]) -> String {
    messages
        .iter()
        .map(|message| format!("{message}\n"))
        .collect()
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}

fn least(numbers: &[f64]) -> f64 {
    numbers.iter().copied().reduce(f64::min).unwrap_or(0.0)
}

fn shown((asked, scores): (&Asked<Logs>, &Result<Scores, &str>)) -> Value {
    let mut case = Map::new();
    case.insert("id".to_owned(), json!(asked.question.name));
    match scores {
        Ok(scores) => {
            case.insert("ga".to_owned(), json!(scores.ga));
            case.insert("ga_raw".to_owned(), json!(scores.ga_raw));
            case.insert("lines_per_s".to_owned(), json!(scores.lines_per_s));
        }
        Err(error) => {
            case.insert("ga".to_owned(), json!(0.0));
            case.insert("error".to_owned(), json!(error));
        }
    }
    Value::Object(case)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(words: &str) -> Vec<String> {
        words.split(' ').map(str::to_owned).collect()
    }

    /// A folder with one set, `Small`.
    fn cases(events: &[&str]) -> (WorkFolder, Vec<Case<Logs>>) {
        let folder = WorkFolder::new().unwrap();
        let set = folder.path().join("Small");
        fs::create_dir(&set).unwrap();
        let rows = events.iter().enumerate();
        let rows: String = rows
            .map(|(at, event)| format!("{at},\"said \"\"{at}\"\", then\",{event}\n"))
            .collect();
        fs::write(set.join("Small_2k.log"), "raw\n").unwrap();
        let table = set.join("Small_2k.log_structured.csv");
        fs::write(table, format!("LineId,Content,EventId\n{rows}")).unwrap();
        let cases = Logs.read(folder.path()).unwrap();
        (folder, cases)
    }

    #[test]
    fn corrupting_the_truth_changes_no_question() {
        let (one, before) = cases(&["E1", "E2"]);
        let (two, after) = cases(&["E7", "E7"]);
        assert_eq!(before[0].question.messages, after[0].question.messages);
        assert_eq!(before[0].question.messages[0], "said \"0\", then");
        assert_ne!(before[0].truth, after[0].truth);
        assert_ne!(one.path(), two.path());
    }

    #[test]
    fn only_groups_that_are_exactly_right_count() {
        let accuracy = |groups, truth| grouping_accuracy(&texts(groups), &texts(truth));
        assert_eq!(accuracy("1 1 2 3", "a a b c"), 1.0);
        // One group of two parts, and one that has a line of another.
        assert_eq!(accuracy("1 2 3 4", "a a b c"), 0.5);
        assert_eq!(accuracy("1 1 2 2", "a a b c"), 0.5);
        assert_eq!(accuracy("1 1 1 1", "a b b b"), 0.0);
    }

    #[test]
    fn an_answer_that_is_missing_or_too_short_counts_as_wrong() {
        let asked = |answer| {
            let (_folder, mut cases) = cases(&["E1", "E2"]);
            let case = cases.remove(0);
            Asked {
                question: case.question,
                truth: case.truth,
                answer,
            }
        };
        let answer = |groups| Answer {
            messages: texts(groups),
            raw: texts(groups),
            lines_per_s: 5.0,
        };
        let all = vec![
            asked(Ok(answer("1 2"))),
            asked(Ok(answer("1"))),
            asked(Err("it broke".to_owned())),
        ];
        let verdict = Logs.judge(all, &mut Desk::new(None).unwrap()).unwrap();
        assert_eq!(verdict.summary["ga_mean"], json!(1.0 / 3.0));
        assert_eq!(verdict.summary["ga_min"], json!(0.0));
        assert_eq!(verdict.cases[0]["ga"], json!(1.0));
        assert_eq!(verdict.cases[2]["error"], "it broke");
    }

    #[test]
    fn what_is_no_set_is_named() {
        let (folder, _) = cases(&["E1"]);
        let set = folder.path().join("Small");
        fs::remove_file(set.join("Small_2k.log")).unwrap();
        let error = Logs.read(folder.path()).err().unwrap().to_string();
        assert!(error.ends_with("Small_2k.log is missing"), "{error}");
        let error = Logs.read(&set).err().unwrap().to_string();
        assert!(error.ends_with("has no folder with a log"), "{error}");
    }
}
