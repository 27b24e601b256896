//! How many crates of others have to be built on the way to the first finding.

use std::collections::BTreeSet;

use anyhow::Result;

use super::Problem;
use crate::artifacts;
use crate::process;
use crate::workspace::Workspace;

/// Every crate costs time before the first finding (all of them may take three
/// minutes on two cores) and is code that somebody has to trust.
const LIMIT: usize = 160;

/// Counts them; gives the figure, and a problem where it is too high.
pub(super) fn check(workspace: &Workspace) -> Result<(String, Option<Problem>)> {
    let mut command = process::cargo();
    command.args([
        "tree",
        "--edges=normal,build",
        "--prefix=none",
        "--format={p}",
    ]);
    let plugins = workspace
        .members
        .iter()
        .filter(|member| member.is_shipped());
    let packages = plugins.map(|member| member.name.as_str());
    for package in packages.chain([artifacts::HOST, "xtask"]) {
        command.args(["--package", package]);
    }
    let own: BTreeSet<&str> = workspace
        .members
        .iter()
        .map(|member| member.name.as_str())
        .collect();
    let count = count(&process::output(&mut command)?, &own);
    let figure = format!("{count} crates of others on the way to a scan, of at most {LIMIT}");
    let problem = (count > LIMIT).then(|| {
        Problem::new(
            "Cargo.toml",
            format!("{figure}; do without one, or without its features"),
        )
    });
    Ok((figure, problem))
}

/// Different crates (name and version) in what `cargo tree` says.
fn count(tree: &str, own: &BTreeSet<&str>) -> usize {
    let crates: BTreeSet<(&str, &str)> = tree
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?, words.next()?))
        })
        .filter(|(name, _)| !own.contains(name))
        .collect();
    crates.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_of_a_crate_counts_once() {
        let tree = "own v0.1.0 (here)\na v1.0.0\nb v1.0.0 (proc-macro)\na v1.0.0 (*)\n\na v2.0.0\n";
        assert_eq!(count(tree, &BTreeSet::from(["own"])), 3);
    }
}
