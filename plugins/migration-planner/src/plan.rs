//! The plan of a migration: the JSON that `migrate plan` writes and that `show`, `check` and
//! `run` read.
//!
//! Every list is sorted, and nothing in a plan depends on the day or on the machine, so the
//! same tree and the same crates give the same bytes.

use std::collections::BTreeMap;

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};

use crate::difference::Class;
use crate::evidence::How;

/// The form of plans that this version writes and reads.
pub const VERSION: u32 = 1;

/// The plan of a migration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct MigrationPlan {
    /// The form of the plan.
    pub version: u32,
    /// Whether everything that the plan needs was there, for the versions of `targets`; what was
    /// not is among `blind`.
    pub complete: bool,
    /// What the plan was made from.
    pub made: Made,
    /// What moves because the user said so.
    pub targets: Vec<Target>,
    /// What has to move along.
    pub companions: Vec<Companion>,
    /// What cannot move along and exchanges types with us.
    pub blockers: Vec<Blocker>,
    /// What became of the items that are used.
    pub changes: Vec<Change>,
    /// The files that must or may change.
    pub files: Vec<File>,
    /// What is to be done.
    pub steps: Vec<Step>,
    /// Other ways to the same end.
    pub alternatives: Vec<Alternative>,
    /// How much work it is.
    pub effort: Effort,
    /// How risky it is.
    pub risk: Risk,
    /// What the plan cannot see.
    pub blind: Vec<Blind>,
    /// The command that succeeds when the migration is done.
    pub done: String,
    /// What the compiler said, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<Probe>,
}

/// What a plan was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Made {
    /// The commit that was checked out, in hexadecimal digits; none outside of git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Whether files differed from that commit.
    pub dirty: bool,
    /// SHA-256 over the manifests, the lock file and every file that was looked at.
    pub inputs: String,
    /// The version of the planner.
    pub tool: String,
}

/// Something that moves because the user said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Target {
    /// The package, the framework, or `edition`.
    #[serde(rename = "crate")]
    pub name: String,
    /// The version, or the edition, before.
    pub from: String,
    /// The version, or the edition, after.
    pub to: String,
    /// What it is.
    pub kind: TargetKind,
    /// Where its sources come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<TargetSource>,
    /// Features that the project asks for and that are not the same any more.
    pub features: Vec<FeatureChange>,
    /// The oldest Rust that is needed.
    pub rust_version: RustVersions,
    /// Whether the new version was taken back by its publisher.
    pub yanked: bool,
    /// Whether one of the versions is only likely, since no lock file or no index names it; what
    /// was taken for true is among what cannot be seen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub likely: bool,
}

/// What a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    /// A crate.
    Crate,
    /// An edition of Rust.
    Edition,
    /// A framework, by a knowledge pack.
    Framework,
    /// Whatever a pack given by the user is of.
    Pack,
}

/// Where the sources of a crate come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
pub enum TargetSource {
    /// A registry, or what cargo keeps of it.
    Registry,
    /// A folder of sources that the project carries.
    Vendored,
    /// A path below the project.
    Path,
    /// A git repository.
    Git,
}

/// A feature that is not the same any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct FeatureChange {
    /// The feature.
    pub name: String,
    /// What became of it.
    pub change: FeatureFate,
    /// Its new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// What became of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureFate {
    /// There is none of that name.
    Gone,
    /// It has another name.
    Renamed,
}

/// The oldest Rust that is needed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct RustVersions {
    /// By the version before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// By the version after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// By the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yours: Option<String>,
}

impl RustVersions {
    /// The Rust that the version after needs and the one that the project promises, where
    /// the first is newer. `1.70` and `1.70.0` are the same.
    ///
    /// ```
    /// use migration_planner::plan::RustVersions;
    ///
    /// let versions = |new: &str, yours: &str| RustVersions {
    ///     old: None,
    ///     new: Some(new.to_owned()),
    ///     yours: Some(yours.to_owned()),
    /// };
    /// assert_eq!(versions("1.70.0", "1.70").raised(), None);
    /// assert_eq!(versions("1.80", "1.70").raised(), Some(("1.80", "1.70")));
    /// ```
    pub fn raised(&self) -> Option<(&str, &str)> {
        let (needed, promised) = (self.new.as_deref()?, self.yours.as_deref()?);
        (rust_numbers(needed)? > rust_numbers(promised)?).then_some((needed, promised))
    }
}

/// The one to three numbers of a version of Rust; those that are left out are nought.
fn rust_numbers(text: &str) -> Option<[u64; 3]> {
    let mut numbers = [0; 3];
    for (at, part) in text.split('.').enumerate() {
        *numbers.get_mut(at)? = part.parse().ok()?;
    }
    Some(numbers)
}

/// A package that has to move along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Companion {
    /// The package.
    #[serde(rename = "crate")]
    pub name: String,
    /// The version before.
    pub from: String,
    /// The lowest version that takes the new major; none where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Where it shows types of what migrates.
    pub because: Vec<Shown>,
    /// How its version was found.
    pub found: Found,
}

/// An item that a package shows in its public API and that belongs to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
pub struct Shown {
    /// Whose item it is.
    #[serde(rename = "crate")]
    pub name: String,
    /// The path of the item.
    pub item: String,
    /// Where it is shown: a path, such as `tokio_util::codec::Framed::new`.
    #[serde(rename = "in")]
    pub place: String,
}

/// How the version of a companion was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// In the registry's index.
    Index,
    /// In a manifest.
    Manifest,
    /// It was not.
    Unknown,
}

/// A package that stays on the old version and exchanges types with us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Blocker {
    /// The package.
    #[serde(rename = "crate")]
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it holds back.
    pub holds: String,
    /// The items of that which it shows.
    pub exposes: Vec<String>,
    /// What can be done about it.
    pub ways: Vec<Way>,
}

/// What can be done about a blocker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// Keep both versions side by side and convert where they meet.
    TwoMajors,
    /// Wait for a version that has moved.
    Wait,
    /// Take another package.
    Replace,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Change {
    /// The path of the item before, and of its member, such as `tokio::time::delay_for`.
    pub id: String,
    /// The kind of change.
    pub class: Class,
    /// What it was: a signature, a type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// Where it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// How many items changed with it: a module that moved is one change.
    pub covers: u32,
    /// What the crate itself says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A file that must or may change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct File {
    /// Its path below the root, with `/`.
    pub path: String,
    /// Whether it must change.
    pub tier: Tier,
    /// How probable a change is, from nought to one.
    pub score: f64,
    /// Where and why.
    pub uses: Vec<Use>,
    /// What stood in it when the plan was made; only of files that must change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
}

/// What stood in a file when the plan was made, by which a later look tells what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Seen {
    /// SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
    /// How often the names stand in it that the migration takes away, as words.
    pub names: BTreeMap<String, u32>,
}

/// How surely a file changes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Schema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// More likely than not.
    Must,
    /// Perhaps.
    May,
}

/// A place in a file that uses something that changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Use {
    /// The line, from one.
    pub line: u32,
    /// The column in characters, from one.
    pub column: u32,
    /// The id of the change.
    pub change: String,
    /// The kind of change.
    pub class: Class,
    /// How probable it is that this place must be edited, from nought to one.
    pub confidence: f64,
    /// How the use was recognised.
    pub how: How,
}

/// Something to be done, which leaves the project working.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Step {
    /// Its id within the plan.
    pub id: String,
    /// What sort of step it is.
    pub kind: StepKind,
    /// What to do, as an imperative sentence without a final full stop.
    pub title: String,
    /// The crates whose versions it changes.
    pub crates: Vec<String>,
    /// The packages of the project that it touches.
    pub packages: Vec<String>,
    /// The files that it touches.
    pub files: Vec<String>,
    /// The ids of the changes that it takes; all of its files where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub takes: Vec<String>,
    /// What must be done before.
    pub after: Vec<After>,
    /// How large it is.
    pub size: Size,
    /// The command that shows that it is done.
    pub verify: String,
    /// How to undo it.
    pub rollback: Rollback,
    /// Another way to do it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternative: Option<Alternative>,
    /// What an agent is told: what, where, from what to what.
    pub instructions: String,
}

/// What sort of step it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// It takes a newer version that changes no code.
    Update,
    /// It can be done on the old version.
    Prepare,
    /// It changes nothing but the layout of the text.
    Format,
    /// It takes the new version.
    Bump,
    /// It moves a part over while both versions are there.
    Adapt,
    /// It removes what only the migration needed.
    Cleanup,
    /// It mends what the compiler said.
    ProbeFix,
}

/// A step that must be done before another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
pub struct After {
    /// Its id.
    pub step: String,
    /// The item that forces the order; empty where the kind of step does.
    pub because: String,
}

/// How large a step is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Size {
    /// Files that must change.
    pub files: u32,
    /// Places in them.
    pub places: u32,
}

/// The way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Rollback {
    /// A command, or a sentence; never empty.
    pub how: String,
    /// What does not come back with it.
    pub cannot: Vec<Irreversible>,
}

/// What cannot be rolled back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
pub enum Irreversible {
    /// A newer Rust is needed.
    RustVersion,
    /// Others build on the public API.
    PublishedApi,
    /// Others read what is sent.
    WireFormat,
    /// What was stored was written anew.
    Data,
}

/// Another way to the same end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Alternative {
    /// What it is.
    pub kind: AlternativeKind,
    /// What it costs.
    pub cost: Cost,
    /// How it is done.
    pub text: String,
}

/// What an alternative is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
pub enum AlternativeKind {
    /// Both versions side by side.
    TwoMajors,
    /// The old names over the new version.
    Shim,
}

/// What an alternative costs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Cost {
    /// Files that it touches.
    pub files: u32,
    /// Places where values cross from one version to the other, as `FILE:LINE`.
    pub crossings: Vec<String>,
}

/// How much work it is, as intervals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Effort {
    /// Changed lines: least and most.
    pub lines: (u32, u32),
    /// Changed files: least and most.
    pub files: (u32, u32),
    /// The share of migrations that lie within, from nought to one.
    pub coverage: f64,
    /// What the intervals rest on.
    pub basis: String,
}

/// How risky it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Risk {
    /// The level.
    pub level: RiskLevel,
    /// Why, the weightiest first.
    pub reasons: Vec<Reason>,
}

/// A level of risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
pub enum RiskLevel {
    /// Little can go wrong.
    Low,
    /// Something can.
    Medium,
    /// Something probably will.
    High,
}

/// A reason for a risk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Reason {
    /// What it is.
    pub text: String,
    /// How much it weighs: 1 or 2.
    pub weight: u32,
}

/// Something that the plan cannot see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Blind {
    /// What it is.
    pub kind: BlindKind,
    /// How often it occurs.
    pub count: u32,
    /// The first places, as `FILE:LINE`, or what is missing.
    pub examples: Vec<String>,
}

/// What a plan cannot see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
pub enum BlindKind {
    /// Macros whose arguments are no paths.
    Macros,
    /// Code behind a condition.
    Cfg,
    /// Code that is generated.
    Generated,
    /// What only the release notes say.
    Behaviour,
    /// Files that could not be read.
    Unparsed,
    /// Calls on values of unknown type.
    UnresolvedReceiver,
    /// Crates whose sources were not there.
    MissingSources,
    /// What is likely and was taken for true, such as a version where no lock file names it.
    Assumed,
    /// What the compiler was asked for and could not say.
    NotProbed,
}

/// What the compiler said of a scratch copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Probe {
    /// Where.
    pub sites: Vec<ProbeSite>,
    /// How often it was asked.
    pub rounds: u32,
    /// What was asked: the version of the compiler.
    pub toolchain: String,
    /// Whether the project was built without the new versions.
    pub built_before: bool,
}

/// A place that the compiler named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
pub struct ProbeSite {
    /// The file below the root, with `/`.
    pub path: String,
    /// The line, from one.
    pub line: u32,
    /// The column in characters, from one.
    pub column: u32,
    /// The code, such as `E0432`, or the name of the lint.
    pub code: String,
    /// What it said.
    pub message: String,
}
