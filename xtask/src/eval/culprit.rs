//! Kind `culprit`: does the responder name the commit that brought a regression?
//!
//! Each case is asked three times: `plain`, where there are no tags, so that only words,
//! frames and age count; `window`, with the releases that the case tells; and `own`, where
//! the tags are there and nothing is told but what the reporter wrote.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use super::cases::{Record, read_cases};
use super::desk::{Desk, WorkFolder};
use super::kind::{Asked, Case, Kind, Verdict};
use super::snapshot::History;
use crate::flags::Flags;

/// Of how many first suspects the agent tries whether they could be taken back.
const REVERTS: &str = "20";

/// The kind.
pub(super) struct Culprit;

/// What a user has when it breaks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    id: String,
    repository: String,
    base: String,
    /// As the agent reads it.
    symptom: Value,
    tag_good: Option<String>,
    tag_bad: Option<String>,
}

/// What it was.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Truth {
    culprit: String,
    /// What taking it back comes to; `None` where the case does not say.
    revert: Option<Revert>,
}

/// What taking a commit back comes to: the files in conflict, none where it is clean.
type Revert = Vec<String>;

/// What the agent said each time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    plain: Ranked,
    window: Ranked,
    own: Ranked,
}

/// One answer.
#[derive(Debug, Clone, Default, PartialEq)]
struct Ranked {
    commits: Vec<String>,
    is_high: bool,
    /// The chance of the first.
    p: f64,
    /// Of the first ones, what taking them back comes to; `None` where it was not tried.
    reverts: BTreeMap<String, Option<Revert>>,
}

impl Kind for Culprit {
    const NAME: &'static str = "culprit";
    const COLUMNS: &'static [&'static str] = &["id", "rank", "rank_window", "rank_own", "revert"];
    type Question = Question;
    type Truth = Truth;
    type Answer = Answer;

    fn new(_: &mut Flags) -> Result<Self> {
        Ok(Self)
    }

    fn read(&self, cases: &Path) -> Result<Vec<Case<Self>>> {
        read_cases(cases, "cases", case)
    }

    fn repository(question: &Question) -> Option<&str> {
        Some(&question.repository)
    }

    fn ask(&self, question: &Question, desk: &mut Desk) -> Result<Answer> {
        let files = WorkFolder::new()?;
        let file = files.path().join("symptom.json");
        std::fs::write(&file, question.symptom.to_string())?;
        let file = file.to_str().context("a path that is not UTF-8")?;
        let (name, base) = (&question.repository, &question.base);
        let folder = desk.snapshot(name, base, History::Whole)?;
        let plain = ranked(desk, &folder, file, &[])?;
        let folder = desk.tagged(name, base)?;
        let mut told: Vec<&str> = Vec::new();
        for (flag, tag) in [
            ("--last-good", &question.tag_good),
            ("--first-bad", &question.tag_bad),
        ] {
            // A release that is younger than the base is not there yet.
            if let Some(tag) = tag.as_deref().filter(|tag| has_tag(&folder, tag)) {
                told.extend([flag, tag]);
            }
        }
        let window = ranked(desk, &folder, file, &told)?;
        let own = ranked(desk, &folder, file, &[])?;
        Ok(Answer { plain, window, own })
    }

    fn judge(&self, asked: Vec<Asked<Self>>, _: &mut Desk) -> Result<Verdict> {
        let plain = |answer: &Answer| answer.plain.clone();
        let window = |answer: &Answer| answer.window.clone();
        let own = |answer: &Answer| answer.own.clone();
        let holds = |asked: &&Asked<Self>| rank_of(asked, own).is_some();
        let reverts: Vec<bool> = asked.iter().filter_map(revert_is_right).collect();
        let summary = json!({
            "cases": asked.len(),
            "plain": figures(&asked, plain),
            "window": figures(&asked, window),
            "own": figures(&asked, own),
            "high_confidence": confidence(&asked, window),
            "high_confidence_plain": confidence(&asked, plain),
            "high_confidence_own": confidence(&asked, own),
            "window_recall": share(asked.iter().filter(holds).count(), asked.len()),
            "reverts": {"n": reverts.len(), "right": reverts.iter().filter(|right| **right).count()},
        });
        Ok(Verdict {
            summary: summary.as_object().cloned().unwrap_or_default(),
            cases: asked.iter().map(shown).collect(),
        })
    }
}

fn case(record: &Record<'_>) -> Result<Case<Culprit>> {
    let symptom = record.inner("symptom")?;
    let window = record.inner("window")?;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Ok(Case {
        question: Question {
            id: record.text("id")?.to_owned(),
            repository: record.repository("repo")?,
            base: record.commit("base")?,
            symptom: json!({
                "title": symptom.text("title")?,
                "text": symptom.any_text("body")?,
                "frames": frames(&symptom)?,
                "release": {
                    "last_good": symptom.text_or_none("last_good_reported")?,
                    "first_bad": symptom.text_or_none("first_bad_reported")?,
                },
            }),
            tag_good: owned(window.text_or_none("tag_last_good")?),
            tag_bad: owned(window.text_or_none("tag_first_bad")?),
        },
        truth: Truth {
            culprit: record.commit("culprit")?,
            revert: revert(record)?,
        },
    })
}

/// The frames as the agent reads them.
fn frames(symptom: &Record<'_>) -> Result<Vec<Value>> {
    let frames = symptom.list("frames")?.iter().map(|frame| {
        let file = frame["file"].as_str();
        let file = file.context("a frame of a symptom has no `file`")?;
        Ok(json!({"path": file, "line": frame["line"].as_u64()}))
    });
    frames.collect()
}

fn revert(record: &Record<'_>) -> Result<Option<Revert>> {
    let Ok(expected) = record.inner("expected") else {
        return Ok(None);
    };
    let mut conflicts: Revert = expected.texts_or_none("revert_conflicts")?;
    conflicts.sort();
    Ok(expected.text_or_none("revert_at_base")?.map(|_| conflicts))
}

fn has_tag(folder: &Path, tag: &str) -> bool {
    let repository = super::git::Repository::new_in(folder);
    let name = format!("refs/tags/{tag}");
    repository
        .bytes(["rev-parse", "--verify", "--quiet", &name])
        .is_ok()
}

fn ranked(desk: &mut Desk, folder: &Path, file: &str, told: &[&str]) -> Result<Ranked> {
    let mut arguments = vec!["incident", "suspects", file, "--show-withheld"];
    arguments.extend(["--most", "1000000", "--reverts", REVERTS]);
    arguments.extend(told);
    let report = desk.guildhall(folder, &arguments)?;
    read(&report)
}

/// What the report says.
fn read(report: &Value) -> Result<Ranked> {
    let suspects = &report["incident"]["suspects"]["ranked"];
    let suspects = suspects.as_array().context("the report has no suspects")?;
    let mut ranked = Ranked::default();
    for suspect in suspects {
        let commit = suspect["commit"].as_str();
        let commit = commit.context("a suspect has no commit")?.to_owned();
        if let Some(result) = suspect["revert"]["result"].as_str() {
            let conflicts = suspect["revert"]["conflicts"].as_array();
            let conflicts = conflicts.into_iter().flatten();
            let paths = conflicts.filter_map(|path| path.as_str().map(str::to_owned));
            let was_tried = result != "not-tried";
            let revert = was_tried.then(|| paths.collect());
            ranked.reverts.insert(commit.clone(), revert);
        }
        ranked.commits.push(commit);
    }
    let first = suspects.first();
    ranked.is_high = first.is_some_and(|first| first["high"] == true);
    ranked.p = first.and_then(|first| first["p"].as_f64()).unwrap_or(0.0);
    Ok(ranked)
}

/// The place of the culprit, from one.
fn rank_of(asked: &Asked<Culprit>, which: impl Fn(&Answer) -> Ranked) -> Option<usize> {
    let ranked = which(asked.answer.as_ref().ok()?);
    let culprit = &asked.truth.culprit;
    let at = ranked.commits.iter().position(|commit| commit == culprit)?;
    Some(at + 1)
}

fn figures(asked: &[Asked<Culprit>], which: impl Fn(&Answer) -> Ranked + Copy) -> Value {
    let ranks: Vec<usize> = asked.iter().filter_map(|one| rank_of(one, which)).collect();
    let within = |most: usize| ranks.iter().filter(|rank| **rank <= most).count();
    let sum: f64 = ranks.iter().map(|rank| 1.0 / *rank as f64).sum();
    json!({
        "top1": share(within(1), asked.len()),
        "top5": share(within(5), asked.len()),
        "mrr": sum / asked.len().max(1) as f64,
    })
}

fn confidence(asked: &[Asked<Culprit>], which: impl Fn(&Answer) -> Ranked + Copy) -> Value {
    let is_high = |one: &&Asked<Culprit>| {
        let answer = one.answer.as_ref();
        answer.is_ok_and(|answer| which(answer).is_high)
    };
    let high: Vec<_> = asked.iter().filter(is_high).collect();
    let right = high.iter().filter(|one| rank_of(one, which) == Some(1));
    json!({"n": high.len(), "right": right.count()})
}

/// Whether what was foretold of taking the culprit back is so; `None` where it was not
/// among the first suspects, or the case does not say.
fn revert_is_right(asked: &Asked<Culprit>) -> Option<bool> {
    let expected = asked.truth.revert.as_ref()?;
    let answer = asked.answer.as_ref().ok()?;
    let found = answer.plain.reverts.get(&asked.truth.culprit)?;
    Some(found.as_ref() == Some(expected))
}

fn share(part: usize, all: usize) -> f64 {
    part as f64 / all.max(1) as f64
}

fn shown(asked: &Asked<Culprit>) -> Value {
    let rank = |which: fn(&Answer) -> Ranked| json!(rank_of(asked, which));
    let mut case = Map::new();
    let mut put = |key: &str, value: Value| case.insert(key.to_owned(), value);
    put("id", json!(asked.question.id));
    put("rank", rank(|answer| answer.plain.clone()));
    put("rank_window", rank(|answer| answer.window.clone()));
    put("rank_own", rank(|answer| answer.own.clone()));
    let revert = revert_is_right(asked).map(|right| if right { "right" } else { "wrong" });
    put("revert", json!(revert));
    match &asked.answer {
        Ok(answer) => {
            put("candidates", json!(answer.plain.commits.len()));
            put("candidates_window", json!(answer.window.commits.len()));
            put("p", json!(answer.plain.p));
            put("p_window", json!(answer.window.p));
            put("p_own", json!(answer.own.p));
        }
        Err(error) => {
            put("error", json!(error));
        }
    }
    Value::Object(case)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_case() -> Value {
        json!({
            "id": "a", "repo": "github.com/some/repo", "base": "1".repeat(40),
            "fix": "2".repeat(40), "culprit": "3".repeat(40),
            "symptom": {
                "title": "it broke", "body": "", "frames": [{"file": "a.rs", "line": 3}],
                "last_good_reported": "1.0", "first_bad_reported": null, "source": "the fix",
            },
            "window": {
                "candidates": 5, "culprit_position": 1, "range_commits": 3,
                "tag_last_good": "v1.0", "tag_first_bad": null,
            },
            "expected": {"revert_at_base": "conflict", "revert_conflicts": ["b", "a"]},
            "baseline_ranks": {"recency": 1},
        })
    }

    fn read_cases(cases: &Value) -> Result<Vec<Case<Culprit>>> {
        let folder = WorkFolder::new()?;
        let file = folder.path().join("cases.json");
        std::fs::write(&file, cases.to_string())?;
        Culprit.read(&file)
    }

    #[test]
    fn corrupting_the_truth_changes_no_answer() {
        let mut corrupt = a_case();
        for key in ["fix", "culprit"] {
            corrupt[key] = json!("9".repeat(40));
        }
        for (key, value) in [
            ("candidates", json!(0)),
            ("culprit_position", json!(99)),
            ("range_commits", json!(0)),
        ] {
            corrupt["window"][key] = value;
        }
        corrupt["symptom"]["source"] = json!("somebody else");
        corrupt["expected"] = json!({"revert_at_base": "clean", "revert_conflicts": []});
        corrupt["baseline_ranks"] = json!({});
        let cases = read_cases(&json!([a_case(), corrupt])).unwrap();
        // The question is all that the asking has.
        assert_eq!(cases[0].question, cases[1].question);
        assert_ne!(cases[0].truth, cases[1].truth);
        let question = format!("{:?}", cases[0].question);
        for truth in ["2".repeat(40), "3".repeat(40)] {
            assert!(!question.contains(&truth));
        }
        let conflicts = Some(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(cases[0].truth.revert, conflicts);
    }

    #[test]
    fn a_wrong_key_within_the_symptom_is_named() {
        let mut wrong = a_case();
        wrong["symptom"]["title"] = json!(3);
        let error = read_cases(&json!([wrong])).err().unwrap().to_string();
        assert!(
            error.contains("[0].symptom.title: expected a text"),
            "{error}"
        );
        let mut wrong = a_case();
        wrong["window"] = json!([]);
        let error = read_cases(&json!([wrong])).err().unwrap().to_string();
        assert!(error.contains("[0].window: expected an object"), "{error}");
    }

    fn report(commits: &[(&str, bool, Value)]) -> Value {
        let ranked: Vec<Value> = commits
            .iter()
            .map(|(commit, high, revert)| {
                json!({"commit": commit.repeat(40), "high": high, "p": 0.5, "revert": revert})
            })
            .collect();
        json!({"incident": {"suspects": {"ranked": ranked}}})
    }

    #[test]
    fn ranks_confidence_and_reverts_are_held_against_the_truth() {
        let conflict = json!({"result": "conflict", "conflicts": ["a", "b"]});
        let clean = json!({"result": "clean"});
        let second = read(&report(&[
            ("4", true, clean.clone()),
            ("3", false, conflict),
        ]));
        let first = read(&report(&[("3", true, clean)])).unwrap();
        let second = second.unwrap();
        let none = read(&report(&[("4", false, Value::Null)])).unwrap();
        let asked = |answer: Result<Answer, String>| {
            let case = read_cases(&json!([a_case()])).unwrap().remove(0);
            Asked {
                question: case.question,
                truth: case.truth,
                answer,
            }
        };
        let all = vec![
            asked(Ok(Answer {
                plain: second.clone(),
                window: first.clone(),
                own: none,
            })),
            asked(Ok(Answer {
                plain: first.clone(),
                window: second,
                own: first,
            })),
            asked(Err("it broke".to_owned())),
        ];
        let mut desk = Desk::new(None).unwrap();
        let verdict = Culprit.judge(all, &mut desk).unwrap();
        let summary = Value::Object(verdict.summary);
        let third = |parts: f64| parts / 3.0;
        let figures = json!({"top1": third(1.0), "top5": third(2.0), "mrr": third(1.5)});
        assert_eq!(summary["plain"], figures);
        assert_eq!(summary["window"], figures);
        assert_eq!(summary["window_recall"], third(1.0));
        assert_eq!(summary["high_confidence"], json!({"n": 2, "right": 1}));
        assert_eq!(summary["reverts"], json!({"n": 2, "right": 1}));
        assert_eq!(verdict.cases[1]["rank_window"], 2);
        assert_eq!(verdict.cases[2]["rank"], Value::Null);
        assert_eq!(verdict.cases[2]["error"], "it broke");
    }

    #[test]
    fn a_report_without_suspects_is_no_answer() {
        assert!(read(&json!({})).is_err());
        assert!(read(&json!({"incident": {"suspects": {"ranked": [{}]}}})).is_err());
    }
}
