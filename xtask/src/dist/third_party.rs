//! THIRD-PARTY.md: whose code is in the archive, and under which terms.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::artifacts;
use crate::process;
use crate::workspace::{Workspace, text};

const HEAD: &str = "# Code of others

The libraries and the command in this archive contain, besides Rust's standard library
(MIT or Apache-2.0, <https://github.com/rust-lang/rust>), these packages. What their
authors say about their terms stands below, word for word.

";

/// How the files with a package's terms begin.
const TERMS: [&str; 6] = [
    "copying",
    "copyright",
    "licence",
    "license",
    "notice",
    "unlicense",
];

/// A package as its authors describe it.
#[derive(Debug)]
struct Package {
    name: String,
    version: String,
    licence: String,
    repository: String,
    /// The texts of its terms, in order of their files.
    texts: Vec<String>,
}

/// The document.
///
/// # Errors
/// Where cargo cannot tell, or a package names no licence.
pub(super) fn document(workspace: &Workspace) -> Result<String> {
    let packages = packages(&linked(workspace)?)?;
    Ok(render(&packages))
}

/// Names and versions of the packages whose code is in the command or a shipped plugin:
/// neither what only runs while they are built, nor our own.
fn linked(workspace: &Workspace) -> Result<BTreeSet<(String, String)>> {
    let mut command = process::cargo();
    command.args(["tree", "--edges=normal,no-proc-macro", "--prefix=none"]);
    command.args(["--format={p}", "--package", artifacts::HOST]);
    let shipped = workspace.members.iter().filter(|it| it.is_shipped());
    for plugin in shipped {
        command.args(["--package", &plugin.name]);
    }
    let tree = process::output(&mut command)?;
    let named = tree.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let name = words.next()?;
        let version = words.next()?.strip_prefix('v')?;
        Some((name.to_owned(), version.to_owned()))
    });
    let is_own = |name: &str| workspace.members.iter().any(|member| member.name == name);
    Ok(named.filter(|(name, _)| !is_own(name)).collect())
}

fn packages(linked: &BTreeSet<(String, String)>) -> Result<Vec<Package>> {
    let metadata = process::output(process::cargo().args(["metadata", "--format-version=1"]))?;
    let metadata: Value = serde_json::from_str(&metadata).context("cargo metadata is not JSON")?;
    let known = metadata["packages"].as_array().context("no packages")?;
    let described = |(name, version): &(String, String)| {
        let mut found = known.iter();
        let found = found.find(|it| it["name"] == **name && it["version"] == **version);
        package(found.with_context(|| format!("cargo does not describe {name} {version}"))?)
    };
    linked.iter().map(described).collect()
}

fn package(described: &Value) -> Result<Package> {
    let name = text(described, "name")?.to_owned();
    let folder = Path::new(text(described, "manifest_path")?).parent();
    let licence = text(described, "license").with_context(|| format!("{name} has no licence"))?;
    let texts = texts_in(folder.context("a package lies in no folder")?)
        .with_context(|| format!("the terms of {name} cannot be read"))?;
    Ok(Package {
        version: text(described, "version")?.to_owned(),
        licence: licence.to_owned(),
        repository: described["repository"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        texts,
        name,
    })
}

fn texts_in(folder: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_lowercase();
        if TERMS.iter().any(|begin| name.starts_with(begin)) && entry.path().is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    let read = |file| Ok(String::from_utf8_lossy(&fs::read(file)?).into_owned());
    files.iter().map(read).collect()
}

fn render(packages: &[Package]) -> String {
    let mut page = String::from(HEAD);
    page.push_str("| package | version | licence | where from |\n|---|---|---|---|\n");
    for it in packages {
        let row = [&it.name, &it.version, &it.licence, &it.repository];
        let row = row.map(|cell| cell.replace('|', "/"));
        let _ = writeln!(page, "| {} |", row.join(" | "));
    }
    let without: Vec<&str> = packages
        .iter()
        .filter(|it| it.texts.is_empty())
        .map(|it| it.name.as_str())
        .collect();
    if !without.is_empty() {
        let list = without.join(", ");
        let _ = write!(page, "\nWithout a text of their own: {list}.\n");
    }
    for (text, names) in texts(packages) {
        let fence = fence_for(&text);
        let list = names.join(", ");
        let _ = write!(page, "\n## {list}\n\n{fence}text\n{text}\n{fence}\n");
    }
    page
}

/// Each text once, with the packages that come with it, by the first of them.
fn texts(packages: &[Package]) -> Vec<(String, Vec<&str>)> {
    let mut by_text: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for package in packages {
        for text in &package.texts {
            let text = text.replace("\r\n", "\n").trim_end().to_owned();
            let names = by_text.entry(text).or_default();
            if !names.contains(&package.name.as_str()) {
                names.push(&package.name);
            }
        }
    }
    let mut texts: Vec<(String, Vec<&str>)> = by_text.into_iter().collect();
    texts.sort_by(|(_, a), (_, b)| a.cmp(b));
    texts
}

/// Longer than every fence in the text.
fn fence_for(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made_up(name: &str, texts: &[&str]) -> Package {
        Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            licence: "MIT".to_owned(),
            repository: format!("https://example.org/{name}"),
            texts: texts.iter().map(|text| (*text).to_owned()).collect(),
        }
    }

    #[test]
    fn a_text_that_several_packages_share_stands_there_once() {
        let page = render(&[
            made_up("one", &["Be kind.\n"]),
            made_up("two", &["Be kind.\r\n", "Mine: ```x```"]),
            made_up("three", &[]),
        ]);
        assert_eq!(page.matches("Be kind.").count(), 1);
        assert!(page.contains("## one, two\n\n```text\nBe kind.\n```\n"));
        assert!(page.contains("## two\n\n````text\nMine: ```x```\n````\n"));
        assert!(page.contains("| three | 1.0.0 | MIT | https://example.org/three |"));
        assert!(page.contains("Without a text of their own: three."));
    }

    #[test]
    fn what_is_linked_in_is_listed_with_its_terms() {
        let workspace = Workspace::load().unwrap();
        let linked = linked(&workspace).unwrap();
        let names: Vec<&str> = linked.iter().map(|(name, _)| name.as_str()).collect();
        assert!(names.contains(&"serde_json") && names.contains(&"syn"));
        // Ours, a macro's own code, and what only tests need.
        for other in ["guildhall-core", "thiserror-impl", "proptest"] {
            assert!(!names.contains(&other), "{other}");
        }
        let page = document(&workspace).unwrap();
        assert!(page.contains("| serde_json | "));
        assert!(page.contains("Permission is hereby granted"));
    }
}
