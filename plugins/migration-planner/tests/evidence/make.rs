//! Makes worlds and trees of texts, and says what was found in words.

use std::borrow::Cow;
use std::sync::Arc;

use guildhall_source::cargo::Manifest;
use guildhall_source::rust::{self, uses};
use migration_planner::api::{self, Api, Package, Paths, Sources};
use migration_planner::assess::{Assessment, assess};
use migration_planner::evidence::{Findings, TreeUses, Unparsed, gather};
use migration_planner::plan::Blocker;
use migration_planner::world::{Move, World};

struct One<'a>(&'a str);

impl Sources for One<'_> {
    fn text(&self, path: &str) -> Option<Cow<'_, str>> {
        (path == "src/lib.rs").then_some(Cow::Borrowed(self.0))
    }
}

/// The API of a package of one file, which may need others of any version.
pub(crate) fn api(name: &str, version: &str, needs: &[&str], text: &str) -> Arc<Api> {
    let needs = needs.iter().map(|need| format!("{need} = '*'\n"));
    let manifest = format!(
        "[package]\nname = '{name}'\nversion = '{version}'\nedition = '2021'\n[dependencies]\n{}",
        needs.collect::<String>()
    );
    let manifest = Manifest::read("Cargo.toml", &manifest).expect("it is a manifest");
    let package = Package::of_manifest(&manifest).expect("it has a package");
    Arc::new(api::read(&One(text), package))
}

pub(crate) fn paths(api: &Arc<Api>, others: &[&Arc<Api>]) -> Paths {
    let all = others.iter().map(|other| Arc::clone(other));
    api.paths(&api::World::new(all.chain([Arc::clone(api)])))
}

/// A crate that moves from version 1 to 2.
pub(crate) fn moving(name: &str, old: &str, new: &str) -> Move {
    Move {
        old: paths(&api(name, "1.0.0", &[], old), &[]),
        new: paths(&api(name, "2.0.0", &[], new), &[]),
        is_named: true,
    }
}

/// A world in which only the crate `moved` moves.
pub(crate) fn world(old: &str, new: &str) -> World {
    World::new(vec![moving("moved", old, new)])
}

/// A tree of packages, each with what it needs, and of files; what does not parse is listed.
pub(crate) fn tree(packages: &[(&str, &str)], files: &[(&str, &str)]) -> TreeUses {
    let manifests = packages.iter().map(|(folder, needs)| {
        let name = if folder.is_empty() { "app" } else { folder };
        let path = if folder.is_empty() {
            "Cargo.toml".to_owned()
        } else {
            format!("{folder}/Cargo.toml")
        };
        let text = format!(
            "[package]\nname = '{name}'\nversion = '0.1.0'\nedition = '2021'\n[dependencies]\n{needs}\n"
        );
        Manifest::read(&path, &text).expect("it is a manifest")
    });
    let manifests = manifests.collect();
    let files: Vec<(String, String)> = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    let read = move || {
        let (mut read, mut unparsed) = (Vec::new(), Vec::new());
        for (path, text) in files {
            match rust::parse(&text, &rust::outline(&text, drop), uses::uses) {
                Ok(uses) => read.push((path, uses)),
                Err(_) => unparsed.push(Unparsed {
                    path,
                    reason: "it does not parse".to_owned(),
                    text,
                }),
            }
        }
        (read, unparsed)
    };
    let worker = std::thread::Builder::new().stack_size(rust::WORKER_STACK);
    let worker = worker.spawn(read).expect("a thread starts");
    let (read, unparsed) = worker.join().expect("reading does not panic");
    TreeUses::new(manifests, read, unparsed)
}

/// A tree of one package that needs `moved` and `other`.
pub(crate) fn app(files: &[(&str, &str)]) -> TreeUses {
    tree(&[("", "moved = '1'\nother = '1'")], files)
}

pub(crate) fn blocker(name: &str, holds: &str) -> Blocker {
    Blocker {
        name: name.to_owned(),
        version: "1.0.0".to_owned(),
        holds: holds.to_owned(),
        exposes: Vec::new(),
        ways: Vec::new(),
    }
}

/// The evidence of a file of the package, as `LINE CLASS ITEM`.
pub(crate) fn evidence(world: &World, text: &str) -> Vec<String> {
    told(
        &gather(&app(&[("src/lib.rs", text)]), world, &[]),
        "src/lib.rs",
    )
}

/// What was found in a file, as `LINE CLASS ITEM`.
pub(crate) fn told(found: &[Findings], path: &str) -> Vec<String> {
    let file = found
        .iter()
        .find(|file| file.path == path)
        .expect("the file is there");
    let evidence = file.evidence.iter();
    let told = evidence.map(|one| format!("{} {} {}", one.line, one.class.name(), one.change));
    told.collect()
}

/// The files of an assessment, as `TIER PATH`.
pub(crate) fn tiers(assessment: &Assessment) -> Vec<String> {
    let files = assessment.files.iter();
    files
        .map(|file| format!("{:?} {}", file.tier, file.path))
        .collect()
}

pub(crate) fn assessed(world: &World, files: &[(&str, &str)]) -> Assessment {
    assess(&app(files), world, &[])
}
