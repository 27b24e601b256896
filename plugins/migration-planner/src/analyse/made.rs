//! What is said of a plan as a whole: what it was made from, its risk, and when it is done.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;

use guildhall_source::process::Watch;
use guildhall_source::repository::Repository;

use super::Looked;
use crate::assess::Assessment;
use crate::order::Part;
use crate::plan::{Blocker, FeatureFate, Made, Risk, RiskLevel, Step, Target, Tier};
use crate::risk::{RiskFacts, risk as weigh};
use crate::steps::{gone, taken};

/// What a plan was made from, where nothing of it is known.
pub(super) fn unknown() -> Made {
    Made {
        commit: None,
        dirty: false,
        inputs: String::new(),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// What a plan was made from.
pub(super) fn made(root: &Path, inputs: &str, is_cancelled: &dyn Fn() -> bool) -> Made {
    let watch = Watch::new(is_cancelled);
    let repository = Repository::discover(root, &watch).ok();
    let head = repository.as_ref().and_then(|it| it.facts().head);
    let dirty = repository.as_ref().is_some_and(|it| is_dirty(it, &watch));
    Made {
        commit: head.map(|head| head.id.to_string()),
        dirty,
        inputs: inputs.to_owned(),
        ..unknown()
    }
}

/// Whether a file that git knows is not as it was committed.
fn is_dirty(repository: &Repository, watch: &Watch<'_>) -> bool {
    let mut said = false;
    let arguments = ["status", "--porcelain", "-z", "--untracked-files=no"];
    let ended = repository.stream(arguments, watch, |_| {
        said = true;
        ControlFlow::Break(())
    });
    said || ended.is_err()
}

/// A risk of nothing.
pub(super) fn no_risk() -> Risk {
    Risk {
        level: RiskLevel::Low,
        reasons: Vec::new(),
    }
}

/// What the risk is weighed by.
pub(super) struct Weighed<'a> {
    pub(super) targets: &'a [Target],
    pub(super) blockers: &'a [Blocker],
    pub(super) parts: &'a [Part],
    pub(super) found: &'a Assessment,
    pub(super) steps: &'a [Step],
    pub(super) files: &'a [(String, Looked)],
}

/// How risky it is, with reasons.
pub(super) fn risk(weighed: &Weighed<'_>) -> Risk {
    let found = weighed.found;
    let must = found.files.iter().filter(|file| file.tier == Tier::Must);
    let published = weighed.parts.iter();
    let published = published.filter(|part| part.is_published && !part.shows.is_empty());
    let gone = weighed.targets.iter().flat_map(|target| {
        let gone = target.features.iter();
        let gone = gone.filter(|it| it.change == FeatureFate::Gone);
        gone.map(|it| format!("{}/{}", target.name, it.name))
    });
    weigh(&RiskFacts {
        must_files: must.count(),
        blockers: weighed
            .blockers
            .iter()
            .map(|it| format!("{} holds {}", it.name, it.holds))
            .collect(),
        packages_in_step: weighed
            .steps
            .iter()
            .map(|step| step.packages.len())
            .max()
            .unwrap_or(0),
        features_gone: gone.collect(),
        newer_rust: weighed.targets.iter().find_map(newer_rust),
        unresolved: found.unresolved,
        places: found.places + found.unresolved,
        published: published.map(|part| part.name.clone()).collect(),
        is_opaque: found.is_opaque,
        untested: untested(weighed),
    })
}

fn newer_rust(target: &Target) -> Option<(String, String)> {
    let (needed, promised) = target.rust_version.raised()?;
    Some((needed.to_owned(), promised.to_owned()))
}

/// Packages with a file that must change and without anything that is called a test.
fn untested(weighed: &Weighed<'_>) -> Vec<String> {
    let must: BTreeSet<&str> = weighed
        .steps
        .iter()
        .filter(|step| step.size.files > 0)
        .flat_map(|step| step.packages.iter().map(String::as_str))
        .collect();
    let has_test = |part: &&Part| {
        let is_in = |name: &str| {
            part.folder.is_empty()
                || name
                    .strip_prefix(part.folder.as_str())
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        let mut files = weighed.files.iter();
        files.any(|(name, looked)| is_in(name) && looked.has_tests)
    };
    let parts = weighed.parts.iter();
    parts
        .filter(|part| must.contains(part.name.as_str()) && !has_test(part))
        .map(|part| part.name.clone())
        .collect()
}

/// The command that succeeds when the migration is done: all compiles, nothing needs an old
/// version, but where a package holds it, and what is only updated is at its new version.
pub(super) fn done(targets: &[Target], blockers: &[Blocker], updates: &[Target]) -> String {
    let is_held = |target: &&Target| blockers.iter().any(|it| it.holds == target.name);
    let gone = gone(targets.iter().filter(|target| !is_held(target)));
    let taken = updates.iter().map(taken);
    let all: Vec<String> = std::iter::once(gone).chain(taken).collect();
    all.join(" && ")
}
