//! The plan for a framework: what knowledge packs say of it, held against the project's files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use guildhall_core::path_text;
use guildhall_source::language::Language;
use guildhall_source::syntax;
use guildhall_source::walk::{Found, Walked, Wanted, walk};
use guildhall_source::{SourceError, parallel, read};
use sha2::{Digest as _, Sha256};

use super::{Planner, blind_of, empty, made, probed, request};
use crate::difference::Class;
use crate::effort::effort;
use crate::evidence::How;
use crate::packs::{
    Declared, Looked, PACKAGE_MANIFEST, Pack, PackFailure, Text, is_carried, look, major, mentions,
    version_in,
};
use crate::plan::{
    Blind, BlindKind, Change, File, MigrationPlan, RustVersions, Target, TargetKind, Tier, Use,
};
use crate::project::hexadecimal;
use crate::request::FrameworkTarget;
use crate::risk::{RiskFacts, risk};
use crate::steps::{FrameworkWork, of_framework};
use crate::tiers::file_with;
use crate::{PlanError, PlanRequest};

/// Files of more bytes are not read: what people write by hand stays far below.
const MOST_BYTES: u64 = 2 * 1024 * 1024;

/// What shows that a migration is done of which no pack is known.
const USUAL_VERIFY: &str = "npm test";

/// The class of what a mention stands for where no pack is known.
const UNKNOWN: &str = "no knowledge pack";

/// A file of the project.
struct Read {
    name: String,
    language: Language,
    /// Why there is no text.
    text: Result<Text, String>,
    declared: Declared,
    digest: [u8; 32],
}

/// What is planned for.
struct Wish {
    name: String,
    /// The major version.
    to: u64,
    /// The version as it was named.
    named: String,
}

impl Planner<'_> {
    /// The plan for a framework.
    ///
    /// # Errors
    /// [`PlanError`] says why there is none.
    pub(super) fn of_framework(
        &self,
        root: &Path,
        request: &PlanRequest,
    ) -> Result<MigrationPlan, PlanError> {
        if request.edition.is_some() || !request.crates.is_empty() {
            return Err(PlanError::FrameworkAndMore);
        }
        let given = given(request)?;
        let wish = wish(request.framework.as_ref(), &given)?;
        let mut packs = given;
        packs.extend(Pack::own());
        packs.retain(|pack| pack.name == wish.name && pack.versions().1 <= wish.to);
        let languages: BTreeSet<&str> = packs
            .iter()
            .flat_map(|pack| pack.languages.iter().map(|it| it.name()))
            .collect();
        let languages: Vec<Language> = match packs.is_empty() {
            true => vec![Language::JavaScript, Language::TypeScript, Language::Tsx],
            false => syntax::LANGUAGES
                .into_iter()
                .filter(|it| languages.contains(it.name()))
                .collect(),
        };
        let (files, manifests) = self.files(root, &languages, request)?;
        let from = version_in(&manifests, &wish.name);
        let mut packs = chosen(packs, from.as_deref());
        packs.sort_by_key(Pack::versions);
        if let Some(from) = from.as_deref().filter(|from| major(from) >= Some(wish.to)) {
            return Err(PlanError::FrameworkNotNewer {
                name: wish.name,
                from: from.to_owned(),
                to: wish.named,
            });
        }
        let inputs = inputs(&files, &manifests);
        let plan = plan(&wish, from.as_deref(), &packs, &files)?;
        let plan = match request.probe {
            true => probed::without(plan),
            false => plan,
        };
        Ok(MigrationPlan {
            made: made::made(root, &inputs, &|| self.hooks.is_cancelled()),
            ..plan
        })
    }

    /// The files in these languages, and the manifests by their names.
    fn files(
        &self,
        root: &Path,
        languages: &[Language],
        request: &PlanRequest,
    ) -> Result<(Vec<Read>, BTreeMap<String, String>), PlanError> {
        let threads = request::threads(request);
        let is_cancelled = || self.hooks.is_cancelled();
        let is_manifest = |path: &Path| path.ends_with(PACKAGE_MANIFEST);
        let wanted = Wanted::languages(languages)
            .named("source file", "not-source")
            .also(&is_manifest);
        let Walked { files, .. } = walk(root, &wanted, threads, &is_cancelled)?;
        let is_own = |file: &Found| !is_carried(&file.name) && !file.name.ends_with(".min.js");
        let own = files.into_iter().filter(is_own);
        let (manifests, sources): (Vec<Found>, Vec<Found>) =
            own.partition(|file| is_manifest(&file.path));
        let read = parallel::each(&sources, threads, &is_cancelled, look_into)?;
        let manifests = manifests.into_iter().filter_map(|file| {
            let text = read::read(&file.path, MOST_BYTES).ok()?;
            Some((file.name, text))
        });
        if is_cancelled() {
            return Err(SourceError::Cancelled.into());
        }
        Ok((read, manifests.collect()))
    }
}

fn look_into(file: &Found) -> Read {
    let language = file.language.unwrap_or(Language::JavaScript);
    let mut read = Read {
        name: file.name.clone(),
        language,
        text: Ok(Text::default()),
        declared: Declared::default(),
        digest: [0; 32],
    };
    let content = match read::read(&file.path, MOST_BYTES) {
        Ok(content) => content,
        Err(failure) => {
            read.text = Err(failure.skipped(&file.name).reason);
            return read;
        }
    };
    read.digest = Sha256::digest(content.as_bytes()).into();
    read.text = Text::read(&content, language).map_err(|failure| failure.to_string());
    if let Ok(text) = &read.text {
        read.declared.add(text);
    }
    read
}

/// The packs that the user gives.
fn given(request: &PlanRequest) -> Result<Vec<Pack>, PlanError> {
    let packs = request.pack.iter().map(|file| {
        let text =
            read::read(&path_text::decode(file), MOST_BYTES).map_err(|failure| PackFailure {
                file: file.clone(),
                reason: failure.skipped(file).reason,
            })?;
        Ok(Pack::read(file, &text)?)
    });
    packs.collect()
}

/// What is wished for: what is named, else what the only pack is of.
fn wish(named: Option<&FrameworkTarget>, given: &[Pack]) -> Result<Wish, PlanError> {
    if let Some(named) = named {
        return Ok(Wish {
            name: named.name.clone(),
            to: major(&named.version).unwrap_or_default(),
            named: named.version.clone(),
        });
    }
    match given {
        [only] => Ok(Wish {
            name: only.name.clone(),
            to: only.versions().1,
            named: only.to.clone(),
        }),
        several => {
            let known = several
                .iter()
                .map(|pack| format!("{}@{}", pack.name, pack.to));
            Err(PlanError::WhichFramework {
                known: known.collect::<Vec<String>>().join(", "),
            })
        }
    }
}

/// The packs between the version in use and the one wished for; the last alone where the first
/// is not known. Of two for the same versions the user's own counts.
fn chosen(packs: Vec<Pack>, from: Option<&str>) -> Vec<Pack> {
    let newest = packs
        .iter()
        .map(|pack| pack.versions().1)
        .max()
        .unwrap_or_default();
    let from = from.and_then(major);
    let mut known = BTreeSet::new();
    let packs = packs.into_iter().filter(|pack| {
        let to = pack.versions().1;
        let is_between = from.map_or(to == newest, |from| to > from);
        is_between && known.insert(to)
    });
    packs.collect()
}

fn inputs(files: &[Read], manifests: &BTreeMap<String, String>) -> String {
    let mut inputs = Sha256::new();
    let mut add = |name: &str, content: &[u8]| {
        for part in [name.as_bytes(), content] {
            inputs.update((part.len() as u64).to_le_bytes());
            inputs.update(part);
        }
    };
    for (name, text) in manifests {
        add(name, text.as_bytes());
    }
    for file in files {
        add(&file.name, &file.digest);
    }
    hexadecimal(&inputs.finalize())
}

/// The plan by these packs.
fn plan(
    wish: &Wish,
    from: Option<&str>,
    packs: &[Pack],
    files: &[Read],
) -> Result<MigrationPlan, PlanError> {
    let mut declared = Declared::default();
    for file in files {
        declared.extend(file.declared.clone());
    }
    let packages: BTreeSet<String> = match packs.is_empty() {
        true => BTreeSet::from([wish.name.clone()]),
        false => packs
            .iter()
            .flat_map(|pack| pack.packages.clone())
            .collect(),
    };
    let packages: Vec<String> = packages.into_iter().collect();
    let found = found(packs, files, &declared, &packages);
    if found.is_empty() && from.is_none() {
        return Err(PlanError::NoFramework {
            name: wish.name.clone(),
        });
    }
    let target = Target {
        name: wish.name.clone(),
        from: match (from, packs.first()) {
            (Some(from), _) => from.to_owned(),
            (None, Some(pack)) => pack.from.clone(),
            (None, None) => "unknown".to_owned(),
        },
        to: wish.named.clone(),
        kind: TargetKind::Framework,
        source: None,
        features: Vec::new(),
        rust_version: RustVersions::default(),
        yanked: false,
        likely: false,
    };
    let all = || packs.iter().flat_map(|pack| &pack.changes);
    let cited: BTreeSet<&str> = found
        .iter()
        .flat_map(|file| file.uses.iter().map(|it| it.change.as_str()))
        .collect();
    let mut changes: Vec<Change> = all()
        .filter(|change| cited.contains(change.id.as_str()))
        .map(|change| Change {
            id: change.id.clone(),
            class: change.class,
            old: None,
            new: None,
            to: change.to.clone(),
            covers: 1,
            note: change.note.clone(),
        })
        .collect();
    changes.sort_by(|one, other| one.id.cmp(&other.id));
    changes.dedup_by(|one, other| one.id == other.id);
    let prepared = all().filter(|change| change.prepare);
    let verify = packs
        .last()
        .map_or(USUAL_VERIFY, |pack| pack.verify.as_str());
    let steps = of_framework(&FrameworkWork {
        target: &target,
        packages: &packages,
        files: &found,
        changes: &changes,
        prepared: &prepared.map(|change| change.id.clone()).collect(),
        verify,
    });
    let must = found.iter().filter(|file| file.tier == Tier::Must).count();
    let unread = files.iter().filter(|file| file.text.is_err()).count();
    Ok(MigrationPlan {
        complete: unread == 0,
        risk: risk(&RiskFacts {
            must_files: must,
            is_opaque: packs.is_empty(),
            ..RiskFacts::default()
        }),
        blind: blind(wish, packs, files),
        done: verify.to_owned(),
        effort: effort(),
        targets: vec![target],
        changes,
        files: found,
        steps,
        ..empty()
    })
}

/// The files that must or may change, by path.
fn found(packs: &[Pack], files: &[Read], declared: &Declared, packages: &[String]) -> Vec<File> {
    let found = files.iter().filter_map(|file| {
        let text = file.text.as_ref().ok()?;
        let looked = Looked {
            language: file.language,
            text,
            declared,
        };
        let mention = mentions(packages, &looked);
        let mut uses: Vec<Use> = Vec::new();
        for pack in packs {
            uses.extend(look(pack, &looked).into_iter().map(|hit| {
                let change = &pack.changes[hit.change];
                Use {
                    line: hit.line,
                    column: hit.column,
                    change: change.id.clone(),
                    class: change.class,
                    confidence: change.confidence,
                    how: How::Syntax,
                }
            }));
        }
        if let Some((line, column)) = mention.filter(|_| uses.is_empty()) {
            let (change, class) = match (packs.is_empty(), packages.first()) {
                (true, _) => (UNKNOWN.to_owned(), Class::OpaqueRelease),
                (false, first) => (first.cloned().unwrap_or_default(), Class::Mention),
            };
            uses.push(Use {
                line,
                column,
                change,
                class,
                confidence: class.probability(),
                how: How::Mention,
            });
        }
        (!uses.is_empty()).then(|| file_with(&file.name, uses))
    });
    found.collect()
}

/// What the plan cannot see.
fn blind(wish: &Wish, packs: &[Pack], files: &[Read]) -> Vec<Blind> {
    let mut notes: Vec<String> = packs
        .iter()
        .map(|pack| {
            let source = pack.source.as_ref();
            let source = source.map_or(String::new(), |source| format!(", by {source}"));
            format!(
                "low confidence: what {} {} changes is taken from a list of {} changes that was \
                 written by hand{source}; what it does not name is not found",
                pack.name,
                pack.to,
                pack.changes.len()
            )
        })
        .collect();
    let reaches = packs.iter().map(|pack| pack.versions().1).max();
    if packs.is_empty() {
        notes.push(format!(
            "low confidence: no knowledge pack of `{}` {} is known, so every file that imports it \
             is listed; give one by --pack FILE",
            wish.name, wish.named
        ));
    } else if reaches < Some(wish.to) {
        notes.push(format!(
            "no knowledge pack of `{}` {} is known; the plan has what earlier versions change",
            wish.name, wish.named
        ));
    }
    let unread: Vec<String> = files
        .iter()
        .filter_map(|file| Some(format!("{}: {}", file.name, file.text.as_ref().err()?)))
        .collect();
    let mut blind = vec![blind_of(BlindKind::Assumed, notes)];
    if !unread.is_empty() {
        blind.push(blind_of(BlindKind::Unparsed, unread));
    }
    blind
}
