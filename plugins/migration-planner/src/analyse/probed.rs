//! What the compiler adds to a plan, where the user asked for it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use guildhall_source::process::Watch;
use semver::Version;
use syn::visit::{self, Visit};

use super::{Looked, Planner, blind_of};
use crate::PlanError;
use crate::assess::Assessment;
use crate::plan::{Blind, BlindKind, FeatureChange, MigrationPlan, Probe};
use crate::probe::{self, ProbeFailure, ProbeRequest, Probed};
use crate::project::Project;
use crate::registry::Index;
use crate::targets::{Move, Tree, features};
use crate::together::Together;

/// What one call of cargo may take: a large workspace is built from nothing.
const TIME_LIMIT: Duration = Duration::from_secs(2 * 60 * 60);

/// What the compiler is asked with: where packages move to, and what of their features is not
/// there any more.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    versions: BTreeMap<String, Version>,
    features: BTreeMap<String, Vec<FeatureChange>>,
}

/// That of what the user named and of what moves along.
pub(super) fn wanted(
    tree: &Tree<'_>,
    moves: &[Move],
    along: &Together,
    index: &dyn Index,
) -> Wanted {
    let along = along.companions.iter().filter_map(|it| {
        let (from, to) = (it.from.parse().ok()?, it.to.as_deref()?.parse().ok()?);
        Some((it.name.clone(), from, to))
    });
    let named = moves.iter();
    let named = named.map(|it| (it.name.clone(), it.from.clone(), it.to.clone()));
    let mut wanted = Wanted::default();
    for (name, from, to) in along.chain(named) {
        let lost = features(tree, &name, &from, &to, index);
        if !lost.is_empty() {
            wanted.features.insert(name.clone(), lost);
        }
        wanted.versions.insert(name, to);
    }
    wanted
}

impl Planner<'_> {
    /// Asks the compiler, and takes what it says into what was found. None where it could say
    /// nothing, for a reason that is among what cannot be seen.
    ///
    /// # Errors
    /// [`PlanError::Cancelled`] only.
    pub(super) fn probe(
        &self,
        tree: &Tree<'_>,
        read: &Project<Looked>,
        wanted: Wanted,
        found: &mut Assessment,
    ) -> Result<Option<Probe>, PlanError> {
        let (Some(cargo), Some(apart)) = (&self.cargo, &self.apart) else {
            let reason = "cargo keeps its files in no folder that is known; set HOME or CARGO_HOME";
            return Ok(not_probed(found, vec![reason.to_owned()]));
        };
        let folder = apart
            .probe()
            .map_err(|source| PlanError::NoFolder { source })?;
        let (scratch, target) = (folder.path().join("copy"), folder.path().join("built"));
        let manifests = read.manifests.iter().map(|it| it.name.clone());
        let request = ProbeRequest {
            root: &read.root,
            manifests: manifests.collect(),
            versions: wanted.versions,
            features: wanted.features,
            scratch: &scratch,
            target: &target,
            is_offline: self.is_offline,
        };
        self.hooks.says("the compiler checks a copy of the project");
        let is_cancelled = || self.hooks.is_cancelled();
        let watch = Watch::new(&is_cancelled).within(TIME_LIMIT);
        match probe::probe(&request, cargo.setting(), &watch, &is_cancelled) {
            Ok(probed) => {
                let notes = left_out(&request.features);
                if !notes.is_empty() {
                    found.blind.push(blind_of(BlindKind::Assumed, notes));
                }
                Ok(take_in(probed, tree, read, found))
            }
            Err(_) if is_cancelled() => Err(PlanError::Cancelled),
            Err(ProbeFailure::Run(error)) => Ok(not_probed(found, vec![error.to_string()])),
            Err(failure) => Ok(not_probed(found, vec![failure.to_string()])),
        }
    }
}

/// With which features the compiler was asked instead of those that are not there any more.
fn left_out(features: &BTreeMap<String, Vec<FeatureChange>>) -> Vec<String> {
    let all = features
        .iter()
        .flat_map(|(package, of_it)| of_it.iter().map(move |it| (package, it)));
    let notes = all.map(|(package, it)| match &it.to {
        Some(to) => format!(
            "the compiler was asked with the feature `{to}` of `{package}`, taken for the new name \
             of `{}`",
            it.name
        ),
        None => format!(
            "the compiler was asked without the feature `{}` of `{package}`, which is gone",
            it.name
        ),
    });
    notes.collect()
}

/// That an edition was asked for together with a probe.
pub(super) fn without(mut plan: MigrationPlan) -> MigrationPlan {
    let reason = "the compiler was not asked: a probe is of crates, and an edition is none; \
                  `cargo fix --edition` asks it";
    plan.blind.push(blind(vec![reason.to_owned()]));
    plan
}

/// Whether some of a file is compiled under a condition only. Tests are compiled as well.
pub(super) fn has_conditions(file: &syn::File) -> bool {
    let mut conditions = Conditions(false);
    conditions.visit_file(file);
    conditions.0
}

struct Conditions(bool);

impl Visit<'_> for Conditions {
    fn visit_attribute(&mut self, attribute: &syn::Attribute) {
        let path = attribute.path();
        let is_test = || {
            let inner = attribute.parse_args::<syn::Path>();
            inner.is_ok_and(|inner| inner.is_ident("test"))
        };
        self.0 |= path.is_ident("cfg_attr") || (path.is_ident("cfg") && !is_test());
        visit::visit_attribute(self, attribute);
    }
}

/// Merges what the compiler said. What it says of a package that it does not pass as it is
/// stays out: there, it says as much about the package as about the migration.
fn take_in(
    mut probed: Probed,
    tree: &Tree<'_>,
    read: &Project<Looked>,
    found: &mut Assessment,
) -> Option<Probe> {
    let manifests = &tree.packages.manifests;
    let package_of = |path: &str| {
        let package = tree.packages.of_file(path)?;
        Some(manifests[package].name.clone())
    };
    let mut reasons = Vec::new();
    if let Some(reason) = &probed.unbuilt {
        reasons.push(format!(
            "the project cannot be checked as it is, so what the compiler says of the new \
             versions is left out: {reason}"
        ));
    }
    let unfit = unfit(&probed, read, tree);
    reasons.extend(unfit.iter().map(|manifest| {
        format!(
            "{manifest}: cargo does not come to this package, or the compiler does not pass it as \
             it is, so what is said of it rests on the sources alone"
        )
    }));
    reasons.extend(probed.not_reached.difference(&unfit).map(|manifest| {
        format!(
            "{manifest}: the compiler did not come to this package, since something that it \
             needs was refused"
        )
    }));
    let fine = probed.fine_before.clone();
    let is_fine = |path: &str| package_of(path).is_some_and(|manifest| fine.contains(&manifest));
    probed.probe.sites.retain(|site| is_fine(&site.path));
    // Nor is a file cleared by it.
    probed.passed.retain(|manifest| fine.contains(manifest));
    let conditions: BTreeSet<&str> = read
        .files
        .iter()
        .filter(|(_, looked)| looked.has_conditions)
        .map(|(name, _)| name.as_str())
        .collect();
    let compiled = &probed.compiled;
    let is_unseen = |path: &str| conditions.contains(path) || !compiled.contains(path);
    probe::merge(&mut found.files, &probed, &package_of, &is_unseen);
    if !reasons.is_empty() {
        found.blind.push(blind(reasons));
    }
    Some(probed.probe)
}

/// The manifests of packages that the compiler does not pass as they are, of those in which
/// something was found.
fn unfit(probed: &Probed, read: &Project<Looked>, tree: &Tree<'_>) -> BTreeSet<String> {
    if probed.unbuilt.is_some() {
        return BTreeSet::new();
    }
    let packages = read.files.iter();
    let packages = packages.filter_map(|(name, _)| tree.packages.of_file(name));
    let manifests = packages.map(|package| tree.packages.manifests[package].name.clone());
    let manifests: BTreeSet<String> = manifests.collect();
    manifests.difference(&probed.fine_before).cloned().collect()
}

fn not_probed(found: &mut Assessment, reasons: Vec<String>) -> Option<Probe> {
    let reasons = reasons.into_iter();
    let told = reasons.map(|reason| format!("the compiler was not asked: {reason}"));
    found.blind.push(blind(told.collect()));
    None
}

fn blind(reasons: Vec<String>) -> Blind {
    blind_of(BlindKind::NotProbed, reasons)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_seen_wherever_they_stand_and_tests_are_none() {
        for (text, expected) in [
            ("#[cfg(unix)]\nfn a() {}", true),
            (
                "mod a { impl B { #[cfg_attr(x, inline)] fn c() {} } }",
                true,
            ),
            ("fn a() { #[cfg(feature = \"b\")] let c = 1; }", true),
            ("#![cfg(windows)]", true),
            ("#[cfg(test)]\nmod tests { fn a() {} }", false),
            ("#[inline]\nfn a() {}", false),
        ] {
            let file = syn::parse_file(text).unwrap();
            assert_eq!(has_conditions(&file), expected, "{text}");
        }
    }
}
