//! The plan for a new edition: what the language asks for, and the layout.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::Path;

use guildhall_source::cargo::{Cargo, Packages};
use guildhall_source::process::Watch;
use guildhall_source::read;

use super::{Looked, empty, made};
use crate::PlanError;
use crate::difference::Class;
use crate::edition::language::{Site, unseen};
use crate::edition::style::{Rustfmt, StyleFailure, StyleFile, StyleStep};
use crate::edition::{LAYOUT, MovingPackage, files, moving};
use crate::plan::{
    Blind, BlindKind, Change, Effort, File, MigrationPlan, RustVersions, Target, TargetKind, Tier,
};
use crate::project::Project;
use crate::request::Edition;
use crate::steps::{self, EditionWork, Facts};

/// The formatter, which is looked for where cargo is.
const FORMATTER: &str = "rustfmt";

/// Bytes of a file that are laid out.
const MOST_BYTES: u64 = 10 * 1024 * 1024;

/// The plan of a project that moves to an edition.
pub(super) fn plan(
    read: &Project<Looked>,
    packages: &Packages<'_>,
    to: Edition,
    cargo: Option<&Cargo>,
    threads: usize,
    watch: &Watch<'_>,
) -> Result<MigrationPlan, PlanError> {
    let moving = moving(packages, to);
    let Some(oldest) = moving.iter().map(|it| it.from).min() else {
        return Ok(empty());
    };
    let sites = sites(read, packages, &moving, to);
    let (style, unknown) = match layout(read, packages, &moving, to, cargo, threads, watch) {
        Ok(style) => (style, None),
        Err(StyleFailure::Ended(error)) => return Err(error.into()),
        Err(failure) => (None, Some(failure.to_string())),
    };
    let files = files(&sites, style.as_ref());
    let work = work(&sites, style.as_ref(), &files, packages, &moving, to);
    let steps = steps::steps(&Facts {
        targets: &[],
        updates: &[],
        companions: &[],
        blockers: &[],
        files: &files,
        changes: &[],
        parts: &[],
        offers: &|_| false,
        edition: Some(&work),
    });
    Ok(MigrationPlan {
        complete: unknown.is_none() && read.unparsed.is_empty(),
        targets: vec![target(oldest, to)],
        changes: changes(&sites, style.as_ref()),
        files,
        steps,
        effort: effort(),
        risk: made::no_risk(),
        blind: blind(read, style.as_ref(), unknown, oldest, to),
        done: "cargo check --workspace --all-targets && cargo fmt --all --check".to_owned(),
        ..empty()
    })
}

fn target(from: Edition, to: Edition) -> Target {
    Target {
        name: "edition".to_owned(),
        from: from.year().to_owned(),
        to: to.year().to_owned(),
        kind: TargetKind::Edition,
        source: None,
        features: Vec::new(),
        rust_version: RustVersions::default(),
        yanked: false,
        likely: false,
    }
}

/// By file, the places that the new edition reads otherwise than the one the file is of.
fn sites(
    read: &Project<Looked>,
    packages: &Packages<'_>,
    moving: &[MovingPackage],
    to: Edition,
) -> BTreeMap<String, Vec<Site>> {
    let mut all = BTreeMap::new();
    for (name, looked) in &read.files {
        let Some(from) = edition_of(name, packages, moving) else {
            continue;
        };
        let is_new = |site: &&Site| from < site.rule.since && site.rule.since <= to;
        let sites: Vec<Site> = looked.sites.iter().filter(is_new).cloned().collect();
        all.insert(name.clone(), sites);
    }
    all
}

/// The edition that a file is of, where its package moves.
fn edition_of(name: &str, packages: &Packages<'_>, moving: &[MovingPackage]) -> Option<Edition> {
    let package = packages.of_file(name)?;
    let moving = moving.iter().find(|it| it.package == package);
    moving.map(|it| it.from)
}

/// What the formatter does with the files of what moves; nothing where there is no cargo to
/// tell in which environment it runs.
fn layout(
    project: &Project<Looked>,
    packages: &Packages<'_>,
    moving: &[MovingPackage],
    to: Edition,
    cargo: Option<&Cargo>,
    threads: usize,
    watch: &Watch<'_>,
) -> Result<Option<StyleStep>, StyleFailure> {
    let Some(cargo) = cargo else {
        return Err(StyleFailure::NoRustfmt(
            "there is no home of cargo".to_owned(),
        ));
    };
    let formatter = Rustfmt::new(OsStr::new(FORMATTER), cargo.setting(), watch)?;
    let files = project.files.iter().filter_map(|(name, _)| {
        let from = edition_of(name, packages, moving)?;
        let text = read::read(&project.root.join(Path::new(name)), MOST_BYTES).ok()?;
        Some(StyleFile {
            path: name.clone(),
            text,
            from,
        })
    });
    let files: Vec<StyleFile> = files.collect();
    let step = formatter.step(&project.root, &files, to, threads, watch)?;
    Ok(Some(step))
}

fn work(
    sites: &BTreeMap<String, Vec<Site>>,
    style: Option<&StyleStep>,
    files: &[File],
    packages: &Packages<'_>,
    moving: &[MovingPackage],
    to: Edition,
) -> EditionWork {
    // What only may have to be written otherwise is told as a place, and is no part of what is
    // to be done.
    let must: BTreeSet<&str> = files
        .iter()
        .filter(|file| file.tier == Tier::Must)
        .map(|file| file.path.as_str())
        .collect();
    let name = |it: &MovingPackage| packages.manifests[it.package].package.clone();
    let with_sites = sites.iter().filter(|(_, sites)| !sites.is_empty());
    let places = with_sites.clone().flat_map(|(path, sites)| {
        sites.iter().map(move |site| {
            let (line, rule) = (site.position.line, site.rule.id);
            format!("{path}:{line} {rule}")
        })
    });
    let own = packages.manifests.iter();
    EditionWork {
        to: to.year().to_owned(),
        packages: moving.iter().filter_map(name).collect(),
        all_packages: own.filter(|manifest| manifest.package.is_some()).count(),
        code: with_sites
            .map(|(path, _)| path)
            .filter(|path| must.contains(path.as_str()))
            .cloned()
            .collect(),
        places: places.collect(),
        format: style.map(|it| it.files.clone()).unwrap_or_default(),
        formatter: style.map(|it| it.version.clone()).unwrap_or_default(),
    }
}

/// What the files' uses cite.
fn changes(sites: &BTreeMap<String, Vec<Site>>, style: Option<&StyleStep>) -> Vec<Change> {
    let change = |id: &str, class: Class, note: Option<String>| Change {
        id: id.to_owned(),
        class,
        old: None,
        new: None,
        to: None,
        covers: 1,
        note,
    };
    let rules: BTreeSet<&str> = sites.values().flatten().map(|site| site.rule.id).collect();
    let mut changes: Vec<Change> = rules
        .into_iter()
        .map(|id| change(id, Class::Language, None))
        .collect();
    if style.is_some_and(|style| !style.files.is_empty()) {
        let version = style.map(|style| style.version.clone());
        changes.push(change(LAYOUT, Class::Layout, version));
    }
    changes.sort_by(|a, b| a.id.cmp(&b.id));
    changes
}

/// Nothing was measured of editions.
fn effort() -> Effort {
    Effort {
        basis: "measured on updates of crates; of editions nothing was measured, and most of \
                what changes is layout"
            .to_owned(),
        ..crate::effort::effort()
    }
}

fn blind(
    read: &Project<Looked>,
    style: Option<&StyleStep>,
    unknown: Option<String>,
    from: Edition,
    to: Edition,
) -> Vec<Blind> {
    let mut blind = Vec::new();
    let mut add = |kind: BlindKind, examples: Vec<String>| {
        if !examples.is_empty() {
            blind.push(Blind {
                kind,
                count: u32::try_from(examples.len()).unwrap_or(u32::MAX),
                examples,
            });
        }
    };
    let unseen = unseen(from, to).into_iter().map(str::to_owned);
    add(BlindKind::Behaviour, unseen.collect());
    let unparsed = read.unparsed.iter();
    let unparsed = unparsed.map(|file| format!("{}: {}", file.name, file.reason));
    let refused = style.iter().flat_map(|style| &style.refused);
    let refused = refused.map(|(path, reason)| format!("{path}: rustfmt: {reason}"));
    add(BlindKind::Unparsed, unparsed.chain(refused).collect());
    let pinned = style.iter().flat_map(|style| &style.pinned);
    let pinned = pinned.map(|(path, by)| format!("{by} keeps the layout of {path}"));
    let is_followed = style.is_none_or(StyleStep::is_followed);
    let not_followed = (!is_followed).then(|| {
        "the project does not follow rustfmt, so whether its layout changes is not known".to_owned()
    });
    add(
        BlindKind::Assumed,
        pinned.chain(not_followed).chain(unknown).collect(),
    );
    blind
}
