//! Documents that are there, and that mention only files which are there too.

use std::path::Path;

use super::{File, Problem};

/// Documents at the root that a reader looks for.
const EXPECTED: [&str; 6] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
];

pub(super) fn check(files: &[File], root: &Path) -> Vec<Problem> {
    let missing = EXPECTED
        .iter()
        .filter(|name| !files.iter().any(|file| file.path == **name))
        .map(|name| Problem::new(*name, "this document is missing; write it"));
    let dead = files
        .iter()
        .filter(|file| file.path.ends_with(".md") && !file.path.contains("fixtures/"))
        .flat_map(|file| dead_problems(file, root));
    missing.chain(dead).collect()
}

fn dead_problems(file: &File, root: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        let dead = dead_mentions(&file.path, line, root);
        problems.extend(dead.into_iter().map(|path| {
            Problem::new(
                format!("{}:{}", file.path, at + 1),
                format!("mentions {path}, which is not there; correct the path or write the file"),
            )
        }));
    }
    problems
}

/// What a text in the file `path` below `root` mentions and is not there.
pub(crate) fn dead_mentions<'a>(path: &str, text: &'a str, root: &Path) -> Vec<&'a str> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    text.lines()
        .flat_map(mentions)
        // A link counts from its document, a name in code from the root.
        .filter(|path| !root.join(folder).join(path).exists() && !root.join(path).exists())
        .collect()
}

/// The targets of relative links, and documents named in code.
fn mentions(line: &str) -> impl Iterator<Item = &str> {
    let links = line
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#', ' ']).next())
        .filter(|target| {
            !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:")
        });
    let documents = line.split('`').skip(1).step_by(2).filter(|code| {
        code.ends_with(".md") && !code.contains(|c: char| c.is_whitespace() || "*<>{}$".contains(c))
    });
    links.chain(documents)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::file;
    use crate::workspace::root;

    fn dead(path: &str, text: &str) -> Vec<Problem> {
        dead_problems(&file(path, text), root())
    }

    #[test]
    fn a_missing_document_is_named() {
        let problems = check(&[file("README.md", "")], root());
        assert_eq!(problems.len(), EXPECTED.len() - 1);
        assert!(problems.iter().all(|problem| problem.place != "README.md"));
    }

    #[test]
    fn dead_links_are_found() {
        let text = "[a](xtask/Cargo.toml) [b](no/such.md#part)\nsee `docs/none.md`";
        let problems = dead("README.md", text);
        assert_eq!(problems.len(), 2);
        assert!(problems[0].what.contains("no/such.md,"));
        assert_eq!(problems[1].place, "README.md:2");
    }

    #[test]
    fn other_links_are_left_alone() {
        let text = "[a](https://example.org/x) [b](#part) `a *.md` `--output report.md`";
        assert!(dead("README.md", text).is_empty());
        assert!(dead("docs/a.md", "[up](../xtask/Cargo.toml) `xtask/Cargo.toml`").is_empty());
    }
}
