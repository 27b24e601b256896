//! The step that takes the new versions: one for each group of packages that must move
//! together.

use std::collections::BTreeSet;

use super::{Facts, checks, gone, instructions, size_of};
use crate::evidence::How;
use crate::order::{Group, Part, Why};
use crate::plan::{
    After, Alternative, AlternativeKind, Cost, File, Irreversible, Rollback, Step, StepKind,
    TargetKind, Tier, Use,
};

/// Crates whose versions decide what is written to disks and networks. That a new major
/// version changes it is a guess, which the plan says.
const WIRE_FORMATS: [&str; 9] = [
    "bincode",
    "borsh",
    "ciborium",
    "postcard",
    "prost",
    "rkyv",
    "rmp-serde",
    "serde",
    "serde_json",
];

/// Places where both versions would meet that are named one by one.
const MOST_CROSSINGS: usize = 20;

/// One step for each group; what has been prepared comes before.
pub(super) fn steps(facts: &Facts<'_>, groups: &[Group], prepared: &[Step]) -> Vec<Step> {
    let homes = homes(facts, groups);
    let made = groups.iter().enumerate();
    made.map(|(at, group)| {
        let files = homes.iter().filter(|(_, home)| *home == at);
        let files: Vec<&File> = files.map(|(file, _)| *file).collect();
        step(at + 1, group, &files, facts, prepared)
    })
    .collect()
}

fn step(
    number: usize,
    group: &Group,
    files: &[&File],
    facts: &Facts<'_>,
    prepared: &[Step],
) -> Step {
    let packages: Vec<String> = group
        .parts
        .iter()
        .map(|at| facts.parts[*at].name.clone())
        .collect();
    let crates = crates_of(group, facts);
    let verify = checks(&with_users(group, facts), facts.parts.len());
    let title = title(&crates, &packages);
    let mut text = instructions::Text::new(&format!("{title}, in one commit."));
    for tie in &group.ties {
        text.line(&tie_as_text(group, tie, facts));
    }
    versions(&mut text, &crates, facts);
    let cited: BTreeSet<&str> = files
        .iter()
        .flat_map(|file| file.uses.iter().map(|it| it.change.as_str()))
        .collect();
    text.changes(cited.iter().flat_map(|id| facts.changes_of(id)));
    text.places(files.iter().copied(), |_| true);
    Step {
        id: format!("bump-{number}"),
        kind: StepKind::Bump,
        title,
        files: files.iter().map(|file| file.path.clone()).collect(),
        takes: Vec::new(),
        after: after(files, prepared),
        size: size_of(files.iter().copied(), |_| true),
        instructions: text.end(&verify),
        rollback: rollback(group, facts, &crates),
        alternative: side_by_side(facts, files, &crates),
        crates,
        packages,
        verify,
    }
}

/// Of each file that must change, manifests aside, the group that it is done with: that of its
/// package, or the first with a package that its own reaches. What belongs to none is done with
/// the first, so that nothing is left out.
fn homes<'a>(facts: &Facts<'a>, groups: &[Group]) -> Vec<(&'a File, usize)> {
    let files = facts.files.iter().filter(|file| file.tier == Tier::Must);
    let home = |file: &File| {
        let part = facts.part_of(&file.path)?;
        let own = groups.iter().position(|group| group.parts.contains(&part));
        own.or_else(|| {
            let reached = reached(part, facts);
            groups
                .iter()
                .position(|group| group.parts.iter().any(|at| reached.contains(at)))
        })
    };
    files.map(|file| (file, home(file).unwrap_or(0))).collect()
}

/// All packages of the project that one needs, by whatever way.
fn reached(part: usize, facts: &Facts<'_>) -> BTreeSet<usize> {
    let (mut open, mut reached) = (vec![part], BTreeSet::new());
    while let Some(at) = open.pop() {
        for (needed, it) in facts.parts.iter().enumerate() {
            if facts.parts[at].needs.contains(&it.name) && reached.insert(needed) {
                open.push(needed);
            }
        }
    }
    reached
}

/// The packages of the group and those that need one of them.
fn with_users(group: &Group, facts: &Facts<'_>) -> Vec<String> {
    let in_group: BTreeSet<&str> = group
        .parts
        .iter()
        .map(|at| facts.parts[*at].name.as_str())
        .collect();
    let uses = |part: &&Part| {
        in_group.contains(part.name.as_str())
            || part
                .needs
                .iter()
                .any(|need| in_group.contains(need.as_str()))
    };
    let parts = facts.parts.iter().filter(uses);
    parts.map(|part| part.name.clone()).collect()
}

/// What of the migrating crates the group requires, companions included.
fn crates_of(group: &Group, facts: &Facts<'_>) -> Vec<String> {
    let required: BTreeSet<&str> = group
        .parts
        .iter()
        .flat_map(|at| facts.parts[*at].requires.iter().map(String::as_str))
        .collect();
    required.into_iter().map(str::to_owned).collect()
}

fn title(crates: &[String], packages: &[String]) -> String {
    let of = match packages {
        [only] => format!(" in {only}"),
        several => format!(" in {} packages", several.len()),
    };
    match crates {
        [only] => format!("Move {only}{of}"),
        [first, second] => format!("Move {first} and {second} together{of}"),
        [first, rest @ ..] => format!("Move {first} and {} more crates together{of}", rest.len()),
        [] => format!("Move what is left{of}"),
    }
}

fn tie_as_text(group: &Group, tie: &crate::order::Tie, facts: &Facts<'_>) -> String {
    debug_assert!(group.parts.contains(&tie.one), "ties are of their group");
    let name = |at: usize| &facts.parts[at].name;
    let (one, other) = (name(tie.one), name(tie.other));
    match &tie.why {
        Why::Shows(shown) => format!(
            "- {other} moves with {one}: {} shows `{}`",
            shown.place, shown.item
        ),
        Why::Shared(required) => {
            format!("- {other} moves with {one}: the workspace requires {required} once for both")
        }
    }
}

/// From what to what each crate moves.
fn versions(text: &mut instructions::Text, crates: &[String], facts: &Facts<'_>) {
    text.line("\nRequirements to change:");
    let is_ours = |name: &str| crates.iter().any(|it| it == name);
    for target in facts.targets.iter().filter(|it| is_ours(&it.name)) {
        text.line(&format!(
            "- {} {} -> {}",
            target.name, target.from, target.to
        ));
    }
    for companion in facts.companions.iter().filter(|it| is_ours(&it.name)) {
        let to = companion.to.as_deref().unwrap_or("a version to be found");
        text.line(&format!("- {} {} -> {to}", companion.name, companion.from));
    }
}

/// What has been prepared for files of this step comes before it.
fn after(files: &[&File], prepared: &[Step]) -> Vec<After> {
    let own: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let is_ours = |path: &String| own.contains(path.as_str());
    let before = prepared
        .iter()
        .filter(|step| step.files.iter().any(is_ours));
    before
        .map(|step| After {
            step: step.id.clone(),
            because: String::new(),
        })
        .collect()
}

fn rollback(group: &Group, facts: &Facts<'_>, crates: &[String]) -> Rollback {
    let mut cannot = BTreeSet::new();
    let targets = facts.targets.iter();
    let raises_rust = targets
        .filter(|target| crates.contains(&target.name))
        .any(|target| target.rust_version.raised().is_some());
    if raises_rust {
        cannot.insert(Irreversible::RustVersion);
    }
    let mut parts = group.parts.iter().map(|at| &facts.parts[*at]);
    if parts.any(|part| part.is_published && !part.shows.is_empty()) {
        cannot.insert(Irreversible::PublishedApi);
    }
    if crates.iter().any(|it| WIRE_FORMATS.contains(&it.as_str())) {
        cannot.insert(Irreversible::WireFormat);
    }
    Rollback {
        how: "git revert the commit of this step; Cargo.toml and Cargo.lock are part of it"
            .to_owned(),
        cannot: cannot.into_iter().collect(),
    }
}

/// Both versions at once, and where their values would meet.
fn side_by_side(facts: &Facts<'_>, files: &[&File], crates: &[String]) -> Option<Alternative> {
    let target = facts
        .targets
        .iter()
        .find(|it| it.kind == TargetKind::Crate && crates.contains(&it.name))?;
    let crosses = |it: &&Use| matches!(it.how, How::Exchange | How::Exposed);
    let crossings: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let uses = file.uses.iter().filter(crosses);
            uses.map(|it| format!("{}:{}", file.path, it.line))
        })
        .collect();
    let touched = files
        .iter()
        .filter(|file| file.uses.iter().any(|it| crosses(&it)));
    let files = u32::try_from(touched.count()).unwrap_or(u32::MAX);
    let (name, from) = (&target.name, &target.from);
    let text = format!(
        "keep {name} {from} under a second name in Cargo.toml, `{name}_old = {{ package = \"{name}\", \
         version = \"{from}\" }}`, move file by file, and convert where values of both meet"
    );
    Some(Alternative {
        kind: AlternativeKind::TwoMajors,
        cost: Cost {
            files,
            crossings: crossings.into_iter().take(MOST_CROSSINGS).collect(),
        },
        text,
    })
}

/// What is left to do when the packages that hold an old version back have moved.
pub(super) fn cleanup(facts: &Facts<'_>, bumps: &[Step]) -> Option<Step> {
    if facts.blockers.is_empty() || bumps.is_empty() {
        return None;
    }
    let names: Vec<&str> = facts.blockers.iter().map(|it| it.name.as_str()).collect();
    let held: BTreeSet<&str> = facts.blockers.iter().map(|it| it.holds.as_str()).collect();
    let held: Vec<&str> = held.into_iter().collect();
    let title = format!(
        "Take out the old version of {} when {} has moved",
        held.join(", "),
        names.join(", ")
    );
    let targets = facts.targets.iter();
    let verify = gone(targets.filter(|target| held.contains(&target.name.as_str())));
    let mut text = instructions::Text::new(&format!("{title}."));
    text.line("Take the conversions between the two versions away as well.");
    Some(Step {
        id: "cleanup".to_owned(),
        kind: StepKind::Cleanup,
        title,
        crates: facts.blockers.iter().map(|it| it.name.clone()).collect(),
        packages: Vec::new(),
        files: Vec::new(),
        takes: Vec::new(),
        after: bumps
            .iter()
            .map(|step| After {
                step: step.id.clone(),
                because: facts
                    .blockers
                    .first()
                    .and_then(|it| it.exposes.first().cloned())
                    .unwrap_or_default(),
            })
            .collect(),
        size: crate::plan::Size::default(),
        instructions: text.end(&verify),
        verify,
        rollback: super::revert(),
        alternative: None,
    })
}
