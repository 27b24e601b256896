//! Kind `replay`: what does the default policy cost on a load, and does it keep its promise?
//!
//! A case is `trace` (a CSV of `arrival_s,service_s`), `wait` and `boot` in seconds and, where
//! there is one, `history`; paths are relative to the file of cases. `at_most_hours` is the
//! bound that a case is held to.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use super::desk::{Desk, WorkFolder};
use super::kind::{Asked, Case, Kind, Verdict};
use crate::flags::Flags;

/// The share of late jobs that is promised, in percent.
const PROMISED: f64 = 5.0;

/// The policies that are tried beside the default, which comes first.
const POLICIES: &str = "default,keda:1.0,hpa:0.7";

/// The kind.
pub(super) struct Replay;

/// A load.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    name: String,
    trace: PathBuf,
    history: Option<PathBuf>,
    wait: f64,
    boot: f64,
}

impl Kind for Replay {
    const NAME: &'static str = "replay";
    const COLUMNS: &'static [&'static str] = &[
        "trace",
        "boot",
        "hours",
        "at_most_hours",
        "p95",
        "p99",
        "miss",
        "changes",
        "keda_hours",
        "keda_miss",
        "hpa_hours",
        "hpa_miss",
    ];
    type Question = Question;
    /// The bound, where there is one.
    type Truth = Option<f64>;
    /// The figures of each policy.
    type Answer = Vec<Value>;

    fn new(_: &mut Flags) -> Result<Self> {
        Ok(Self)
    }

    fn read(&self, cases: &Path) -> Result<Vec<Case<Self>>> {
        let shown = cases.display();
        let text = std::fs::read(cases).with_context(|| format!("{shown} cannot be read"))?;
        let list: Vec<Value> = serde_json::from_slice(&text)
            .with_context(|| format!("{shown} is no list of cases"))?;
        let folder = cases.parent().unwrap_or(Path::new("."));
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let case = |(at, value): (usize, &Value)| {
            case(&folder, value).with_context(|| format!("{shown}: case {}", at + 1))
        };
        list.iter().enumerate().map(case).collect()
    }

    fn repository(_: &Question) -> Option<&str> {
        None
    }

    fn ask(&self, question: &Question, desk: &mut Desk) -> Result<Vec<Value>> {
        let folder = WorkFolder::new()?;
        let (wait, boot) = (question.wait.to_string(), question.boot.to_string());
        let trace = question.trace.to_str().context("the path is no text")?;
        let mut asked = vec![
            "optimize", "replay", "--trace", trace, "--wait", &wait, "--boot", &boot, "--policy",
            POLICIES,
        ];
        if let Some(history) = &question.history {
            let history = history.to_str().context("the path is no text")?;
            asked.extend(["--history", history]);
        }
        let report = desk.guildhall(folder.path(), &asked)?;
        let policies = report["policies"].as_array().cloned();
        policies.context("the report does not compare policies")
    }

    fn judge(&self, asked: Vec<Asked<Self>>, _: &mut Desk) -> Result<Verdict> {
        let cases: Vec<Value> = asked.iter().map(shown).collect();
        let figures = |name: &str| -> Vec<f64> {
            cases
                .iter()
                .filter_map(|case| case[name].as_f64())
                .collect()
        };
        let (hours, keda) = (figures("hours"), figures("keda_hours"));
        let logs = hours
            .iter()
            .zip(&keda)
            .map(|(ours, theirs)| (ours / theirs).ln());
        let ratio = (logs.sum::<f64>() / hours.len().max(1) as f64).exp();
        let misses = figures("miss");
        let bounded = cases
            .iter()
            .filter(|case| case["at_most_hours"].is_number());
        let summary = json!({
            "cases": cases.len(),
            "kept": misses.iter().filter(|miss| **miss <= PROMISED).count(),
            "bounded": bounded.clone().count(),
            "within_bounds": bounded.filter(|case| is_within(case)).count(),
            "cost_ratio_keda": (ratio * 1e4).round() / 1e4,
            "worst_miss": misses.iter().copied().reduce(f64::max),
        });
        Ok(Verdict {
            summary: summary.as_object().cloned().unwrap_or_default(),
            cases,
        })
    }
}

fn case(folder: &Path, value: &Value) -> Result<Case<Replay>> {
    let text = |key: &str| value[key].as_str();
    let number = |key: &str| {
        let number = value[key].as_f64();
        number.with_context(|| format!("`{key}` is no number"))
    };
    let name = text("trace").context("`trace` is no path")?;
    Ok(Case {
        question: Question {
            name: name.to_owned(),
            trace: folder.join(name),
            history: text("history").map(|history| folder.join(history)),
            wait: number("wait")?,
            boot: number("boot")?,
        },
        truth: value["at_most_hours"].as_f64(),
    })
}

fn is_within(case: &Value) -> bool {
    let (hours, most) = (case["hours"].as_f64(), case["at_most_hours"].as_f64());
    hours.zip(most).is_some_and(|(hours, most)| hours <= most)
}

fn shown(asked: &Asked<Replay>) -> Value {
    let mut case = Map::new();
    case.insert("trace".to_owned(), json!(asked.question.name));
    case.insert("boot".to_owned(), json!(asked.question.boot));
    case.insert("at_most_hours".to_owned(), json!(asked.truth));
    match asked.answer.as_deref() {
        Ok([default, keda, hpa]) => {
            for key in ["hours", "p50", "p95", "p99", "miss", "changes"] {
                case.insert(key.to_owned(), default[key].clone());
            }
            for (name, peer) in [("keda", keda), ("hpa", hpa)] {
                case.insert(format!("{name}_hours"), peer["hours"].clone());
                case.insert(format!("{name}_miss"), peer["miss"].clone());
            }
        }
        Ok(other) => {
            let error = format!("it compares {} policies", other.len());
            case.insert("error".to_owned(), json!(error));
        }
        Err(error) => {
            case.insert("error".to_owned(), json!(error));
        }
    }
    Value::Object(case)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(most: f64) -> Vec<Case<Replay>> {
        let folder = WorkFolder::new().unwrap();
        let file = folder.path().join("cases.json");
        let case = json!([{
            "trace": "a.csv", "wait": 5, "boot": 30, "history": null, "at_most_hours": most
        }]);
        std::fs::write(&file, case.to_string()).unwrap();
        let mut cases = Replay.read(&file).unwrap();
        // Folders differ from call to call.
        cases[0].question.trace = PathBuf::from(cases[0].question.trace.file_name().unwrap());
        cases
    }

    #[test]
    fn corrupting_the_truth_changes_no_question() {
        let (one, other) = (cases(10.0), cases(0.1));
        assert_eq!(one[0].question, other[0].question);
        assert_ne!(one[0].truth, other[0].truth);
    }

    #[test]
    fn promises_and_bounds_are_counted_and_failures_are_neither() {
        let policy = |hours: f64, miss: f64| json!({"hours": hours, "miss": miss});
        let asked = |answer| Asked {
            question: cases(1.0).remove(0).question,
            truth: Some(10.0),
            answer,
        };
        let all = vec![
            asked(Ok(vec![
                policy(5.0, 4.9),
                policy(10.0, 1.0),
                policy(9.0, 9.0),
            ])),
            asked(Ok(vec![
                policy(20.0, 5.1),
                policy(10.0, 1.0),
                policy(9.0, 9.0),
            ])),
            asked(Err("it broke".to_owned())),
        ];
        let verdict = Replay.judge(all, &mut Desk::new(None).unwrap()).unwrap();
        assert_eq!(verdict.summary["cases"], 3);
        assert_eq!(verdict.summary["kept"], 1);
        assert_eq!(verdict.summary["within_bounds"], 1);
        assert_eq!(verdict.summary["bounded"], 3);
        assert_eq!(verdict.summary["cost_ratio_keda"], 1.0);
        assert_eq!(verdict.summary["worst_miss"], 5.1);
        assert_eq!(verdict.cases[2]["error"], "it broke");
    }

    #[test]
    fn a_case_without_its_figures_is_named() {
        let folder = WorkFolder::new().unwrap();
        let file = folder.path().join("cases.json");
        std::fs::write(&file, r#"[{"trace": "a.csv", "wait": 5}]"#).unwrap();
        let error = format!("{:#}", Replay.read(&file).err().unwrap());
        assert!(error.ends_with("case 1: `boot` is no number"), "{error}");
    }
}
