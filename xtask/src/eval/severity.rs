//! Kind `severity`: does the agent call an incident as bad as people did?
//!
//! Each case is asked twice: with the facts that are known of it, and with its text alone.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use super::cases::{Record, read_cases};
use super::desk::{Desk, WorkFolder};
use super::kind::{Asked, Case, Kind, Verdict};
use crate::flags::Flags;

/// The kind.
pub(super) struct Severity;

/// What is known of an incident.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    id: String,
    /// In the agent's own form.
    facts: Value,
    text: String,
}

/// What the agent says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    facts: String,
    text: String,
}

impl Kind for Severity {
    const NAME: &'static str = "severity";
    const COLUMNS: &'static [&'static str] = &["id", "expected", "facts", "text"];
    type Question = Question;
    type Truth = String;
    type Answer = Answer;

    fn new(_: &mut Flags) -> Result<Self> {
        Ok(Self)
    }

    fn read(&self, cases: &Path) -> Result<Vec<Case<Self>>> {
        read_cases(cases, "cases", case)
    }

    fn repository(_: &Question) -> Option<&str> {
        None
    }

    fn ask(&self, question: &Question, desk: &mut Desk) -> Result<Answer> {
        let folder = WorkFolder::new()?;
        // The title says nothing, so that only the facts count.
        let facts = json!({"title": "an incident", "facts": question.facts});
        let text = json!({"text": question.text});
        let mut ask = |name: &str, told: &Value| -> Result<String> {
            fs::write(folder.path().join(name), told.to_string())?;
            let report = desk.guildhall(folder.path(), &["incident", "assess", name])?;
            let severity = report["incident"]["severity"].as_str();
            Ok(severity.context("the report has no severity")?.to_owned())
        };
        Ok(Answer {
            facts: ask("facts.json", &facts)?,
            text: ask("text.json", &text)?,
        })
    }

    fn judge(&self, asked: Vec<Asked<Self>>, _: &mut Desk) -> Result<Verdict> {
        let exact = |part: fn(&Answer) -> &str| {
            let is_exact = |asked: &&Asked<Self>| {
                let got = asked.answer.as_ref();
                got.is_ok_and(|got| part(got) == asked.truth)
            };
            asked.iter().filter(is_exact).count()
        };
        let summary = json!({
            "cases": asked.len(),
            "exact_facts": exact(|answer| &answer.facts),
            "exact_text": exact(|answer| &answer.text),
            "sev1_undercalled": asked.iter().map(undercalled).sum::<usize>(),
        });
        Ok(Verdict {
            summary: summary.as_object().cloned().unwrap_or_default(),
            cases: asked.iter().map(shown).collect(),
        })
    }
}

fn case(record: &Record<'_>) -> Result<Case<Severity>> {
    let facts = record.object("facts")?;
    // The cases call the minutes `dur`.
    let fact = |(key, value): (&String, &Value)| {
        let key = if key == "dur" { "minutes" } else { key };
        (key.to_owned(), value.clone())
    };
    let truth = record.text("human_severity")?;
    let is_level = matches!(truth, "sev1" | "sev2" | "sev3" | "sev4");
    record.insist("human_severity", is_level, "sev1, sev2, sev3 or sev4")?;
    Ok(Case {
        question: Question {
            id: record.text("id")?.to_owned(),
            facts: Value::Object(facts.iter().map(fact).collect()),
            text: record.text("text")?.to_owned(),
        },
        truth: truth.to_owned(),
    })
}

/// How often what was the worst is called less, or not at all.
fn undercalled(asked: &Asked<Severity>) -> usize {
    if asked.truth != "sev1" {
        return 0;
    }
    match &asked.answer {
        Ok(answer) => {
            let both = [&answer.facts, &answer.text];
            both.into_iter()
                .filter(|said| said.as_str() != "sev1")
                .count()
        }
        Err(_) => 2,
    }
}

fn shown(asked: &Asked<Severity>) -> Value {
    let mut case = Map::new();
    case.insert("id".to_owned(), json!(asked.question.id));
    case.insert("expected".to_owned(), json!(asked.truth));
    let answer = asked.answer.as_ref();
    case.insert("facts".to_owned(), json!(answer.ok().map(|it| &it.facts)));
    case.insert("text".to_owned(), json!(answer.ok().map(|it| &it.text)));
    if let Err(error) = answer {
        case.insert("error".to_owned(), json!(error));
    }
    Value::Object(case)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_case() -> Value {
        json!({
            "id": "a", "source": "somewhere", "text": "It was down.", "human_severity": "sev1",
            "facts": {"reach": "all", "depth": "down", "dur": 13},
        })
    }

    fn read(cases: &Value) -> Result<Vec<Case<Severity>>> {
        let folder = WorkFolder::new()?;
        let file = folder.path().join("cases.json");
        fs::write(&file, cases.to_string())?;
        Severity.read(&file)
    }

    #[test]
    fn corrupting_the_truth_changes_no_question() {
        let mut corrupt = a_case();
        corrupt["human_severity"] = json!("sev4");
        corrupt["source"] = json!("elsewhere");
        let cases = read(&json!([a_case(), corrupt])).unwrap();
        assert_eq!(cases[0].question, cases[1].question);
        assert_ne!(cases[0].truth, cases[1].truth);
        let facts = json!({"reach": "all", "depth": "down", "minutes": 13});
        assert_eq!(cases[0].question.facts, facts);
    }

    #[test]
    fn every_key_that_is_missing_or_wrong_is_named() {
        for (key, value, expected) in [
            ("id", json!(null), "expected a text"),
            ("text", json!(3), "expected a text"),
            ("facts", json!("many"), "expected an object"),
            (
                "human_severity",
                json!("bad"),
                "expected sev1, sev2, sev3 or sev4",
            ),
        ] {
            let mut wrong = a_case();
            wrong[key] = value;
            let error = read(&json!([wrong])).err().unwrap().to_string();
            let place = format!("cases.json: [0].{key}: {expected}");
            assert!(error.contains(&place), "{error}");
        }
    }

    #[test]
    fn no_answer_and_a_lower_one_count_as_wrong() {
        let asked = |answer: Result<(&str, &str), &str>| {
            let case = read(&json!([a_case()])).unwrap().remove(0);
            let answer = answer.map(|(facts, text)| Answer {
                facts: facts.to_owned(),
                text: text.to_owned(),
            });
            Asked {
                question: case.question,
                truth: case.truth,
                answer: answer.map_err(str::to_owned),
            }
        };
        let all = vec![
            asked(Ok(("sev1", "sev1"))),
            asked(Ok(("sev1", "sev2"))),
            asked(Err("it broke")),
        ];
        let verdict = Severity.judge(all, &mut Desk::new(None).unwrap()).unwrap();
        let expected =
            json!({"cases": 3, "exact_facts": 2, "exact_text": 1, "sev1_undercalled": 3});
        assert_eq!(Value::Object(verdict.summary), expected);
        assert_eq!(verdict.cases[2]["error"], "it broke");
    }
}
