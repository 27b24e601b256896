//! Kind `merge`: are conflicts resolved as people resolved them?
//!
//! Each case is a file that was in conflict in a real merge. The agent merges the two commits
//! in a repository that has neither the merge nor anything later, nor more of the files than
//! merging takes, and is right where the file is what people made of it, up to white space.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use super::cases::{Record, records};
use super::desk::{Desk, WorkFolder};
use super::kind::{Asked, Case, Kind, Verdict};
use crate::flags::Flags;

/// Parts of the scale of probabilities that are compared with what was right.
const BINS: usize = 10;

/// The kind.
pub(super) struct Merge;

/// What a user has when a merge stops.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    id: String,
    repository: String,
    ours: String,
    theirs: String,
    path: String,
    /// The versions of the file: what both began with, ours and theirs.
    blobs: [String; 3],
}

/// What people made of it, as a blob.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Truth(String);

/// What the agent said.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    status: String,
    probability: f64,
    /// The file with the best text for each hunk.
    best: Option<String>,
    /// Why nothing is proposed.
    why_left: Option<String>,
    rules: Vec<String>,
}

/// An answer held against the truth.
struct Judged<'a> {
    answer: Option<&'a Answer>,
    is_right: bool,
}

impl Kind for Merge {
    const NAME: &'static str = "merge";
    const COLUMNS: &'static [&'static str] = &["id", "status", "right", "probability"];
    type Question = Question;
    type Truth = Truth;
    type Answer = Answer;

    fn new(_: &mut Flags) -> Result<Self> {
        Ok(Self)
    }

    fn read(&self, cases: &Path) -> Result<Vec<Case<Self>>> {
        let text = fs::read_to_string(cases);
        let text = text.with_context(|| format!("{} cannot be read", cases.display()))?;
        let read = serde_json::Deserializer::from_str(&text).into_iter();
        let values: Vec<Value> = read
            .collect::<Result<_, _>>()
            .with_context(|| format!("{} is not JSON, one object a line", cases.display()))?;
        // One list, or an object a line.
        let list = match values.as_slice() {
            [one @ Value::Array(_)] => one.clone(),
            _ => Value::Array(values),
        };
        records(cases, &list, "cases")?.iter().map(case).collect()
    }

    fn repository(question: &Question) -> Option<&str> {
        Some(&question.repository)
    }

    fn ask(&self, question: &Question, desk: &mut Desk) -> Result<Answer> {
        let Question {
            repository,
            ours,
            theirs,
            path,
            ..
        } = question;
        let folder = desk.sides(repository, ours, theirs)?;
        let told = ["resolve", "merge", "--ours", "ours", "--theirs", "theirs"];
        let more = ["--only", path, "--texts", "--no-save"];
        let report = desk.guildhall_met_or_not(&folder, &[&told[..], &more[..]].concat());
        match report.and_then(|report| read(&report)) {
            Ok(answer) => Ok(answer),
            // A file that was renamed stands under another path: its versions are known.
            Err(_) => read(&three_files(question, desk)?),
        }
    }

    fn judge(&self, asked: Vec<Asked<Self>>, desk: &mut Desk) -> Result<Verdict> {
        let mut judged = Vec::with_capacity(asked.len());
        for one in &asked {
            let answer = one.answer.as_ref().ok();
            let repository = desk.repository(&one.question.repository);
            let repository = repository.context("the repository is gone")?;
            let truth = repository.bytes(["cat-file", "blob", &one.truth.0]);
            let truth = truth.with_context(|| format!("{} has no truth", one.question.id))?;
            let best = answer.and_then(|answer| answer.best.as_ref());
            let is_right = best.is_some_and(|best| dense(best.as_bytes()) == dense(&truth));
            judged.push(Judged { answer, is_right });
        }
        let count = |is: &dyn Fn(&Judged<'_>) -> bool| judged.iter().filter(|one| is(one)).count();
        let has = |one: &Judged<'_>, status: &str| one.answer.is_some_and(|a| a.status == status);
        let is_clean = |one: &Judged<'_>| has(one, "applied") || has(one, "proposed");
        let clean = count(&is_clean);
        let right = count(&|one| is_clean(one) && one.is_right);
        let applied = count(&|one| has(one, "applied"));
        let applied_right = count(&|one| has(one, "applied") && one.is_right);
        let summary = json!({
            "cases": asked.len(),
            "clean": clean,
            "right": right,
            "wrong": clean - right,
            "applied": {"right": applied_right, "wrong": applied - applied_right},
            "ece": ece(judged.iter().filter(|one| is_clean(one))),
            "ece_all": ece(judged.iter()),
            "right_if_all_were_taken": count(&|one| one.is_right),
        });
        Ok(Verdict {
            summary: summary.as_object().cloned().unwrap_or_default(),
            cases: asked
                .iter()
                .zip(&judged)
                .map(|(one, judged)| shown(one, judged))
                .collect(),
        })
    }
}

fn case(record: &Record<'_>) -> Result<Case<Merge>> {
    let blobs = record.inner("blobs")?;
    Ok(Case {
        question: Question {
            id: record.text("id")?.to_owned(),
            repository: record.repository("repo")?,
            ours: record.commit("ours")?,
            theirs: record.commit("theirs")?,
            path: record.path("path")?,
            blobs: [
                blobs.commit("base")?,
                blobs.commit("ours")?,
                blobs.commit("theirs")?,
            ],
        },
        truth: Truth(blobs.commit("human")?),
    })
}

/// Merges the three versions of the file alone.
fn three_files(question: &Question, desk: &mut Desk) -> Result<Value> {
    let folder = WorkFolder::new()?;
    let repository = desk.repository(&question.repository);
    let repository = repository.context("the repository is gone")?;
    let name = Path::new(&question.path)
        .file_name()
        .context("a path without a name")?;
    let mut files = Vec::new();
    for (side, blob) in ["base", "ours", "theirs"].iter().zip(&question.blobs) {
        fs::create_dir(folder.path().join(side))?;
        let file = Path::new(side).join(name);
        fs::write(
            folder.path().join(&file),
            repository.bytes(["cat-file", "blob", blob])?,
        )?;
        files.push(
            file.to_str()
                .context("a path that is not UTF-8")?
                .to_owned(),
        );
    }
    let told = ["resolve", "merge", "--texts", "--no-save"];
    let flags = [
        "--base-file",
        &files[0],
        "--ours-file",
        &files[1],
        "--theirs-file",
        &files[2],
    ];
    desk.guildhall_met_or_not(folder.path(), &[&told[..], &flags[..]].concat())
}

/// What the report says of its one file.
fn read(report: &Value) -> Result<Answer> {
    let file = &report["merge"]["files"][0];
    let status = file["status"].as_str();
    let rules = file["hunks"].as_array().into_iter().flatten();
    Ok(Answer {
        status: status.context("the report has no file")?.to_owned(),
        probability: file["probability"]
            .as_f64()
            .context("a file without a probability")?,
        best: file["best"].as_str().map(str::to_owned),
        why_left: file["why_left"].as_str().map(str::to_owned),
        rules: rules
            .map(|hunk| hunk["rule"].as_str().unwrap_or("none").to_owned())
            .collect(),
    })
}

/// The text without white space.
fn dense(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).split_whitespace().collect()
}

/// How far the probabilities lie from the shares that were right: the mean over equal parts
/// of the scale, weighed by how many lie there.
fn ece<'a>(judged: impl Iterator<Item = &'a Judged<'a>>) -> f64 {
    let mut bins = [(0.0, 0.0); BINS];
    let mut all = 0.0;
    for one in judged {
        let Some(answer) = one.answer else { continue };
        let bin = ((answer.probability * BINS as f64) as usize).min(BINS - 1);
        bins[bin].0 += answer.probability;
        bins[bin].1 += f64::from(u8::from(one.is_right));
        all += 1.0;
    }
    if all == 0.0 {
        return 0.0;
    }
    bins.iter()
        .map(|(said, right): &(f64, f64)| (said - right).abs())
        .sum::<f64>()
        / all
}

fn shown(asked: &Asked<Merge>, judged: &Judged<'_>) -> Value {
    let mut case = Map::new();
    let mut put = |key: &str, value: Value| case.insert(key.to_owned(), value);
    put("id", json!(asked.question.id));
    match &asked.answer {
        Ok(answer) => {
            put("status", json!(answer.status));
            put("right", json!(judged.is_right));
            put("probability", json!(answer.probability));
            put("rules", json!(answer.rules));
            put("why_left", json!(answer.why_left));
        }
        Err(error) => {
            put("status", json!("left"));
            put("right", json!(false));
            put("error", json!(error));
        }
    }
    Value::Object(case)
}

#[cfg(test)]
mod tests {
    use super::super::desk::tests::History;
    use super::*;

    fn a_case() -> Value {
        let id = |digit: &str| digit.repeat(40);
        json!({
            "id": "a", "repo": "github.com/some/repo", "merge": id("1"), "base": [id("2")],
            "ours": id("3"), "theirs": id("4"), "path": "src/a.rs", "lang": "rust",
            "blobs": {"base": id("5"), "ours": id("6"), "theirs": id("7"), "human": id("8")},
            "hunks": ["ours"], "human_file": "ours", "conflicted_paths_in_merge": 1,
            "baseline": {"ours": [1, 1, 1]}, "proto": [1, 1], "agree": 1,
        })
    }

    fn read_cases(cases: &[Value]) -> Result<Vec<Case<Merge>>> {
        let folder = WorkFolder::new()?;
        let file = folder.path().join("cases.jsonl");
        let lines: Vec<String> = cases.iter().map(Value::to_string).collect();
        fs::write(&file, lines.join("\n"))?;
        Merge.read(&file)
    }

    #[test]
    fn corrupting_the_truth_changes_no_answer() {
        let mut corrupt = a_case();
        corrupt["merge"] = json!("9".repeat(40));
        corrupt["blobs"]["human"] = json!("9".repeat(40));
        corrupt["hunks"] = json!(["theirs", "new_lines"]);
        corrupt["human_file"] = json!("mixed");
        corrupt["baseline"] = json!({});
        corrupt["proto"] = json!([0, 0]);
        corrupt["agree"] = json!(null);
        let cases = read_cases(&[a_case(), corrupt]).unwrap();
        // The question is all that the asking has.
        assert_eq!(cases[0].question, cases[1].question);
        assert_ne!(cases[0].truth, cases[1].truth);
        let question = format!("{:?}", cases[0].question);
        for truth in ["1", "8"] {
            assert!(!question.contains(&truth.repeat(40)));
        }
    }

    #[test]
    fn a_case_without_its_versions_is_named() {
        let mut wrong = a_case();
        wrong["blobs"]["theirs"] = json!(null);
        let error = read_cases(&[a_case(), wrong]).err().unwrap().to_string();
        assert!(error.contains("[1].blobs.theirs: expected"), "{error}");
    }

    fn answer(status: &str, probability: f64, best: &str) -> Result<Answer, String> {
        let best = Some(best.to_owned());
        let (status, why_left) = (status.to_owned(), None);
        Ok(Answer {
            status,
            probability,
            best,
            why_left,
            rules: Vec::new(),
        })
    }

    #[test]
    fn answers_are_right_up_to_white_space_and_only_clean_ones_count() {
        let made = History::new();
        made.commit(&[("a.rs", "let a = 1;\n")], "the truth");
        let human = made.repository().text(["rev-parse", "HEAD:a.rs"]).unwrap();
        let asked = |answer| {
            let case = read_cases(&[a_case()]).unwrap().remove(0);
            Asked {
                question: case.question,
                truth: Truth(human.clone()),
                answer,
            }
        };
        let all = vec![
            asked(answer("applied", 0.75, "let  a=1;")),
            asked(answer("proposed", 0.5, "let a = 2;\n")),
            asked(answer("left", 0.25, "let a = 1;\n")),
            asked(Err("it broke".to_owned())),
        ];
        let mut desk = Desk::new(Some(made.repositories())).unwrap();
        let verdict = Merge.judge(all, &mut desk).unwrap();
        let summary = Value::Object(verdict.summary);
        assert_eq!(summary["cases"], 4);
        assert_eq!(summary["clean"], 2);
        assert_eq!(
            (&summary["right"], &summary["wrong"]),
            (&json!(1), &json!(1))
        );
        assert_eq!(summary["applied"], json!({"right": 1, "wrong": 0}));
        assert_eq!(summary["ece"], json!((0.25 + 0.5) / 2.0));
        assert_eq!(summary["right_if_all_were_taken"], 2);
        assert_eq!(verdict.cases[3]["error"], "it broke");
        assert_eq!(verdict.cases[0]["right"], true);
    }

    #[test]
    fn a_report_without_a_file_is_no_answer() {
        assert!(read(&json!({})).is_err());
        assert!(read(&json!({"merge": {"files": [{"status": "left"}]}})).is_err());
    }
}
