//! Kind `debt`: is what the scanner measures of a function what independent tools agree on?

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Row};
use super::cases::{Record, read_cases};
use super::desk::Desk;
use super::kind::{Asked, Case, Kind, Verdict};
use super::snapshot::History;
use crate::flags::Flags;

/// The kind.
pub(super) struct Debt;

/// A function at a commit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    repository: String,
    commit: String,
    path: String,
    function: String,
    /// The line in which it begins, to tell namesakes apart.
    start: Option<u64>,
}

/// The values that tools agree on, and those that an agent measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Values {
    cyclomatic: u64,
    cognitive: u64,
}

impl Kind for Debt {
    const NAME: &'static str = "debt";
    const COLUMNS: &'static [&'static str] = &["repo", "path", "function", "expected", "got"];
    type Question = Question;
    type Truth = Values;
    type Answer = Values;

    fn new(_: &mut Flags) -> Result<Self> {
        Ok(Self)
    }

    fn read(&self, cases: &Path) -> Result<Vec<Case<Self>>> {
        read_cases(cases, "functions", case)
    }

    fn repository(question: &Question) -> Option<&str> {
        Some(&question.repository)
    }

    fn ask(&self, question: &Question, desk: &mut Desk) -> Result<Values> {
        let folder = desk.snapshot(&question.repository, &question.commit, History::None)?;
        let report = desk.guildhall(&folder, &["metrics", &question.path])?;
        measured(&report, question)
    }

    fn judge(&self, asked: Vec<Asked<Self>>, _: &mut Desk) -> Result<Verdict> {
        let exact = |part: fn(&Values) -> u64| {
            let is_exact = |asked: &&Asked<Self>| {
                let got = asked.answer.as_ref();
                got.is_ok_and(|got| part(got) == part(&asked.truth))
            };
            asked.iter().filter(is_exact).count()
        };
        let summary = json!({
            "cases": asked.len(),
            "cyclomatic_exact": exact(|values| values.cyclomatic),
            "cognitive_exact": exact(|values| values.cognitive),
        });
        Ok(Verdict {
            summary: summary.as_object().cloned().unwrap_or_default(),
            cases: asked.iter().map(shown).collect(),
        })
    }
}

fn case(record: &Record<'_>) -> Result<Case<Debt>> {
    Ok(Case {
        question: Question {
            repository: record.repository("repo")?,
            commit: record.commit("sha")?,
            path: record.path("path")?,
            function: record.text("function")?.to_owned(),
            start: record.whole_or_none("start_line")?,
        },
        truth: Values {
            cyclomatic: record.whole("cyclomatic")?,
            cognitive: record.whole("cognitive")?,
        },
    })
}

/// What the report says of the function that is asked for.
fn measured(report: &Value, question: &Question) -> Result<Values> {
    let table = Answer::table(report, "metrics")?;
    let mut found: Vec<Row<'_>> = Vec::new();
    for row in table.rows() {
        if is_called(row.text("Function")?, &question.function) {
            found.push(row);
        }
    }
    let row = match (found.as_slice(), question.start) {
        ([], _) => bail!("{}", nothing(report, question)),
        ([only], _) => *only,
        (several, Some(line)) => at_line(several, line)?.with_context(|| {
            let (count, name) = (several.len(), &question.function);
            format!("none of {count} functions `{name}` is in line {line}")
        })?,
        (several, None) => bail!(
            "{} functions are called `{}`; a `start_line` would tell them apart",
            several.len(),
            question.function
        ),
    };
    Ok(Values {
        cyclomatic: row.number("Cyclomatic")? as u64,
        cognitive: row.number("Cognitive")? as u64,
    })
}

/// Whether a qualified name ends in `name`, which may be qualified as well.
fn is_called(qualified: &str, name: &str) -> bool {
    let before = qualified.strip_suffix(name);
    before.is_some_and(|before| before.is_empty() || before.ends_with("::"))
}

/// The function that begins in a line, else the one that ends first of those around it:
/// tools do not agree on whether attributes belong to a function.
fn at_line<'a>(rows: &[Row<'a>], line: u64) -> Result<Option<Row<'a>>> {
    let line = line as f64;
    let mut around: Option<(f64, Row<'a>)> = None;
    for row in rows {
        let (start, end) = (row.number("Start")?, row.number("End")?);
        if start == line {
            return Ok(Some(*row));
        }
        let is_around = line <= end;
        if is_around && around.is_none_or(|(best, _)| end < best) {
            around = Some((end, *row));
        }
    }
    Ok(around.map(|(_, row)| row))
}

/// Why a function is not there.
fn nothing(report: &Value, question: &Question) -> String {
    let skipped = report["skipped"].as_array().and_then(|list| list.first());
    match skipped {
        Some(skipped) => format!(
            "{} was not measured: {}",
            question.path,
            skipped["reason"].as_str().unwrap_or_default()
        ),
        None => format!("there is no function `{}`", question.function),
    }
}

fn shown(asked: &Asked<Debt>) -> Value {
    let values =
        |values: &Values| json!({"cyclomatic": values.cyclomatic, "cognitive": values.cognitive});
    let mut case = Map::new();
    case.insert("repo".to_owned(), json!(asked.question.repository));
    case.insert("path".to_owned(), json!(asked.question.path));
    case.insert("function".to_owned(), json!(asked.question.function));
    case.insert("expected".to_owned(), values(&asked.truth));
    case.insert(
        "got".to_owned(),
        asked.answer.as_ref().map_or(Value::Null, values),
    );
    if let Err(error) = &asked.answer {
        case.insert("error".to_owned(), json!(error));
    }
    Value::Object(case)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::desk::WorkFolder;

    fn a_case() -> Value {
        json!({
            "repo": "github.com/some/repo", "sha": "0".repeat(40), "path": "src/a.rs",
            "function": "f", "start_line": 3, "cyclomatic": 4, "cognitive": 5,
        })
    }

    fn read(cases: &Value) -> Result<Vec<Case<Debt>>> {
        let folder = WorkFolder::new()?;
        let file = folder.path().join("cases.json");
        std::fs::write(&file, cases.to_string())?;
        Debt.read(&file)
    }

    fn report(rows: &Value) -> Value {
        let columns = ["Function", "Start", "End", "Cyclomatic", "Cognitive"];
        let columns: Vec<Value> = columns
            .iter()
            .map(|title| json!({"title": title}))
            .collect();
        json!({"skipped": [], "tables": [{"id": "metrics", "columns": columns, "rows": rows}]})
    }

    fn question(function: &str, start: Option<u64>) -> Question {
        let case = read(&json!([a_case()])).unwrap().remove(0);
        Question {
            function: function.to_owned(),
            start,
            ..case.question
        }
    }

    #[test]
    fn the_truth_is_no_part_of_the_question() {
        let mut corrupt = a_case();
        corrupt["cyclomatic"] = json!(99);
        corrupt["cognitive"] = json!(98);
        corrupt["agree"] = json!({"cyclomatic": ["nobody"]});
        let cases = read(&json!({"functions": [a_case(), corrupt]})).unwrap();
        assert_eq!(cases[0].question, cases[1].question);
        assert_ne!(cases[0].truth, cases[1].truth);
        assert_eq!(Debt::repository(&cases[0].question), Some("some/repo"));
    }

    #[test]
    fn every_key_that_is_missing_or_wrong_is_named() {
        for (key, value, expected) in [
            ("repo", json!(null), "a repository as OWNER/NAME"),
            ("repo", json!("a"), "a repository as OWNER/NAME"),
            ("sha", json!("HEAD"), "the full id of a commit"),
            ("path", json!("../a.rs"), "a path relative"),
            ("function", json!(7), "a text"),
            ("start_line", json!("3"), "a whole number"),
            ("cyclomatic", json!(-1), "a whole number"),
            ("cognitive", json!({}), "a whole number, found an object"),
        ] {
            let mut wrong = a_case();
            wrong[key] = value;
            let error = read(&json!([a_case(), wrong])).err().unwrap().to_string();
            // `null` is no text, so the first of the two is told of as a text.
            let place = format!("cases.json: [1].{key}: expected ");
            let (_, what) = error
                .split_once(&place)
                .unwrap_or_else(|| panic!("{error}"));
            assert!(
                what.starts_with(expected) || what == "a text, found null",
                "{error}"
            );
        }
    }

    #[test]
    fn the_function_is_found_by_its_name_and_line() {
        let report = report(&json!([
            ["A::f", 3, 5, 1, 10],
            ["B::f", 8, 20, 2, 20],
            ["m::g", 22, 23, 3, 30],
            ["wolf", 25, 26, 4, 40],
        ]));
        let cognitive = |function: &str, start| {
            measured(&report, &question(function, start)).map(|values| values.cognitive)
        };
        assert_eq!(cognitive("f", Some(3)).unwrap(), 10);
        // A line of its attributes, and one within it.
        assert_eq!(cognitive("f", Some(7)).unwrap(), 20);
        assert_eq!(cognitive("f", Some(9)).unwrap(), 20);
        assert_eq!(cognitive("B::f", None).unwrap(), 20);
        assert_eq!(cognitive("g", Some(1)).unwrap(), 30);
        for (function, start, message) in [
            ("f", None, "2 functions are called `f`"),
            ("f", Some(24), "none of 2 functions `f` is in line 24"),
            ("h", None, "there is no function `h`"),
        ] {
            let error = cognitive(function, start).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn a_file_that_was_not_measured_says_why() {
        let mut report = report(&json!([]));
        report["skipped"] =
            json!([{"path": "a.rs", "code": "not-utf8", "reason": "it is not UTF-8"}]);
        let error = measured(&report, &question("f", None)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "src/a.rs was not measured: it is not UTF-8"
        );
    }

    #[test]
    fn no_answer_and_a_wrong_one_count_as_wrong() {
        let asked = |answer: Result<Values, String>| {
            let case = read(&json!([a_case()])).unwrap().remove(0);
            Asked {
                question: case.question,
                truth: case.truth,
                answer,
            }
        };
        let values = |cyclomatic, cognitive| Values {
            cyclomatic,
            cognitive,
        };
        let all = vec![
            asked(Ok(values(4, 5))),
            asked(Ok(values(4, 6))),
            asked(Err("it broke".to_owned())),
        ];
        let verdict = Debt.judge(all, &mut Desk::new(None).unwrap()).unwrap();
        let expected = json!({"cases": 3, "cyclomatic_exact": 2, "cognitive_exact": 1});
        assert_eq!(Value::Object(verdict.summary), expected);
        assert_eq!(verdict.cases[2]["got"], Value::Null);
        assert_eq!(verdict.cases[2]["error"], "it broke");
        let got = json!({"cyclomatic": 4, "cognitive": 6});
        assert_eq!(verdict.cases[1]["got"], got);
    }
}
