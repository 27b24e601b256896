//! Kind `migration`: are the files that the migration planner names those that a team really
//! changed?
//!
//! The planner sees the tree before the migration, without its history, and the versions that
//! a user would type. What the team did is what its answer is held against; files that a
//! program wrote count on neither side.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Map, Value, json};

use super::cases::{Record, read_cases};
use super::desk::Desk;
use super::kind::{Asked, Case, Kind, Verdict};
use super::snapshot::History;
use crate::flags::Flags;

/// The kind.
pub(super) struct Migration {
    /// Whether the compiler is asked as well.
    probe: bool,
    /// Whether cargo may fetch crates that are not here.
    download: bool,
}

/// A tree before a migration, and what is to be migrated.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    id: String,
    repository: String,
    commit: String,
    /// What a user types behind `migrate plan`.
    targets: Vec<String>,
}

/// What the team did.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Truth {
    changed: BTreeSet<String>,
    /// What a program wrote.
    generated: BTreeSet<String>,
    /// How well naming the files that mention the crate does.
    baseline: Option<Score>,
}

/// The files that a plan names.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Files {
    must: BTreeSet<String>,
    may: BTreeSet<String>,
}

/// How well a set of files fits another.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Score {
    precision: f64,
    recall: f64,
    f1: f64,
}

/// One case, judged.
struct Judged {
    case: Value,
    must: Score,
    both: Score,
    is_far_below: bool,
}

impl Kind for Migration {
    const NAME: &'static str = "migration";
    const COLUMNS: &'static [&'static str] = &["id", "must", "both", "baseline"];
    type Question = Question;
    type Truth = Truth;
    type Answer = Files;

    fn new(flags: &mut Flags) -> Result<Self> {
        Ok(Self {
            probe: flags.flag("--probe"),
            download: flags.flag("--download-crates"),
        })
    }

    fn read(&self, cases: &Path) -> Result<Vec<Case<Self>>> {
        read_cases(cases, "cases", case)
    }

    fn repository(question: &Question) -> Option<&str> {
        Some(&question.repository)
    }

    fn ask(&self, question: &Question, desk: &mut Desk) -> Result<Files> {
        let folder = desk.snapshot(&question.repository, &question.commit, History::None)?;
        let mut arguments = vec!["migrate", "plan", "."];
        arguments.extend(question.targets.iter().map(String::as_str));
        if self.probe {
            arguments.push("--probe");
        }
        if !self.download {
            arguments.push("--offline");
        }
        files(&desk.guildhall_with(&folder, &arguments, &tool_chain()?)?)
    }

    fn judge(&self, asked: Vec<Asked<Self>>, _: &mut Desk) -> Result<Verdict> {
        let judged: Vec<Judged> = asked.iter().map(judge_one).collect();
        Ok(Verdict {
            summary: summary(&judged),
            cases: judged.into_iter().map(|judged| judged.case).collect(),
        })
    }
}

fn case(record: &Record<'_>) -> Result<Case<Migration>> {
    let changed = record.texts("source_changed")?;
    Ok(Case {
        question: Question {
            id: record.text("id")?.to_owned(),
            repository: record.repository("repo")?,
            commit: record.commit("parent")?,
            targets: targets(record)?,
        },
        truth: Truth {
            changed: changed.into_iter().collect(),
            generated: record
                .texts_or_none("generated_changed")?
                .into_iter()
                .collect(),
            baseline: baseline(record),
        },
    })
}

/// What a user would type: the crates with the versions that they move to. Of the team's
/// other bumps nothing is told.
fn targets(record: &Record<'_>) -> Result<Vec<String>> {
    let to = record.text("to")?;
    let names = record.texts("crates")?;
    let first = names.first().map(String::as_str).unwrap_or_default();
    match record.text("kind")? {
        "edition" => return Ok(vec!["--edition".to_owned(), to.to_owned()]),
        "framework" => return Ok(vec!["--framework".to_owned(), format!("{first}@{to}")]),
        _ => {}
    }
    let bumps = versions(record.value("all_bumps"));
    let target = |name: &String| {
        let to = bumps.get(name.as_str()).copied().unwrap_or(to);
        ["--crate".to_owned(), format!("{name}@{to}")]
    };
    Ok(names.iter().flat_map(target).collect())
}

/// The version that each crate moves to, of rows of name, old and new version.
fn versions(bumps: Option<&Value>) -> BTreeMap<&str, &str> {
    let rows = bumps.and_then(Value::as_array).into_iter().flatten();
    rows.filter_map(|row| Some((row.get(0)?.as_str()?, row.get(2)?.as_str()?)))
        .collect()
}

/// The first of the ways to guess that the case has figures of.
fn baseline(record: &Record<'_>) -> Option<Score> {
    let ways = record.value("baseline")?;
    let known = ["path_primary", "path_family", "all_files_of_bumped_crates"];
    let way = known.iter().find_map(|name| ways.get(name))?;
    Some(Score {
        precision: way.get("precision")?.as_f64()?,
        recall: way.get("recall")?.as_f64()?,
        f1: way.get("f1")?.as_f64()?,
    })
}

/// Where the tool chain and its crates are: the agent is asked with an empty home, and what
/// cargo has downloaded is no secret of the user's.
fn tool_chain() -> Result<Vec<(&'static str, OsString)>> {
    let home = std::env::home_dir().context("where cargo keeps crates is unknown: set HOME")?;
    let folder = |name: &'static str, usual: &str| {
        let known = std::env::var_os(name).map(PathBuf::from);
        (name, known.unwrap_or_else(|| home.join(usual)).into())
    };
    Ok(vec![
        folder("CARGO_HOME", ".cargo"),
        folder("RUSTUP_HOME", ".rustup"),
    ])
}

/// The files of the plan in the report of `guildhall migrate plan`.
fn files(report: &Value) -> Result<Files> {
    let listed = report["migration"]["files"].as_array();
    let listed = listed.context("the report has no list `migration.files`")?;
    let mut files = Files::default();
    for file in listed {
        let path = file["path"].as_str().context("a file without a path")?;
        let tier = file["tier"].as_str().unwrap_or_default();
        ensure!(
            matches!(tier, "must" | "may"),
            "{path} is in the unknown tier `{tier}`"
        );
        let of_tier = if tier == "must" {
            &mut files.must
        } else {
            &mut files.may
        };
        of_tier.insert(path.to_owned());
    }
    Ok(files)
}

impl Score {
    /// How well `named` fits `changed`. Naming nothing is right where nothing changed.
    fn new(named: &BTreeSet<&str>, changed: &BTreeSet<&str>) -> Self {
        if named.is_empty() && changed.is_empty() {
            return Self {
                precision: 1.0,
                recall: 1.0,
                f1: 1.0,
            };
        }
        let right = named.intersection(changed).count() as f64;
        let share = |of: usize| if of == 0 { 0.0 } else { right / of as f64 };
        let (precision, recall) = (share(named.len()), share(changed.len()));
        let f1 = match precision + recall {
            0.0 => 0.0,
            sum => 2.0 * precision * recall / sum,
        };
        Self {
            precision,
            recall,
            f1,
        }
    }

    fn mean(of: impl Iterator<Item = Self> + Clone) -> Self {
        let count = of.clone().count().max(1) as f64;
        let mean =
            |part: fn(&Self) -> f64| of.clone().map(|score| part(&score)).sum::<f64>() / count;
        Self {
            precision: mean(|score| score.precision),
            recall: mean(|score| score.recall),
            f1: mean(|score| score.f1),
        }
    }

    fn to_json(self) -> Value {
        let rounded = |value: f64| (value * 1000.0).round() / 1000.0;
        json!({
            "p": rounded(self.precision),
            "r": rounded(self.recall),
            "f1": rounded(self.f1),
        })
    }
}

/// A case without an answer counts as one that names nothing.
fn judge_one(asked: &Asked<Migration>) -> Judged {
    let truth = &asked.truth;
    let none = Files::default();
    let named = asked.answer.as_ref().unwrap_or(&none);
    let changed = written(truth.changed.iter(), truth);
    let must = written(named.must.iter(), truth);
    let both = written(named.must.iter().chain(&named.may), truth);
    let score = |named: &BTreeSet<&str>| match asked.answer {
        Ok(_) => Score::new(named, &changed),
        Err(_) => Score::default(),
    };
    let (must, both) = (score(&must), score(&both));
    let mut case = Map::new();
    let mut set = |key: &str, value: Value| drop(case.insert(key.to_owned(), value));
    set("id", json!(asked.question.id));
    set("must", must.to_json());
    set("both", both.to_json());
    set(
        "baseline",
        truth.baseline.map_or(Value::Null, Score::to_json),
    );
    if let Err(error) = &asked.answer {
        set("error", json!(error));
    }
    Judged {
        case: Value::Object(case),
        must,
        both,
        is_far_below: truth
            .baseline
            .is_some_and(|baseline| must.f1 < baseline.f1 / 2.0),
    }
}

/// Those of the files that people wrote.
fn written<'a>(files: impl Iterator<Item = &'a String>, truth: &Truth) -> BTreeSet<&'a str> {
    files
        .filter(|path| !truth.generated.contains(*path))
        .map(String::as_str)
        .collect()
}

fn summary(judged: &[Judged]) -> Map<String, Value> {
    let far_below = judged.iter().filter(|judged| judged.is_far_below);
    let far_below: Vec<&Value> = far_below.map(|judged| &judged.case["id"]).collect();
    let summary = json!({
        "cases": judged.len(),
        "must": Score::mean(judged.iter().map(|judged| judged.must)).to_json(),
        "both": Score::mean(judged.iter().map(|judged| judged.both)).to_json(),
        "below_half_baseline": far_below,
    });
    summary.as_object().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::desk::WorkFolder;

    fn a_case() -> Value {
        json!({
            "id": "some-http1", "repo": "some/repo", "kind": "crate-family",
            "parent": "0".repeat(40), "sha": "1".repeat(40), "subject": "move to http 1",
            "crates": ["http", "hyper"], "from": "0.2", "to": "1",
            "all_bumps": [["http", "0.2.9", "1.1.0"], ["tower", "0.4", "0.5"]],
            "source_changed": ["src/a.rs", "src/b.rs", "src/made.rs"],
            "generated_changed": ["src/made.rs"],
            "baseline": {"path_family": {"precision": 0.5, "recall": 1.0, "f1": 0.667}},
        })
    }

    fn read(cases: &Value) -> Result<Vec<Case<Migration>>> {
        let folder = WorkFolder::new()?;
        let file = folder.path().join("cases.json");
        std::fs::write(&file, cases.to_string())?;
        kind().read(&file)
    }

    fn kind() -> Migration {
        Migration {
            probe: false,
            download: false,
        }
    }

    fn answered(must: &[&str], may: &[&str]) -> Asked<Migration> {
        let case = read(&json!([a_case()])).unwrap().remove(0);
        let set = |files: &[&str]| files.iter().map(|file| (*file).to_owned()).collect();
        Asked {
            question: case.question,
            truth: case.truth,
            answer: Ok(Files {
                must: set(must),
                may: set(may),
            }),
        }
    }

    #[test]
    fn the_truth_of_a_migration_changes_no_question() {
        let mut corrupt = a_case();
        for key in [
            "sha",
            "subject",
            "source_changed",
            "generated_changed",
            "baseline",
        ] {
            corrupt[key] = match &corrupt[key] {
                Value::Array(_) => json!(["src/other.rs"]),
                _ => json!("2".repeat(40)),
            };
        }
        // The versions of crates that the user does not name are the team's own finding.
        corrupt["all_bumps"] = json!([["http", "0.2.9", "1.1.0"], ["tower", "0.4", "9.9"]]);
        let cases = read(&json!([a_case(), corrupt])).unwrap();
        assert_eq!(cases[0].question, cases[1].question);
        assert_ne!(cases[0].truth, cases[1].truth);
    }

    #[test]
    fn what_a_user_types_depends_on_the_kind() {
        let typed = |kind: &str, crates: Value, to: &str| {
            let mut case = a_case();
            case["kind"] = json!(kind);
            case["crates"] = crates;
            case["to"] = json!(to);
            read(&json!([case])).unwrap().remove(0).question.targets
        };
        assert_eq!(
            typed("crate-family", json!(["http", "hyper"]), "1"),
            ["--crate", "http@1.1.0", "--crate", "hyper@1"]
        );
        assert_eq!(
            typed("edition", json!(["edition"]), "2024"),
            ["--edition", "2024"]
        );
        assert_eq!(
            typed("framework", json!(["react", "react-dom"]), "18"),
            ["--framework", "react@18"]
        );
    }

    #[test]
    fn files_of_both_tiers_are_held_against_what_changed() {
        let all = vec![
            answered(&["src/a.rs", "src/b.rs", "src/made.rs"], &[]),
            answered(&["src/a.rs", "src/c.rs"], &["src/b.rs", "src/d.rs"]),
            Asked {
                answer: Err("it broke".to_owned()),
                ..answered(&[], &[])
            },
        ];
        let verdict = kind().judge(all, &mut Desk::new(None).unwrap()).unwrap();
        let scores: Vec<&Value> = verdict.cases.iter().map(|case| &case["must"]).collect();
        assert_eq!(*scores[0], json!({"p": 1.0, "r": 1.0, "f1": 1.0}));
        assert_eq!(*scores[1], json!({"p": 0.5, "r": 0.5, "f1": 0.5}));
        assert_eq!(*scores[2], json!({"p": 0.0, "r": 0.0, "f1": 0.0}));
        assert_eq!(
            verdict.cases[1]["both"],
            json!({"p": 0.5, "r": 1.0, "f1": 0.667})
        );
        assert_eq!(
            verdict.cases[0]["baseline"],
            json!({"p": 0.5, "r": 1.0, "f1": 0.667})
        );
        assert_eq!(
            verdict.summary["must"],
            json!({"p": 0.5, "r": 0.5, "f1": 0.5})
        );
        let broken = &verdict.cases[2];
        assert_eq!(broken["error"], "it broke");
        assert_eq!(
            verdict.summary["below_half_baseline"],
            json!([broken["id"]])
        );
    }

    #[test]
    fn naming_nothing_is_right_only_where_nothing_changed() {
        let none = BTreeSet::new();
        let one = BTreeSet::from(["src/a.rs"]);
        assert_eq!(Score::new(&none, &none).f1, 1.0);
        assert_eq!(Score::new(&none, &one), Score::default());
        assert_eq!(Score::new(&one, &none), Score::default());
    }

    #[test]
    fn the_tiers_are_read_from_the_plan_and_an_unknown_one_is_told() {
        let report = |tier: &str| {
            json!({"migration": {"files": [
                {"path": "a.rs", "tier": "must"}, {"path": "b.rs", "tier": tier},
            ]}})
        };
        let read = files(&report("may")).unwrap();
        assert!(read.must.contains("a.rs") && read.may.contains("b.rs"));
        for (report, message) in [
            (report("perhaps"), "b.rs is in the unknown tier `perhaps`"),
            (json!({}), "the report has no list `migration.files`"),
        ] {
            assert_eq!(files(&report).unwrap_err().to_string(), message);
        }
    }
}
