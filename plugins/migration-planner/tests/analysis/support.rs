//! Crates made of texts.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use guildhall_source::cargo::Manifest;
use migration_planner::api::{self, Api, Package, Paths, Sources, World};
use migration_planner::difference::{Difference, difference};

/// The files of a crate.
pub(crate) struct Texts(pub(crate) BTreeMap<String, String>);

impl Sources for Texts {
    fn text(&self, path: &str) -> Option<Cow<'_, str>> {
        self.0.get(path).map(|text| Cow::Borrowed(text.as_str()))
    }
}

/// The package `name`, which needs version 1 of others.
pub(crate) fn package(name: &str, needs: &[&str]) -> Package {
    let mut text = format!(
        "[package]\nname = '{name}'\nversion = '1.0.0'\nedition = '2021'\n[dependencies]\n"
    );
    for need in needs {
        text.push_str(&format!("{need} = '1'\n"));
    }
    let manifest = Manifest::read("Cargo.toml", &text).expect("it is a manifest");
    Package::of_manifest(&manifest).expect("it has a package")
}

/// A crate of these files.
pub(crate) fn files(package: Package, files: &[(&str, &str)]) -> Arc<Api> {
    let texts = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    Arc::new(api::read(&Texts(texts.collect()), package))
}

/// A crate `c` of one file.
pub(crate) fn krate(text: &str) -> Arc<Api> {
    files(package("c", &[]), &[("src/lib.rs", text)])
}

/// The public paths of a crate `c` of one file.
pub(crate) fn paths(text: &str) -> Paths {
    krate(text).paths(&World::default())
}

/// The public paths of a crate as a user writes them, each with its kinds.
pub(crate) fn shown(paths: &Paths) -> Vec<String> {
    let shown = paths.by_path.iter().map(|(path, items)| {
        let kinds: Vec<&str> = items.iter().map(|item| item.kind().word()).collect();
        format!("{} {}", path.join("::"), kinds.join(", "))
    });
    shown.collect()
}

/// What changed from one text to another.
pub(crate) fn compared(old: &str, new: &str) -> Difference {
    difference(&paths(old), &paths(new))
}

/// What changed from one text to another: ids with their classes, and with `>` where to.
pub(crate) fn changes(old: &str, new: &str) -> Vec<String> {
    told(&compared(old, new))
}

/// Changes as lines.
pub(crate) fn told(difference: &Difference) -> Vec<String> {
    let changes = difference.changes().into_iter().map(|change| {
        let to = change.to.map_or_else(String::new, |to| format!(" > {to}"));
        format!("{} {}{to}", change.id, change.class.name())
    });
    changes.collect()
}

/// A path, from its text.
pub(crate) fn path(text: &str) -> Vec<String> {
    text.split("::").map(str::to_owned).collect()
}
