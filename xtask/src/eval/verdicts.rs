//! Kind `verdicts`: what does it cost to let the agent decide where others disagree?
//!
//! The cases are a table with the columns `item`, `topic`, `truth` and one for each agent,
//! `agent1` and so on; `--learn` names another such table whose truth the agent may know, and
//! `--contested` leaves the rows out on which all agents say the same. A wrong decision costs
//! 10, a question to a person 1. All rows are asked in one go, as a user with a file would.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Map, Value, json};

use super::csv::csv;
use super::desk::{Desk, WorkFolder};
use super::kind::{Asked, Case, Kind, Verdict};
use crate::flags::Flags;

/// What a wrong decision costs.
const WRONG: f64 = 10.0;

/// What asking a person costs.
const ASK: f64 = 1.0;

/// Parts of the scale of probabilities in which they are held against what came.
const BINS: usize = 10;

/// The kind, with what the agent may know.
pub(super) struct Verdicts {
    learn: Option<PathBuf>,
    contested: bool,
}

/// A row without its truth.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    item: String,
    topic: String,
    /// What each agent said.
    said: Vec<(String, String)>,
    /// All answers that there are in the tables.
    options: Vec<String>,
}

/// What the agent says of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    /// The option it chose; none where it asks.
    option: Option<String>,
    probabilities: BTreeMap<String, f64>,
}

impl Kind for Verdicts {
    const NAME: &'static str = "verdicts";
    const COLUMNS: &'static [&'static str] = &["item", "topic", "expected", "got", "probability"];
    type Question = Question;
    type Truth = String;
    type Answer = Answer;

    fn new(flags: &mut Flags) -> Result<Self> {
        Ok(Self {
            learn: flags.value("--learn")?.map(PathBuf::from),
            contested: flags.flag("--contested"),
        })
    }

    fn read(&self, cases: &Path) -> Result<Vec<Case<Self>>> {
        let rows = table(cases)?;
        let options = options(rows.iter().chain(&self.known()?));
        ensure!(
            options.len() > 1,
            "{}: all agents say the same everywhere",
            cases.display()
        );
        let contested = rows
            .into_iter()
            .filter(|row| !self.contested || row.is_contested());
        let case = |row: Row| Case {
            question: Question {
                item: row.item,
                topic: row.topic,
                said: row.said,
                options: options.clone(),
            },
            truth: row.truth,
        };
        Ok(contested.map(case).collect())
    }

    fn repository(_: &Question) -> Option<&str> {
        None
    }

    fn ask(&self, question: &Question, desk: &mut Desk) -> Result<Answer> {
        let answers = self.ask_at_once(&[question], desk)?.into_iter();
        answers.last().context("there is no answer")
    }

    fn ask_all(&self, questions: &[&Question], desk: &mut Desk) -> Vec<Result<Answer>> {
        desk.tell(Self::NAME);
        match self.ask_at_once(questions, desk) {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            Err(error) => {
                let error = format!("{error:#}");
                let fail = |_: &&Question| Err(anyhow::anyhow!("{error}"));
                questions.iter().map(fail).collect()
            }
        }
    }

    fn judge(&self, asked: Vec<Asked<Self>>, _: &mut Desk) -> Result<Verdict> {
        ensure!(!asked.is_empty(), "there are no cases to judge");
        let scores: Vec<Score> = asked.iter().map(Score::of).collect();
        let count = scores.len() as f64;
        let mean = |part: fn(&Score) -> f64| scores.iter().map(part).sum::<f64>() / count;
        let acted = |score: &&Score| score.has_acted;
        let wrong = scores.iter().filter(acted).filter(|score| !score.is_right);
        let summary = json!({
            "cases": scores.len(),
            "cost": mean(|score| score.cost),
            "brier": mean(|score| score.brier),
            "ece": calibration_error(&scores),
            "auto_share": scores.iter().filter(acted).count() as f64 / count,
            "wrong_auto": wrong.count(),
        });
        Ok(Verdict {
            summary: summary.as_object().cloned().unwrap_or_default(),
            cases: asked.iter().map(shown).collect(),
        })
    }
}

impl Verdicts {
    /// The rows whose truth the agent may know.
    fn known(&self) -> Result<Vec<Row>> {
        self.learn.as_deref().map_or(Ok(Vec::new()), table)
    }

    fn ask_at_once(&self, questions: &[&Question], desk: &mut Desk) -> Result<Vec<Answer>> {
        let folder = WorkFolder::new()?;
        let lines = |values: Vec<Value>| -> String {
            values.iter().map(|value| format!("{value}\n")).collect()
        };
        let asked = questions.iter().map(|question| question.to_json());
        fs::write(
            folder.path().join("questions.jsonl"),
            lines(asked.collect()),
        )?;
        let mut arguments = vec![
            "resolve",
            "decide",
            "questions.jsonl",
            "--brief",
            "--no-store",
        ];
        let known = self.outcomes(questions)?;
        if !known.is_empty() {
            fs::write(folder.path().join("outcomes.jsonl"), lines(known))?;
            arguments.extend(["--outcomes", "outcomes.jsonl"]);
        }
        let report = desk.guildhall_met_or_not(folder.path(), &arguments)?;
        let decisions = report["decisions"].as_array();
        let decisions = decisions.context("the report has no decisions")?;
        ensure!(
            decisions.len() == questions.len(),
            "{} decisions came back, not {}",
            decisions.len(),
            questions.len()
        );
        decisions.iter().map(answer).collect()
    }

    /// What is known beforehand, without anything that is asked.
    fn outcomes(&self, questions: &[&Question]) -> Result<Vec<Value>> {
        let Some(first) = questions.first() else {
            return Ok(Vec::new());
        };
        let asked: BTreeSet<&str> = questions.iter().map(|it| it.item.as_str()).collect();
        let known = self.known()?;
        let known = known
            .iter()
            .filter(|row| !asked.contains(row.item.as_str()));
        Ok(known.map(|row| row.outcome(&first.options)).collect())
    }
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    item: String,
    topic: String,
    said: Vec<(String, String)>,
    truth: String,
}

impl Row {
    fn is_contested(&self) -> bool {
        let first = self.said.first();
        self.said
            .iter()
            .any(|(_, said)| Some(said) != first.map(|(_, said)| said))
    }

    fn outcome(&self, options: &[String]) -> Value {
        json!({
            "id": self.item,
            "topic": self.topic,
            "fixed_options": true,
            "options": options,
            "said": said(&self.said),
            "truth": self.truth,
            "by": "human",
        })
    }
}

impl Question {
    fn to_json(&self) -> Value {
        let options = self.options.iter().map(|option| json!({"id": option}));
        json!({
            "id": self.item,
            "question": format!("which answer is right for {}?", self.item),
            "type": "finding",
            "topic": self.topic,
            "fixed_options": true,
            "options": options.collect::<Vec<_>>(),
            "positions": said(&self.said),
            "costs": {"wrong": WRONG, "ask": ASK},
        })
    }
}

fn said(all: &[(String, String)]) -> Vec<Value> {
    let said = all.iter();
    said.map(|(agent, option)| json!({"agent": agent, "option": option}))
        .collect()
}

fn table(file: &Path) -> Result<Vec<Row>> {
    let shown = file.display();
    let text = fs::read_to_string(file).with_context(|| format!("{shown} cannot be read"))?;
    let mut rows = csv(&text).into_iter();
    let titles = rows.next().unwrap_or_default();
    let column = |name: &str| {
        let at = titles.iter().position(|title| title == name);
        at.with_context(|| format!("{shown}: there is no column {name}"))
    };
    let (item, topic, truth) = (column("item")?, column("topic")?, column("truth")?);
    let is_agent = |(_, title): &(usize, &String)| title.starts_with("agent");
    let agents: Vec<(usize, &String)> = titles.iter().enumerate().filter(is_agent).collect();
    ensure!(!agents.is_empty(), "{shown}: there is no column agent1");
    let row = |(at, row): (usize, Vec<String>)| {
        let (got, wanted) = (row.len(), titles.len());
        ensure!(
            got == wanted,
            "{shown}: row {} has {got} values, not {wanted}",
            at + 2
        );
        ensure!(
            !row[truth].is_empty(),
            "{shown}: row {} has no truth",
            at + 2
        );
        let spoke = agents.iter().filter(|(at, _)| !row[*at].is_empty());
        Ok(Row {
            item: row[item].clone(),
            topic: row[topic].clone(),
            said: spoke
                .map(|(at, agent)| ((*agent).clone(), row[*at].clone()))
                .collect(),
            truth: row[truth].clone(),
        })
    };
    rows.enumerate().map(row).collect()
}

/// What agents say anywhere; the truth is not asked.
fn options<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<String> {
    let said = rows.flat_map(|row| &row.said).map(|(_, said)| said.clone());
    said.collect::<BTreeSet<String>>().into_iter().collect()
}

fn answer(decision: &Value) -> Result<Answer> {
    let probabilities = decision["probabilities"].as_object();
    let probabilities = probabilities.context("a decision has no probabilities")?;
    let probability = |(option, value): (&String, &Value)| {
        let value = value.as_f64().context("a probability is no number")?;
        Ok((option.clone(), value))
    };
    Ok(Answer {
        option: decision["option"].as_str().map(str::to_owned),
        probabilities: probabilities
            .iter()
            .map(probability)
            .collect::<Result<_>>()?,
    })
}

/// What an answer is worth.
struct Score {
    cost: f64,
    brier: f64,
    has_acted: bool,
    /// Whether the most probable option is right.
    is_right: bool,
    probability: f64,
}

impl Score {
    /// No answer is a wrong decision of which it was sure.
    fn of(asked: &Asked<Verdicts>) -> Self {
        let Ok(answer) = &asked.answer else {
            return Self {
                cost: WRONG,
                brier: 1.0,
                has_acted: true,
                is_right: false,
                probability: 1.0,
            };
        };
        let most = answer
            .probabilities
            .iter()
            .max_by(|a, b| a.1.total_cmp(b.1));
        let (best, probability) =
            most.map_or(("", 1.0), |(best, probability)| (best, *probability));
        let chosen = answer.option.as_deref();
        let missed = |(option, probability): (&String, &f64)| {
            let came = f64::from(u8::from(*option == asked.truth));
            (probability - came).powi(2)
        };
        let missed: f64 = answer.probabilities.iter().map(missed).sum();
        Self {
            cost: match chosen {
                None => ASK,
                Some(chosen) if chosen == asked.truth => 0.0,
                Some(_) => WRONG,
            },
            // Half of the sum over options is, of two, the square for one of them.
            brier: missed / 2.0,
            has_acted: chosen.is_some(),
            is_right: chosen.unwrap_or(best) == asked.truth,
            probability: match chosen {
                Some(chosen) => answer.probabilities.get(chosen).copied().unwrap_or(1.0),
                None => probability,
            },
        }
    }
}

/// By how much probabilities miss what came, over equal parts of their scale.
fn calibration_error(scores: &[Score]) -> f64 {
    let mut bins = [(0.0, 0.0); BINS];
    for score in scores {
        let (probability, right) =
            &mut bins[((score.probability * BINS as f64) as usize).min(BINS - 1)];
        *probability += score.probability;
        *right += f64::from(u8::from(score.is_right));
    }
    let missed = bins
        .iter()
        .map(|(probability, right)| (probability - right).abs());
    missed.sum::<f64>() / scores.len() as f64
}

fn shown(asked: &Asked<Verdicts>) -> Value {
    let mut case = Map::new();
    case.insert("item".to_owned(), json!(asked.question.item));
    case.insert("topic".to_owned(), json!(asked.question.topic));
    case.insert("expected".to_owned(), json!(asked.truth));
    match &asked.answer {
        Ok(answer) => {
            let most = answer.probabilities.values().copied().fold(0.0, f64::max);
            case.insert("got".to_owned(), json!(answer.option));
            case.insert("probability".to_owned(), json!(most));
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

    const CASES: &str = "item,topic,split,agent1,agent2,truth\n\
        t1,sqli,dev,1,0,1\nt2,xss,dev,1,1,0\nt3,xss,dev,,0,0\n";

    fn read(text: &str, learn: Option<&str>, contested: bool) -> Result<Vec<Case<Verdicts>>> {
        let folder = WorkFolder::new()?;
        let file = folder.path().join("cases.csv");
        fs::write(&file, text)?;
        let learn = learn.map(|text| {
            let file = folder.path().join("learn.csv");
            fs::write(&file, text).map(|()| file)
        });
        let learn = learn.transpose()?;
        Verdicts { learn, contested }.read(&file)
    }

    #[test]
    fn corrupting_the_truth_changes_no_answer() {
        let questions = |text| -> Vec<String> {
            let cases = read(text, None, false).unwrap();
            cases
                .iter()
                .map(|case| case.question.to_json().to_string())
                .collect()
        };
        let corrupt = CASES.replace(",1\nt2", ",0\nt2").replace("1,1,0", "1,1,9");
        assert_ne!(corrupt, CASES);
        assert_eq!(questions(CASES), questions(&corrupt));
        // What is asked is not among what is known, though the file that may be learned from
        // has it.
        let folder = WorkFolder::new().unwrap();
        let file = folder.path().join("learn.csv");
        fs::write(&file, format!("{CASES}t4,xss,dev,0,1,1\n")).unwrap();
        let verdicts = Verdicts {
            learn: Some(file),
            contested: false,
        };
        let cases = read(CASES, None, false).unwrap();
        let asked: Vec<&Question> = cases.iter().map(|case| &case.question).collect();
        let known = verdicts.outcomes(&asked).unwrap();
        assert_eq!(known.len(), 1);
        assert_eq!(
            (&known[0]["id"], &known[0]["truth"]),
            (&json!("t4"), &json!("1"))
        );
    }

    #[test]
    fn rows_on_which_all_agree_can_be_left_out() {
        let items = |contested| -> Vec<String> {
            let cases = read(CASES, None, contested).unwrap();
            cases.into_iter().map(|case| case.question.item).collect()
        };
        assert_eq!(items(false), ["t1", "t2", "t3"]);
        assert_eq!(items(true), ["t1"]);
    }

    #[test]
    fn a_table_without_a_column_or_a_value_is_named() {
        for (text, words) in [
            ("", "there is no column item"),
            ("item,topic,truth\na,b,1\n", "there is no column agent1"),
            (
                "item,topic,agent1,truth\na,b,1\n",
                "row 2 has 3 values, not 4",
            ),
            ("item,topic,agent1,truth\na,b,1,\n", "row 2 has no truth"),
            (
                "item,topic,agent1,truth\na,b,1,1\n",
                "all agents say the same",
            ),
        ] {
            let error = read(text, None, false).err().unwrap();
            assert!(format!("{error:#}").contains(words), "{error:#}");
        }
    }

    #[test]
    fn a_wrong_decision_costs_ten_and_a_question_one() {
        let asked = |answer: Result<(Option<&str>, f64), &str>| {
            let mut cases = read(CASES, None, false).unwrap();
            let case = cases.remove(0);
            let answer = answer.map(|(option, probability)| Answer {
                option: option.map(str::to_owned),
                probabilities: [
                    ("0".to_owned(), 1.0 - probability),
                    ("1".to_owned(), probability),
                ]
                .into(),
            });
            Asked {
                question: case.question,
                truth: case.truth,
                answer: answer.map_err(str::to_owned),
            }
        };
        let verdicts = Verdicts {
            learn: None,
            contested: false,
        };
        let judged = |all| {
            let verdict = verdicts.judge(all, &mut Desk::new(None).unwrap()).unwrap();
            verdict.summary
        };
        let summary = judged(vec![
            asked(Ok((Some("1"), 1.0))),
            asked(Ok((Some("0"), 0.0))),
            asked(Ok((None, 0.5))),
            asked(Err("it broke")),
        ]);
        assert_eq!(summary["cost"], json!((10.0 + 1.0 + 10.0) / 4.0));
        assert_eq!(summary["brier"], json!((1.0 + 0.25 + 1.0) / 4.0));
        assert_eq!(
            (&summary["auto_share"], &summary["wrong_auto"]),
            (&json!(0.75), &json!(2))
        );
        assert!(
            verdicts
                .judge(Vec::new(), &mut Desk::new(None).unwrap())
                .is_err()
        );
    }
}
