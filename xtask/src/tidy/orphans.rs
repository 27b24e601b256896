//! Every source file belongs to a crate: one that no `mod` names is compiled by nobody, and
//! is read by people and by checks as if it counted.

use std::collections::BTreeSet;

use super::source::{each, rust, tokens};
use super::{File, Problem};

/// Files that a manifest names.
const EXCEPTIONS: [(&str, &str); 1] = [(
    "crates/guildhall-runtime/tests/process/host.rs",
    "a program of the tests, named in the manifest",
)];

/// Names that a crate or a folder begins with.
const ROOTS: [&str; 4] = ["lib", "main", "mod", "build"];

pub(super) fn check(files: &[File]) -> Vec<Problem> {
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let orphans = rust(files).filter(|file| is_orphan(file, files, &paths));
    let problem = |file: &File| {
        Problem::new(
            file.path.as_str(),
            "no `mod` names this file, so it is compiled by nobody: name it or delete it",
        )
    };
    orphans.map(problem).collect()
}

fn is_orphan(file: &File, files: &[File], paths: &BTreeSet<&str>) -> bool {
    if EXCEPTIONS
        .iter()
        .any(|(path, _)| file.path.starts_with(path))
    {
        return false;
    }
    let Some((folder, name)) = file.path.rsplit_once('/') else {
        return false;
    };
    let name = name.strip_suffix(".rs").unwrap_or(name);
    if ROOTS.contains(&name) {
        return false;
    }
    let parents = ["lib.rs", "main.rs", "mod.rs"].map(|parent| format!("{folder}/{parent}"));
    let parents = parents.into_iter().chain([format!("{folder}.rs")]);
    let parents: Vec<String> = parents
        .filter(|parent| paths.contains(parent.as_str()))
        .collect();
    // Without a parent it is a crate of its own: a test, an example, a fuzz target.
    !parents.is_empty()
        && !parents.iter().any(|parent| {
            let parent = files.iter().find(|file| file.path == *parent);
            parent.is_some_and(|parent| names(parent, name))
        })
}

/// Whether a file says `mod name`. One that is no code is told of by another check.
fn names(file: &File, name: &str) -> bool {
    let mut words = Vec::new();
    if let Ok(tokens) = tokens(file) {
        each(tokens, true, &mut |token| words.push(token.to_string()));
    }
    let mut pairs = words.windows(2);
    pairs.any(|pair| pair[0] == "mod" && pair[1] == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::file;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<File> = files.iter().map(|(path, text)| file(path, text)).collect();
        check(&files).into_iter().map(|it| it.place).collect()
    }

    #[test]
    fn a_file_that_no_module_names_is_told() {
        let files = [
            ("crates/a/src/lib.rs", "mod known;\n// mod left;"),
            ("crates/a/src/known.rs", "pub(crate) mod within;"),
            ("crates/a/src/known/within.rs", ""),
            ("crates/a/src/known/lost.rs", ""),
            ("crates/a/src/left.rs", ""),
            ("crates/a/tests/alone.rs", ""),
        ];
        let expected = ["crates/a/src/known/lost.rs", "crates/a/src/left.rs"];
        assert_eq!(found(&files), expected);
    }
}
