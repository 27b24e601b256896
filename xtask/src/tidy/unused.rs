//! Every dependency that a member names is used by it: a crate that is not is built, and
//! has to be trusted, for nothing.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use toml::{Table, Value};

use super::source::{rust, tokens};
use super::{File, Problem};
use crate::workspace::Member;

/// Dependencies that leave no word in a package's own code, and why they are there.
const EXCEPTIONS: [(&str, &str, &str); 6] = [
    (
        "guildhall-report",
        "serde-sarif",
        "only unpacked, for the SARIF schema in it",
    ),
    (
        "guildhall-sdk",
        "guildhall-report",
        "for the examples of docs/writing-a-plugin.md",
    ),
    ("xtask", "aho-corasick", SAME_FEATURES),
    ("xtask", "memchr", SAME_FEATURES),
    ("xtask", "regex-automata", SAME_FEATURES),
    ("xtask", "serde_core", SAME_FEATURES),
];

const SAME_FEATURES: &str =
    "so that what two sides of the build need has the same features and is built once";

/// Derives whose code names a crate that the deriving code need not name.
const DERIVES: [(&str, &[&str]); 1] = [("serde", &["Deserialize", "Serialize"])];

const TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

pub(super) fn check(members: &[Member], files: &[File]) -> Vec<Problem> {
    let folders: Vec<&str> = members
        .iter()
        .map(|member| member.folder.as_str())
        // A workspace of its own, but with a manifest like the others'.
        .chain(["fuzz"])
        .collect();
    folders
        .iter()
        .flat_map(|folder| {
            let place = format!("{folder}/Cargo.toml");
            let manifest = files.iter().find(|file| file.path == place);
            let table: Table = manifest
                .and_then(|file| file.text.parse().ok())
                .unwrap_or_default();
            let words = words_in(folder, &folders, files);
            problems(&table, &words)
                .into_iter()
                .map(move |what| Problem::new(place.clone(), what))
        })
        .collect()
}

fn problems(manifest: &Table, words: &BTreeSet<String>) -> Vec<String> {
    let package = manifest
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut wrong = Vec::new();
    for name in dependencies(manifest) {
        let exception = EXCEPTIONS
            .iter()
            .find(|(owner, dependency, _)| *owner == package && *dependency == name);
        match (is_used(&name, words), exception) {
            (false, None) => wrong.push(format!("{package} does not use {name}; take it out")),
            (true, Some((_, _, reason))) => wrong.push(format!(
                "{package} uses {name}; take the exception ({reason}) out of xtask/src/tidy/unused.rs"
            )),
            _ => {}
        }
    }
    wrong
}

/// The dependencies as the code would name them, those of single platforms included.
fn dependencies(manifest: &Table) -> BTreeSet<String> {
    let platforms = manifest
        .get("target")
        .and_then(Value::as_table)
        .into_iter()
        .flatten()
        .filter_map(|(_, platform)| platform.as_table());
    platforms
        .chain([manifest])
        .flat_map(|table| TABLES.iter().filter_map(|name| table.get(*name)))
        .filter_map(Value::as_table)
        .flat_map(|dependencies| dependencies.keys().cloned())
        .collect()
}

fn is_used(dependency: &str, words: &BTreeSet<String>) -> bool {
    let derives = DERIVES
        .iter()
        .filter(|(name, _)| *name == dependency)
        .flat_map(|(_, derives)| *derives);
    words.contains(&dependency.replace('-', "_"))
        || derives.copied().any(|derive| words.contains(derive))
}

/// The words in the code and in the documentation of a package, but not of the packages
/// in folders of its folder.
fn words_in(folder: &str, folders: &[&str], files: &[File]) -> BTreeSet<String> {
    let lies_in = |path: &str, folder: &str| {
        path.strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
    };
    let mut words = BTreeSet::new();
    rust(files)
        .filter(|file| lies_in(&file.path, folder))
        .filter(|file| {
            !folders
                .iter()
                .any(|other| other.len() > folder.len() && lies_in(&file.path, other))
        })
        .filter_map(|file| tokens(file).ok())
        .for_each(|tokens| collect(tokens, false, &mut words));
    words
}

/// Texts count in documentation only, since its examples are code too.
fn collect(tokens: TokenStream, in_documentation: bool, words: &mut BTreeSet<String>) {
    let mut in_documentation = in_documentation;
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect(group.stream(), false, words),
            TokenTree::Ident(word) => {
                in_documentation |= word == "doc";
                words.insert(word.to_string());
            }
            TokenTree::Literal(text) if in_documentation => {
                let text = text.to_string();
                let parts = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
                words.extend(parts.map(str::to_owned));
            }
            TokenTree::Literal(_) | TokenTree::Punct(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::file;

    fn member(folder: &str) -> Member {
        Member {
            name: String::new(),
            version: String::new(),
            manifest: String::new().into(),
            folder: folder.to_owned(),
            is_plugin_library: false,
            ship: None,
            needs: Vec::new(),
        }
    }

    fn found(manifest: &str, code: &str) -> Vec<String> {
        let files = [
            file("a/Cargo.toml", &format!("package.name = \"a\"\n{manifest}")),
            file("a/src/lib.rs", code),
            file("a/b/src/lib.rs", "//! b\nuse one_two;"),
        ];
        check(&[member("a"), member("a/b")], &files)
            .into_iter()
            .map(|problem| problem.what)
            .collect()
    }

    const ONE: &str = "[dependencies]\none-two = \"1\"\n";

    #[test]
    fn what_is_not_used_is_named() {
        for code in [
            "//! a\n",
            "//! a\nfn a() { \"one_two\" }",
            "//! a\n// one_two\n",
        ] {
            assert_eq!(found(ONE, code), ["a does not use one-two; take it out"]);
        }
        for table in [
            "dev-dependencies",
            "build-dependencies",
            "target.'cfg(unix)'.dependencies",
        ] {
            assert_eq!(found(&format!("[{table}]\nx = \"1\"\n"), "//! a").len(), 1);
        }
    }

    #[test]
    fn code_and_examples_use_a_crate() {
        for code in [
            "//! a\nuse one_two::b;",
            "//! a\n#[one_two::main]\nfn a() {}",
            "//! ```\n//! one_two::b();\n//! ```\n",
        ] {
            assert!(found(ONE, code).is_empty(), "{code}");
        }
    }

    #[test]
    fn a_derive_uses_the_crate_that_its_code_names() {
        let manifest = "[dependencies]\nserde = \"1\"\n";
        assert!(found(manifest, "//! a\n#[derive(Deserialize)] struct A;").is_empty());
        assert_eq!(found(manifest, "//! a\nstruct A;").len(), 1);
    }

    #[test]
    fn an_exception_that_is_not_needed_is_named() {
        let (package, dependency, _) = EXCEPTIONS[0];
        let manifest = format!("package.name = \"{package}\"\ndependencies.{dependency} = \"1\"");
        let table: Table = manifest.parse().unwrap();
        assert!(problems(&table, &BTreeSet::new()).is_empty());
        let used = BTreeSet::from([dependency.replace('-', "_")]);
        assert!(problems(&table, &used)[0].contains("take the exception"));
    }
}
