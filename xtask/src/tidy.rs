//! `cargo xtask tidy`: rules of the code base that no compiler knows. They run as a
//! test of this package too.
//!
//! Each check is a plain function from what it looks at to what is wrong with it.

mod agents;
mod cargo_files;
mod crate_count;
mod dependencies;
mod invariants;
mod machine_paths;
mod orphans;
mod purity;
mod roots;
mod rows;
mod source;
mod unsafe_code;
mod unused;
mod written;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use crate::flags::Flags;
use crate::process;
use crate::workspace::{self, Workspace};

pub(crate) use written::dead_mentions;

/// Something that is against a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Problem {
    /// The file, and the line where it has one.
    place: String,
    /// What is wrong and how to mend it.
    what: String,
}

impl Problem {
    fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
        }
    }
}

/// A text file of the repository.
#[derive(Debug, Clone)]
struct File {
    /// Relative to the root, with forward slashes.
    path: String,
    text: String,
}

pub(crate) fn run(arguments: Vec<String>) -> Result<ExitCode> {
    Flags::new(arguments).end()?;
    let (problems, notes) = check(workspace::root())?;
    for note in notes {
        println!("{note}");
    }
    for problem in &problems {
        eprintln!("error: {}: {}", problem.place, problem.what);
    }
    println!("tidy: {} problems", problems.len());
    Ok(if problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Every check; gives what is wrong, and figures worth knowing.
fn check(root: &Path) -> Result<(Vec<Problem>, Vec<String>)> {
    let workspace = Workspace::load()?;
    let files = files(root)?;
    let mut problems = cargo_files::check(&workspace.members, &files);
    problems.extend(roots::check(&files));
    problems.extend(unused::check(&workspace.members, &files));
    problems.extend(dependencies::check(&workspace.members));
    problems.extend(purity::check(&files));
    problems.extend(purity::check_reached()?);
    problems.extend(source::check(&files));
    problems.extend(unsafe_code::check(&files));
    problems.extend(agents::check(&files, &workspace.members));
    problems.extend(machine_paths::check(&files));
    problems.extend(orphans::check(&files));
    problems.extend(written::check(&files, root));
    problems.extend(invariants::check(&files));
    problems.extend(rows::check(&files));
    let (count, too_many) = crate_count::check(&workspace)?;
    problems.extend(too_many);
    problems.sort();
    Ok((problems, vec![count]))
}

/// The text files that git knows, or would take.
fn files(root: &Path) -> Result<Vec<File>> {
    let list = process::output(std::process::Command::new("git").current_dir(root).args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "-z",
    ]))?;
    let mut paths: Vec<&str> = list.split('\0').filter(|path| !path.is_empty()).collect();
    paths.sort_unstable();
    paths.dedup();
    Ok(paths
        .into_iter()
        // A file that was deleted but not yet committed, or that is no text.
        .filter_map(|path| {
            let text = std::fs::read_to_string(root.join(path)).ok()?;
            Some(File {
                path: path.to_owned(),
                text,
            })
        })
        .collect())
}

/// A file for a test.
#[cfg(test)]
fn file(path: &str, text: &str) -> File {
    File {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_base_is_tidy() {
        let (problems, _) = check(workspace::root()).unwrap();
        let list: Vec<String> = problems
            .iter()
            .map(|problem| format!("{}: {}", problem.place, problem.what))
            .collect();
        assert!(list.is_empty(), "cargo xtask tidy:\n{}", list.join("\n"));
    }
}
