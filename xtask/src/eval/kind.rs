//! What a kind of cases is, and the one way in which all kinds are evaluated.
//!
//! A case is split when it is read: an agent is asked with the [`Kind::Question`] and never
//! sees the [`Kind::Truth`], which only the judging has.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::desk::Desk;
use crate::flags::{Flags, usage};

/// A kind of cases: one file each implements it.
pub(super) trait Kind: Sized {
    /// What it is called on the command line.
    const NAME: &'static str;

    /// What a person wants to see of each case first, in this order.
    const COLUMNS: &'static [&'static str];

    /// All that an agent may know of a case.
    type Question;

    /// What is held against the answer.
    type Truth;

    /// What an agent says.
    type Answer;

    /// Takes the kind's own flags.
    ///
    /// # Errors
    /// Where one is wrong.
    fn new(flags: &mut Flags) -> Result<Self>;

    /// Reads the cases of a file.
    ///
    /// # Errors
    /// Where it cannot be read, naming the file, the key and what was expected there.
    fn read(&self, cases: &Path) -> Result<Vec<Case<Self>>>;

    /// The repository, `OWNER/NAME`, that a question is about; none where it needs none.
    fn repository(question: &Self::Question) -> Option<&str>;

    /// Asks the agent.
    ///
    /// # Errors
    /// Where there is no answer; the case counts as wrong then.
    fn ask(&self, question: &Self::Question, desk: &mut Desk) -> Result<Self::Answer>;

    /// Asks the agent all there is, in this order; one by one unless a kind has a way to ask
    /// at once.
    fn ask_all(&self, questions: &[&Self::Question], desk: &mut Desk) -> Vec<Result<Self::Answer>> {
        let count = questions.len();
        let asked = questions.iter().enumerate().map(|(at, question)| {
            desk.tell(&format!("{} {}/{count}", Self::NAME, at + 1));
            self.ask(question, desk)
        });
        asked.collect()
    }

    /// Holds the answers against the truth, in the order of the cases.
    ///
    /// # Errors
    /// Where it cannot be judged at all.
    fn judge(&self, asked: Vec<Asked<Self>>, desk: &mut Desk) -> Result<Verdict>;
}

/// A case as it was read.
pub(super) struct Case<K: Kind> {
    pub(super) question: K::Question,
    pub(super) truth: K::Truth,
}

/// A case that was asked; the answer, or why there is none.
pub(super) struct Asked<K: Kind> {
    pub(super) question: K::Question,
    pub(super) truth: K::Truth,
    pub(super) answer: Result<K::Answer, String>,
}

/// What came of all cases.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Verdict {
    /// The figures.
    pub(super) summary: Map<String, Value>,
    /// One object a case; `error` says why a case has no answer.
    pub(super) cases: Vec<Value>,
}

/// A verdict with what could not be asked.
#[derive(Debug, PartialEq)]
pub(super) struct Evaluation {
    pub(super) kind: &'static str,
    /// The columns that come first where it is shown.
    pub(super) columns: &'static [&'static str],
    pub(super) verdict: Verdict,
    /// Repositories that are not there; their cases count in no figure.
    pub(super) missing: Vec<String>,
}

/// What the user wants evaluated.
pub(super) struct Ask {
    pub(super) cases: PathBuf,
    pub(super) repositories: Option<PathBuf>,
}

/// A kind by its name.
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) run: fn(Ask, Flags) -> Result<Evaluation>,
}

/// The entry of a kind.
pub(super) const fn entry<K: Kind>() -> Entry {
    Entry {
        name: K::NAME,
        run: run::<K>,
    }
}

impl Evaluation {
    /// The object for programs.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "kind": self.kind,
            "summary": self.verdict.summary,
            "cases": self.verdict.cases,
            "missing": self.missing,
        })
    }
}

fn run<K: Kind>(ask: Ask, mut flags: Flags) -> Result<Evaluation> {
    let kind = K::new(&mut flags)?;
    flags.end()?;
    let cases = kind.read(&ask.cases)?;
    let needs = cases
        .iter()
        .any(|case| K::repository(&case.question).is_some());
    if needs && ask.repositories.is_none() {
        return Err(usage("where are the repositories? give `--repos DIR`"));
    }
    let mut desk = Desk::new(ask.repositories)?;
    evaluate(&kind, cases, &mut desk)
}

/// Asks every case whose repository is there, and judges.
///
/// # Errors
/// Where nothing can be judged.
pub(super) fn evaluate<K: Kind>(
    kind: &K,
    cases: Vec<Case<K>>,
    desk: &mut Desk,
) -> Result<Evaluation> {
    let mut missing: Vec<String> = Vec::new();
    let mut present = Vec::new();
    for case in cases {
        match K::repository(&case.question) {
            Some(name) if desk.repository(name).is_none() => missing.push(name.to_owned()),
            _ => present.push(case),
        }
    }
    missing.sort();
    missing.dedup();
    let questions: Vec<&K::Question> = present.iter().map(|case| &case.question).collect();
    let answers = kind.ask_all(&questions, desk);
    let asked = present.into_iter().zip(answers);
    let asked = asked.map(|(case, answer)| Asked {
        question: case.question,
        truth: case.truth,
        answer: answer.map_err(|error| format!("{error:#}")),
    });
    let asked = asked.collect();
    let verdict = kind.judge(asked, desk)?;
    desk.tell_no_more();
    Ok(Evaluation {
        kind: K::NAME,
        columns: K::COLUMNS,
        verdict,
        missing,
    })
}
