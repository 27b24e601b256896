//! What happens to an incident: the events that are kept, and nothing else is.
//!
//! Each event is a record of the incident's stream, so a field or a kind once given stays what
//! it is. A newer version may add fields, which older ones pass over, and kinds, which they
//! keep without understanding them.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::incident::IncidentId;
use crate::intake::IntakeKind;
use crate::model::hexadecimal;
use crate::{Evidence, Moment, Severity, Symptom};

/// From this chance on a search by tries has found a commit. On seeded cases such an answer was
/// right in 97 of 100 where every fifth run lies; more runs than it takes would buy little.
pub(crate) const SURE: f64 = 0.99;

/// An event with what it rests on, as it is kept. The numbers of its evidence do not matter:
/// the fold numbers them through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When it happened.
    #[serde(skip, default = "beginning")]
    pub at: Moment,
    /// Who did it, where somebody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What shows it. Where it is empty the record itself is all that shows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// What happened.
    pub event: IncidentEvent,
}

/// What happens to an incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "what", rename_all = "kebab-case")]
pub enum IncidentEvent {
    /// It was opened. Always the first.
    Opened(Opened),
    /// The same was told again.
    Attached(Attached),
    /// The rubric was asked.
    Assessed(Assessed),
    /// A person said how bad it is.
    SeverityByPerson(SeverityByPerson),
    /// Commits were ranked.
    SuspectsRanked(Suspects),
    /// A search by tries began. It replaces an earlier one; the tries of one that did not end are
    /// its own where they are made in the same way.
    BisectStarted(BisectStarted),
    /// One try of it.
    BisectRun(BisectRun),
    /// It came to an end.
    BisectEnded(BisectEnded),
    /// Something was made that might mend it. The same id again replaces the earlier one,
    /// with all that was checked and approved of it.
    CandidateMade(Candidate),
    /// Something was run to check a candidate.
    Checked(Checked),
    /// The checks of a candidate came to a verdict.
    Validated(Validated),
    /// A candidate was approved.
    Approved(Approved),
    /// An approval was taken back.
    ApprovalWithdrawn(ApprovalWithdrawn),
    /// The deploy of a candidate begins.
    DeployStarted(DeployStarted),
    /// It has ended.
    DeployEnded(DeployEnded),
    /// A response was begun.
    ResponseStarted(ResponseStarted),
    /// Work went from one to another.
    HandedOff(HandedOff),
    /// A person is asked to decide.
    Escalated(Escalated),
    /// Nobody feels it any more.
    Mitigated(Because),
    /// It is over.
    Closed(Closed),
    /// It is not over.
    Reopened(Because),
    /// The symptom was seen again.
    Recurred(Because),
    /// It was looked for, and not seen again.
    WatchedQuiet(Because),
    /// Somebody wrote something down.
    Noted(Noted),
}

/// The kinds of all events of this version.
pub const KINDS: [&str; 24] = [
    "opened",
    "attached",
    "assessed",
    "severity-by-person",
    "suspects-ranked",
    "bisect-started",
    "bisect-run",
    "bisect-ended",
    "candidate-made",
    "checked",
    "validated",
    "approved",
    "approval-withdrawn",
    "deploy-started",
    "deploy-ended",
    "response-started",
    "handed-off",
    "escalated",
    "mitigated",
    "closed",
    "reopened",
    "recurred",
    "watched-quiet",
    "noted",
];

/// How it began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// What is wrong.
    pub symptom: Symptom,
    /// The form in which it was told.
    pub intake: IntakeKind,
    /// Equal for two tellings of one thing.
    pub key: String,
    /// Labels, tags and attributes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// The repository that it is about, as it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repo: Option<String>,
    /// The earlier incident that it is the return of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurrence_of: Option<IncidentId>,
}

/// A further telling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attached {
    /// What was told this time.
    pub symptom: Symptom,
    /// Why it is the same.
    pub duplicate: Duplicate,
}

/// Why two tellings are of one thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Duplicate {
    /// By which rule: `key`, `place` or `title`.
    pub rule: String,
    /// How alike they are, from 0 to 1.
    pub likeness: f64,
    /// Why, in one sentence.
    pub because: String,
}

/// What the rubric says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assessed {
    /// How bad it is.
    pub level: Severity,
    /// What forced it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<String>,
    /// The sum of the terms, where points decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<i32>,
    /// Why, in one sentence.
    pub reason: String,
    /// Each thing that was looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<AssessedTerm>,
    /// Whether nobody says how many are reached nor how much does not work, so that it
    /// rests on assumptions alone: then nothing is known.
    #[serde(default)]
    pub is_assumed: bool,
}

/// One thing that the rubric looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssessedTerm {
    /// What it is: `reach`, `depth`, `duration`, or the name of a gate.
    pub name: String,
    /// What it is taken to be.
    pub value: String,
    /// What it adds.
    pub points: i32,
    /// The words that say it, or why it is assumed.
    pub because: String,
    /// Whether nobody says it.
    #[serde(default)]
    pub is_assumed: bool,
}

/// A person's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeverityByPerson {
    /// How bad it is.
    pub level: Severity,
    /// Why.
    pub because: String,
}

/// The commits that may be to blame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suspects {
    /// The commit at which the symptom was seen.
    pub base: String,
    /// From which name on commits were looked at, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// By what the commits were chosen.
    pub rule: String,
    /// How many may be to blame.
    pub commits: u64,
    /// Why none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<String>,
    /// The likeliest first; there may be some though none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranked: Vec<RankedCommit>,
}

/// A commit that may be to blame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RankedCommit {
    /// The commit.
    pub commit: String,
    /// The first line of its message.
    pub subject: String,
    /// How likely it is, as the ranking has it.
    pub p: f64,
    /// Whether it is called a good one.
    pub high: bool,
    /// What speaks for it, the most first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
}

/// A command that was run, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandRun {
    /// The command and its arguments.
    pub argv: Vec<String>,
    /// Its exit code, where it ended by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
    /// How it ended otherwise, in words: at the end of its time, by a signal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// How long it took, in milliseconds.
    pub ms: u64,
    /// The last of what it wrote.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tail: String,
}

/// How a search by tries began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BisectStarted {
    /// The commit that is known to be good.
    pub good: String,
    /// The commit that is known to be bad.
    pub bad: String,
    /// The commits after `good` up to `bad`, oldest first: what may be found.
    pub commits: Vec<String>,
    /// What reproduces the symptom.
    pub reproduce: Vec<String>,
    /// What builds, where something does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build: Vec<String>,
    /// Whether a try that does not end in its time has failed.
    #[serde(default)]
    pub hang_fails: bool,
    /// Seconds that each may take, where that was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
}

impl BisectStarted {
    /// Whether a try of the one says as much in the other.
    pub fn tries_as(&self, other: &Self) -> bool {
        self.reproduce == other.reproduce
            && self.build == other.build
            && self.hang_fails == other.hang_fails
            && self.seconds == other.seconds
    }
}

/// A try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BisectRun {
    /// The commit.
    pub commit: String,
    /// What was seen.
    pub seen: Seen,
    /// What was run; the build where that failed.
    pub run: CommandRun,
    /// Whether it was built for this try.
    #[serde(default)]
    pub built: bool,
}

/// What a try showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// The symptom is not there.
    Good,
    /// The symptom is there.
    Bad,
    /// It cannot be told here.
    Skip,
}

/// What came of a search by tries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BisectEnded {
    /// The commits of which one brought it; one where it is decided.
    pub culprits: Vec<String>,
    /// How sure that is, from 0 to 1.
    pub certainty: f64,
    /// Why it ended, in one sentence.
    pub because: String,
}

impl BisectEnded {
    /// The commit that brought it, where that is decided; `None` also where one commit is left
    /// that is not sure enough.
    pub fn culprit(&self) -> Option<&str> {
        match self.culprits.as_slice() {
            [one] if self.certainty >= SURE => Some(one),
            _ => None,
        }
    }
}

/// The number of a candidate within its incident, written `C1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CandidateId(pub u32);

/// Something that might mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its number.
    pub id: CandidateId,
    /// What sort it is.
    pub kind: CandidateKind,
    /// The commit that it was made on.
    pub base: String,
    /// The commit that it is, where it changes code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The commit that it takes back, where it is a revert.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverts: Option<String>,
    /// SHA-256 of the patch, where it changes code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch_sha256: Option<String>,
    /// The branch on which it is, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The file in which its patch is, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch: Option<String>,
    /// The command that it is, where it is a step of a runbook.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub argv: Vec<String>,
    /// Files in conflict; empty where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<String>,
    /// What else is to be known of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What sort a candidate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CandidateKind {
    /// It takes a commit back.
    Revert,
    /// It changes code.
    Patch,
    /// It is a step of a runbook.
    Runbook,
}

/// A check of a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// Which candidate.
    pub candidate: CandidateId,
    /// What was checked: `build`, `reproduce-before`, `reproduce-after`, `test-before`, `test`.
    pub check: String,
    /// Whether it came out as it should.
    pub passed: bool,
    /// What was run.
    pub run: CommandRun,
}

/// The verdict of a candidate's checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validated {
    /// Which candidate.
    pub candidate: CandidateId,
    /// The content that was checked: [`Candidate::digest`].
    pub digest: String,
    /// The commit that the repository was at.
    pub head: String,
    /// Whether all is well.
    pub passed: bool,
    /// Why, in one sentence.
    pub because: String,
}

/// An approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// Which candidate.
    pub candidate: CandidateId,
    /// The content that was approved: [`Candidate::digest`].
    pub digest: String,
    /// The commit that was approved, where the candidate is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Whether a person gave it; what an agent gives counts for nothing.
    pub is_by_person: bool,
    /// What they say to it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// An approval that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalWithdrawn {
    /// Which candidate.
    pub candidate: CandidateId,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// A deploy that begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployStarted {
    /// Which candidate.
    pub candidate: CandidateId,
    /// The content.
    pub digest: String,
    /// What is run.
    pub argv: Vec<String>,
}

/// A deploy that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployEnded {
    /// Which candidate.
    pub candidate: CandidateId,
    /// What came of it.
    pub run: CommandRun,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseStarted {
    /// `swarm` or `standard`.
    pub mode: String,
    /// Why this one, in one sentence.
    pub because: String,
    /// Who takes part.
    pub roles: Vec<String>,
    /// Runbooks that fit, by their titles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runbooks: Vec<String>,
}

/// Work that went from one to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedOff {
    /// From whom.
    pub from: String,
    /// To whom.
    pub to: String,
    /// What for.
    pub what: String,
}

/// A question to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalated {
    /// Why it is asked.
    pub because: String,
    /// What is to be decided.
    pub question: String,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// As what.
    pub resolution: Resolution,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub because: String,
}

/// As what an incident is closed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, guildhall_sdk::Schema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Resolution {
    /// The cause is gone.
    Fixed,
    /// It was no incident.
    FalseAlarm,
    /// It is told as another incident.
    Duplicate,
    /// It ended by itself, and nobody knows why.
    Gone,
}

/// A reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Because {
    /// Why.
    #[serde(default)]
    pub because: String,
}

/// Something that somebody wrote down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// What.
    pub text: String,
}

impl Entry {
    /// Something that happened, with nothing that shows it but the record.
    pub fn new(at: Moment, event: IncidentEvent) -> Self {
        Self {
            at,
            by: None,
            evidence: Vec::new(),
            event,
        }
    }

    /// With who did it.
    #[must_use]
    pub fn by(mut self, by: Option<impl Into<String>>) -> Self {
        self.by = by.map(Into::into);
        self
    }

    /// With what shows it.
    #[must_use]
    pub fn with(mut self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        self.evidence.extend(evidence);
        self
    }
}

impl IncidentEvent {
    /// Its kind, as it is kept: one of [`KINDS`].
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Opened(_) => "opened",
            Self::Attached(_) => "attached",
            Self::Assessed(_) => "assessed",
            Self::SeverityByPerson(_) => "severity-by-person",
            Self::SuspectsRanked(_) => "suspects-ranked",
            Self::BisectStarted(_) => "bisect-started",
            Self::BisectRun(_) => "bisect-run",
            Self::BisectEnded(_) => "bisect-ended",
            Self::CandidateMade(_) => "candidate-made",
            Self::Checked(_) => "checked",
            Self::Validated(_) => "validated",
            Self::Approved(_) => "approved",
            Self::ApprovalWithdrawn(_) => "approval-withdrawn",
            Self::DeployStarted(_) => "deploy-started",
            Self::DeployEnded(_) => "deploy-ended",
            Self::ResponseStarted(_) => "response-started",
            Self::HandedOff(_) => "handed-off",
            Self::Escalated(_) => "escalated",
            Self::Mitigated(_) => "mitigated",
            Self::Closed(_) => "closed",
            Self::Reopened(_) => "reopened",
            Self::Recurred(_) => "recurred",
            Self::WatchedQuiet(_) => "watched-quiet",
            Self::Noted(_) => "noted",
        }
    }

    /// Whether it must survive a loss of power before anything else is done.
    pub fn is_grave(&self) -> bool {
        matches!(
            self,
            Self::Approved(_) | Self::ApprovalWithdrawn(_) | Self::DeployStarted(_)
        )
    }
}

impl Candidate {
    /// What it holds, as 64 hexadecimal digits: another patch, another base, another commit or
    /// another command is another digest. Where it is kept and what is told of it do not
    /// matter.
    pub fn digest(&self) -> String {
        let content = (
            self.kind,
            &self.base,
            &self.commit,
            &self.reverts,
            &self.patch_sha256,
            &self.argv,
            &self.conflicts,
        );
        let json = json!(content).to_string();
        hexadecimal(&Sha256::digest(json))
    }
}

impl CommandRun {
    /// Whether it ended by itself with code 0.
    pub fn succeeded(&self) -> bool {
        self.code == Some(0) && self.ended.is_none()
    }
}

impl fmt::Display for CommandRun {
    /// The command as a person would type it, and how it ended.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}`", self.argv.join(" "))?;
        match (&self.ended, self.code) {
            (Some(ended), _) => write!(formatter, " did not end by itself: {ended}"),
            (None, Some(code)) => write!(formatter, " ended with {code}"),
            (None, None) => write!(formatter, " did not end by itself"),
        }
    }
}

impl fmt::Display for CandidateId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "C{}", self.0)
    }
}

impl CandidateKind {
    /// The name, for example `revert`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revert => "revert",
            Self::Patch => "patch",
            Self::Runbook => "runbook",
        }
    }
}

impl Resolution {
    /// The name, for example `fixed`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::FalseAlarm => "false-alarm",
            Self::Duplicate => "duplicate",
            Self::Gone => "gone",
        }
    }
}

fn beginning() -> Moment {
    Moment::BEGIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_commit_that_is_left_is_no_culprit_until_it_is_sure() {
        let ended = |certainty: f64, culprits: &[&str]| BisectEnded {
            culprits: culprits.iter().map(|one| (*one).to_owned()).collect(),
            certainty,
            because: "there were no more runs".to_owned(),
        };
        assert_eq!(ended(0.97, &["a"]).culprit(), None);
        assert_eq!(ended(0.99, &["a"]).culprit(), Some("a"));
        assert_eq!(ended(0.999, &["a", "b"]).culprit(), None);
        assert_eq!(ended(0.999, &[]).culprit(), None);
    }
}
