//! Kind `outcome`: does the ranking of files at a snapshot predict where the bugs of the
//! following year are fixed?
//!
//! [`facts`] counts in the repository's own history what happened before and after the
//! snapshot, [`score`] holds a ranking against it, and [`bootstrap`] says how sure the gain
//! over a simple ranking is. The agent sees the snapshot and what led to it.

mod bootstrap;
mod facts;
mod history;
mod score;
mod sha1;
mod subject;

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::cases::{Moment, Record, read_cases};
use super::desk::Desk;
use super::kind::{Asked, Case, Kind, Verdict};
use super::snapshot::History;
use crate::flags::Flags;
use bootstrap::Paired;
use facts::{Facts, Window};
use score::Ranking;

/// The kind.
pub(super) struct Outcome;

/// A repository at a moment.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    repository: String,
    snapshot: Moment,
}

/// Around which moments the evaluator looks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Truth {
    before: Moment,
    end: Moment,
}

/// The scores of files, by path.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Scores {
    risk: HashMap<String, f64>,
    worth: HashMap<String, f64>,
}

/// How good the scores of one repository were.
struct Judged {
    case: Value,
    return_recall: f64,
    risk_area: f64,
    paired: Option<Paired>,
}

impl Kind for Outcome {
    const NAME: &'static str = "outcome";
    const COLUMNS: &'static [&'static str] =
        &["repo", "r20_return", "r20_churn_per_line", "auc_risk"];
    type Question = Question;
    type Truth = Truth;
    type Answer = Scores;

    fn new(_: &mut Flags) -> Result<Self> {
        Ok(Self)
    }

    fn read(&self, cases: &Path) -> Result<Vec<Case<Self>>> {
        read_cases(cases, "cases", case)
    }

    fn repository(question: &Question) -> Option<&str> {
        Some(&question.repository)
    }

    fn ask(&self, question: &Question, desk: &mut Desk) -> Result<Scores> {
        let source = desk.repository(&question.repository);
        let source = source.context("the repository went away")?;
        let commit = history::at(&source, &question.snapshot)?;
        let folder = desk.snapshot(&question.repository, &commit, History::Whole)?;
        scores(&desk.guildhall(&folder, &["hotspots", ".", "--all"])?)
    }

    fn judge(&self, asked: Vec<Asked<Self>>, desk: &mut Desk) -> Result<Verdict> {
        let judged: Vec<Judged> = asked.iter().map(|asked| judge_one(asked, desk)).collect();
        let summary = summary(&judged);
        Ok(Verdict {
            summary,
            cases: judged.into_iter().map(|judged| judged.case).collect(),
        })
    }
}

fn case(record: &Record<'_>) -> Result<Case<Outcome>> {
    let before = record.moment("before")?;
    let (snapshot, end) = (record.moment("snap")?, record.moment("end")?);
    record.insist("before", before < snapshot, "a date before `snap`")?;
    record.insist("end", snapshot < end, "a date after `snap`")?;
    Ok(Case {
        question: Question {
            repository: record.repository("repo")?,
            snapshot,
        },
        truth: Truth { before, end },
    })
}

/// The scores in the report of `guildhall hotspots`: its table `hotspots` has a row a file.
fn scores(report: &Value) -> Result<Scores> {
    let table = Answer::table(report, "hotspots")?;
    let mut scores = Scores::default();
    for row in table.rows() {
        let path = row.text("File")?.to_owned();
        scores.risk.insert(path.clone(), row.number("Risk")?);
        scores.worth.insert(path, row.number("Return")?);
    }
    Ok(scores)
}

/// A case that cannot be judged counts as one that is wrong.
fn judge_one(asked: &Asked<Outcome>, desk: &Desk) -> Judged {
    desk.tell(&format!("outcome of {}", asked.question.repository));
    let mut case = Map::new();
    let mut set = |key: &str, value: Value| drop(case.insert(key.to_owned(), value));
    set("repo", json!(asked.question.repository));
    let facts = facts_of(asked, desk);
    let (mut return_recall, mut risk_area, mut paired) = (0.0, 0.0, None);
    match &facts {
        Ok(facts) => {
            let churn = Ranking::new(&facts.files, |_, file| file.churn_per_line());
            let churn_recall = churn.recall();
            set("files", json!(facts.files.len()));
            set("fix_touches", json!(facts.touches()));
            set("r20_churn_per_line", json!(churn_recall));
            if let Ok(scores) = &asked.answer {
                let of = |scores: &HashMap<String, f64>, path: &str| {
                    scores.get(path).copied().unwrap_or(0.0)
                };
                let worth = Ranking::new(&facts.files, |path, _| of(&scores.worth, path));
                let risk = Ranking::new(&facts.files, |path, _| of(&scores.risk, path));
                (return_recall, risk_area) = (worth.recall(), risk.area());
                let scored = |path: &String| scores.worth.contains_key(path);
                set(
                    "scored",
                    json!(facts.files.keys().filter(|path| scored(path)).count()),
                );
                paired = Some(Paired::new(&worth, &churn));
            } else {
                paired = Some(Paired::unanswered(&churn));
            }
        }
        Err(error) => set("error", json!(format!("{error:#}"))),
    }
    if let Err(error) = &asked.answer {
        set("error", json!(error));
    }
    set("r20_return", json!(return_recall));
    set("auc_risk", json!(risk_area));
    Judged {
        case: Value::Object(case),
        return_recall,
        risk_area,
        paired,
    }
}

fn facts_of(asked: &Asked<Outcome>, desk: &Desk) -> Result<Facts> {
    let source = desk.repository(&asked.question.repository);
    let source = source.context("the repository went away")?;
    let window = Window {
        before: history::at(&source, &asked.truth.before)?,
        snapshot: history::at(&source, &asked.question.snapshot)?,
        end: history::at(&source, &asked.truth.end)?,
    };
    facts::collect(&source, &window)
}

fn summary(judged: &[Judged]) -> Map<String, Value> {
    let mean = |part: fn(&Judged) -> f64| {
        let sum: f64 = judged.iter().map(part).sum();
        (!judged.is_empty()).then(|| sum / judged.len() as f64)
    };
    let mut summary = Map::new();
    let mut set = |key: &str, value: Value| drop(summary.insert(key.to_owned(), value));
    set("repos", json!(judged.len()));
    set("r20_return", json!(mean(|judged| judged.return_recall)));
    set("auc_risk", json!(mean(|judged| judged.risk_area)));
    let paired: Vec<&Paired> = judged
        .iter()
        .filter_map(|one| one.paired.as_ref())
        .collect();
    if !paired.is_empty() {
        let gain = bootstrap::gain(&paired);
        set("r20_churn_per_line", json!(gain.base));
        set("gain", json!(gain.mean));
        set("gain_interval_90", json!([gain.low, gain.high]));
    }
    summary
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::eval::desk::WorkFolder;
    use crate::eval::desk::tests::History as Made;
    use crate::eval::kind::{Evaluation, evaluate};

    /// The kind with an agent of the test's own in the place of the shipped one: it ranks
    /// files by the length of their text, and sees what any agent sees.
    struct ByLength;

    impl Kind for ByLength {
        const NAME: &'static str = "outcome";
        const COLUMNS: &'static [&'static str] = &[];
        type Question = Question;
        type Truth = Truth;
        type Answer = Scores;

        fn new(_: &mut Flags) -> Result<Self> {
            Ok(Self)
        }

        fn read(&self, cases: &Path) -> Result<Vec<Case<Self>>> {
            let cases = Outcome.read(cases)?.into_iter();
            Ok(cases
                .map(|case| Case {
                    question: case.question,
                    truth: case.truth,
                })
                .collect())
        }

        fn repository(question: &Question) -> Option<&str> {
            Outcome::repository(question)
        }

        fn ask(&self, question: &Question, desk: &mut Desk) -> Result<Scores> {
            let source = desk.repository(&question.repository).unwrap();
            let commit = history::at(&source, &question.snapshot)?;
            let folder = desk.snapshot(&question.repository, &commit, History::Whole)?;
            let mut scores = Scores::default();
            for name in ["a.rs", "b.rs", "c.rs"] {
                let length = std::fs::metadata(folder.join(name)).map(|it| it.len());
                let length = length.unwrap_or(0) as f64;
                scores.risk.insert(name.to_owned(), length);
                scores.worth.insert(name.to_owned(), length);
            }
            Ok(scores)
        }

        fn judge(&self, asked: Vec<Asked<Self>>, desk: &mut Desk) -> Result<Verdict> {
            let asked = asked.into_iter().map(|asked| Asked {
                question: asked.question,
                truth: asked.truth,
                answer: asked.answer,
            });
            Outcome.judge(asked.collect(), desk)
        }
    }

    fn day(text: &str) -> u64 {
        // Days since 1970 of the three days that the tests use.
        let days = match text {
            "2024-06-01" => 19_875,
            "2025-01-01" => 20_089,
            _ => 20_270,
        };
        days * 86_400
    }

    fn history() -> Made {
        let made = Made::new();
        let lines = |count: usize| "fn f() {}\n".repeat(count);
        made.at(day("2024-06-01"));
        made.commit(&[("old.rs", "x")], "begin");
        let (a, b, c) = (lines(10), lines(20), lines(70));
        made.at(day("2025-01-01"));
        made.commit(&[("a.rs", &a), ("b.rs", &b), ("c.rs", &c)], "add all");
        made.at(day("2025-07-01"));
        made.commit(&[("a.rs", &lines(11))], "fix a panic");
        made
    }

    fn evaluated(made: &Made, cases: &Value) -> Result<Evaluation> {
        let folder = WorkFolder::new().unwrap();
        let file = folder.path().join("cases.json");
        std::fs::write(&file, cases.to_string()).unwrap();
        let mut desk = Desk::new(Some(made.repositories()))?;
        evaluate(&ByLength, ByLength.read(&file)?, &mut desk)
    }

    fn a_case() -> Value {
        json!({"repo": "some/repo", "before": "2024-12-01", "snap": "2025-03-01", "end": "2026-01-01"})
    }

    #[test]
    fn missing_repositories_count_in_no_figure() {
        let mut missing = a_case();
        missing["repo"] = json!("github.com/not/here");
        let alone = evaluated(&history(), &json!([a_case()])).unwrap();
        let both = evaluated(&history(), &json!([missing, a_case()])).unwrap();
        assert_eq!(both.missing, ["not/here"]);
        assert_eq!(both.verdict, alone.verdict);
        assert_eq!(alone.verdict.summary["repos"], 1);
    }

    #[test]
    fn a_case_that_fails_counts_as_wrong_and_says_why() {
        let made = history();
        made.at(day("2025-07-01") + 400 * 86_400);
        let mut before_all = a_case();
        before_all["snap"] = json!("2020-02-02");
        before_all["before"] = json!("2020-01-01");
        let result = evaluated(&made, &json!([a_case(), before_all])).unwrap();
        let case = &result.verdict.cases[1];
        let error = case["error"].as_str().unwrap();
        assert!(error.contains("no commit before 2020-02-02"), "{error}");
        assert_eq!(case["auc_risk"], 0.0);
        let first = result.verdict.cases[0]["auc_risk"].as_f64().unwrap();
        let mean = result.verdict.summary["auc_risk"].as_f64().unwrap();
        assert_eq!(mean, first / 2.0);
    }

    #[test]
    fn what_came_later_is_judged_by_and_not_seen() {
        // Of the other three files only `old.rs`, of which the agent says nothing, ranks
        // below the one that was fixed; and a fifth of the lines lies in `c.rs`.
        let result = evaluated(&history(), &json!([a_case()])).unwrap();
        let case = &result.verdict.cases[0];
        assert_eq!(case["fix_touches"], 1);
        assert_eq!(case["auc_risk"], 1.0 / 3.0);
        assert_eq!(case["r20_return"], 0.0);
    }

    #[test]
    fn corrupting_the_truth_changes_no_answer() {
        let file = |cases: &Value| {
            let folder = WorkFolder::new().unwrap();
            let file = folder.path().join("cases.json");
            std::fs::write(&file, cases.to_string()).unwrap();
            let cases = Outcome.read(&file).unwrap();
            cases.into_iter().next().unwrap()
        };
        let mut corrupt = a_case();
        corrupt["before"] = json!("1999-01-01");
        corrupt["end"] = json!("2031-01-01");
        corrupt["fixes"] = json!(["a.rs"]);
        let made = history();
        let mut desk = Desk::new(Some(made.repositories())).unwrap();
        let mut answer = |cases: &Value| {
            let case = file(cases);
            (
                case.question.clone(),
                ByLength.ask(&case.question, &mut desk).unwrap(),
            )
        };
        assert_eq!(answer(&json!([a_case()])), answer(&json!([corrupt])));
    }

    #[test]
    fn scores_are_read_from_the_table_of_hotspots() {
        let report = json!({"tables": [{
            "id": "hotspots",
            "columns": [{"title": "File"}, {"title": "Return"}, {"title": "Risk"}, {"title": "Churn"}],
            "rows": [["src/a.rs", 0.25, 0.5, 3]],
        }]});
        let scores = scores(&report).unwrap();
        assert_eq!(scores.worth["src/a.rs"], 0.25);
        assert_eq!(scores.risk["src/a.rs"], 0.5);
        let error = super::scores(&json!({"tables": []})).unwrap_err();
        assert_eq!(error.to_string(), "the report has no table `hotspots`");
    }

    #[test]
    fn dates_that_do_not_follow_each_other_are_refused() {
        for (key, date, expected) in [
            (
                "before",
                "2025-03-01",
                "[0].before: expected a date before `snap`",
            ),
            ("end", "2025-03-01", "[0].end: expected a date after `snap`"),
            (
                "snap",
                "soon",
                "[0].snap: expected a date such as 2025-02-20",
            ),
        ] {
            let mut wrong = a_case();
            wrong[key] = json!(date);
            let error = evaluated(&history(), &json!([wrong])).err().unwrap();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
