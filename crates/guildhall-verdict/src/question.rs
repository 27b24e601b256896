//! A question on which agents contradict each other, as it is asked.

use std::collections::BTreeMap;

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};

/// What a wrong decision costs where nobody says, in units of asking a person.
pub const USUAL_COST_WRONG: f64 = 10.0;

/// What asking a person costs where nobody says.
pub const USUAL_COST_ASK: f64 = 1.0;

/// A question, its options, and what agents say to it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The question's own id, by which its outcome is told later; made of its content where
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What is to be decided.
    pub question: String,
    /// What kind of conflict it is: design, priority, finding, review, plan, or any word.
    #[serde(default = "general", rename = "type")]
    pub kind: String,
    /// How bad it is where nobody decides.
    #[serde(default)]
    pub severity: Severity,
    /// What it is about: reliability is known by topic. The type where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Whether an option means the same in every question with these options, as `defect`
    /// and `no-defect`; else only being right counts.
    #[serde(default)]
    pub fixed_options: bool,
    /// What can be chosen.
    pub options: Vec<Choice>,
    /// What it is about, in the code.
    #[serde(default)]
    pub subject: Subject,
    /// What else a person needs to know to decide.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub context: String,
    /// What agents say.
    #[serde(default)]
    pub positions: Vec<Position>,
    /// What is known beside what they say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// What can be checked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// Agents that have said nothing and can be asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Other>,
    /// What came of checks that were made already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<CheckResult>,
    /// What deciding wrongly and asking cost.
    #[serde(default)]
    pub costs: Costs,
    /// What people have laid down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Policy>,
}

/// How bad a conflict is.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Schema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing suffers by waiting.
    Low,
    /// Some work waits.
    #[default]
    Medium,
    /// Users or deadlines suffer.
    High,
    /// Damage grows while nobody decides.
    Critical,
}

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Its id, by which positions name it.
    pub id: String,
    /// What it says; the id where absent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
}

/// What a question is about, in the code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The commit: evidence of another counts for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// The item, such as a function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
}

/// What one agent says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// The agent.
    pub agent: String,
    /// The option it is for.
    pub option: String,
    /// How sure it says it is, from 0 to 1: weighs nothing until outcomes show what that means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Why, in its words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rationale: String,
    /// Ids of the evidence that it brings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// What must be true for it: one that is refuted takes the position away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub premises: Vec<Premise>,
    /// What the agent runs on: those that run on one and the same count as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// Something that a position rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Premise {
    /// Its id, by which a result names it; no check has the same.
    pub id: String,
    /// What it says.
    pub text: String,
    /// How it can be measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Measure>,
}

/// A number that the scanner can measure. The premise holds where it is over or under a limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The file to measure.
    pub file: String,
    /// The item in it, such as a function; the whole file where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// What is measured: `cognitive`, `cyclomatic`, `lines`, or another column of the table.
    pub value: String,
    /// It holds where the value is greater than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<f64>,
    /// It holds where the value is less than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<f64>,
    /// What the measurement costs, in units of the costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<f64>,
}

/// How strong something is that speaks for an option.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Schema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// A test passed or failed.
    TestResult,
    /// Something was measured.
    Measurement,
    /// An analyser says so.
    StaticAnalysis,
    /// A reviewer says so.
    Review,
    /// Somebody says so.
    Opinion,
}

/// Something that speaks for an option, bound to what it was found in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Its id.
    pub id: String,
    /// How strong it is.
    pub class: Class,
    /// The hash of its content: what has the same counts once.
    pub hash: String,
    /// The commit it was found at: it counts for nothing at another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The option it speaks for.
    pub supports: String,
    /// Who brings it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What it says.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// A command whose end speaks for an option.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Its id.
    pub id: String,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The folder it runs in; that of the request where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// What it costs, in units of the costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<f64>,
    /// Seconds that it may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u32>,
    /// How strong its result is.
    #[serde(default = "test_result")]
    pub class: Class,
    /// The option that a pass (exit code 0) speaks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass: Option<String>,
    /// The option that a failure speaks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail: Option<String>,
}

/// An agent that can be asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Other {
    /// The agent.
    pub agent: String,
    /// What asking it costs, in units of the costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<f64>,
}

/// What came of a check or of measuring a premise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct CheckResult {
    /// The id of the check, or of the premise.
    pub id: String,
    /// Whether it passed, or the premise holds.
    pub passed: bool,
    /// The commit it was made at: it counts for nothing at another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// What was seen, in a few words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub seen: String,
}

/// What mistakes and questions cost.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Costs {
    /// Choosing an option that is not right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrong: Option<f64>,
    /// Asking a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<f64>,
    /// Choosing this option where it is not right, by the option's id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub wrong_option: BTreeMap<String, f64>,
}

/// What people have laid down: a rule for this question, never evidence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Policy {
    /// This option is not to be chosen.
    Veto {
        /// Who says so, such as the owner or security.
        by: String,
        /// The option.
        option: String,
        /// Why.
        reason: String,
    },
    /// Nothing is to be decided without a person.
    Hold {
        /// Who says so.
        by: String,
        /// Why.
        reason: String,
    },
    /// This option is to be chosen, at this commit alone.
    Override {
        /// Who says so.
        by: String,
        /// The option.
        option: String,
        /// The commit it is said of.
        commit: String,
        /// Why.
        reason: String,
    },
}

impl Question {
    /// What it is about, by which reliability is known.
    pub fn topic(&self) -> &str {
        self.topic.as_deref().unwrap_or(&self.kind)
    }

    /// The place of an option among the options.
    pub fn option(&self, id: &str) -> Option<usize> {
        self.options.iter().position(|option| option.id == id)
    }
}

impl Choice {
    /// What it says.
    pub fn label(&self) -> &str {
        match self.label.as_str() {
            "" => &self.id,
            label => label,
        }
    }
}

impl Class {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::TestResult => "test result",
            Self::Measurement => "measurement",
            Self::StaticAnalysis => "static analysis",
            Self::Review => "review",
            Self::Opinion => "opinion",
        }
    }
}

fn general() -> String {
    "general".to_owned()
}

const fn test_result() -> Class {
    Class::TestResult
}
