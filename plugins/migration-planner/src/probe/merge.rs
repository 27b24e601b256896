//! What the compiler said, merged into what was found without it.

use std::collections::BTreeMap;

use super::Probed;
use crate::difference::Class;
use crate::evidence::How;
use crate::plan::{File, ProbeSite, Tier, Use};

/// Merges a probe into the files of a plan, which stay ordered by path.
///
/// A place that the compiler named is as good as certain, and its file must change. A file that
/// must have changed and that the compiler passes may change: its package was checked and
/// nothing of the file depends on a condition, so `package_of` gives a manifest that passed and
/// `has_conditions` is false. What was not reached stays as it was found.
pub fn merge(
    files: &mut Vec<File>,
    probed: &Probed,
    package_of: &dyn Fn(&str) -> Option<String>,
    has_conditions: &dyn Fn(&str) -> bool,
) {
    let mut named: BTreeMap<&str, Vec<&ProbeSite>> = BTreeMap::new();
    for site in &probed.probe.sites {
        named.entry(&site.path).or_default().push(site);
    }
    for file in files.iter_mut() {
        match named.remove(file.path.as_str()) {
            Some(sites) => take_in(file, &sites),
            None => {
                let is_passed = || {
                    let package = package_of(&file.path);
                    package.is_some_and(|package| probed.passed.contains(&package))
                };
                if file.tier == Tier::Must && is_passed() && !has_conditions(&file.path) {
                    file.tier = Tier::May;
                }
            }
        }
    }
    for (path, sites) in named {
        let mut file = File {
            path: path.to_owned(),
            tier: Tier::Must,
            score: 0.0,
            uses: Vec::new(),
            seen: None,
        };
        take_in(&mut file, &sites);
        let place = files.partition_point(|it| it.path < file.path);
        files.insert(place, file);
    }
}

/// Notes the sites in a file. What was found on such a line before explains it, and becomes as
/// certain; only where there is nothing is the compiler's own word noted.
fn take_in(file: &mut File, sites: &[&ProbeSite]) {
    let certain = Class::Compiler.probability();
    for site in sites {
        let mut is_known = false;
        for known in file.uses.iter_mut().filter(|it| it.line == site.line) {
            known.confidence = known.confidence.max(certain);
            is_known = true;
        }
        if !is_known {
            file.uses.push(Use {
                line: site.line,
                column: site.column,
                change: site.code.clone(),
                class: Class::Compiler,
                confidence: certain,
                how: How::Compiler,
            });
        }
    }
    file.uses
        .sort_by(|one, other| place(one).cmp(&place(other)));
    file.score = file.score.max(certain);
    file.tier = Tier::Must;
}

fn place(of: &Use) -> (u32, u32, &str) {
    (of.line, of.column, &of.change)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::plan::Probe;

    fn file(path: &str, tier: Tier, lines: &[u32]) -> File {
        let uses = lines.iter().map(|line| Use {
            line: *line,
            column: 1,
            change: "a::b".to_owned(),
            class: Class::Return,
            confidence: 0.45,
            how: How::Path,
        });
        File {
            path: path.to_owned(),
            tier,
            score: 0.6,
            uses: uses.collect(),
            seen: None,
        }
    }

    fn site(path: &str, line: u32) -> ProbeSite {
        ProbeSite {
            path: path.to_owned(),
            line,
            column: 9,
            code: "E0308".to_owned(),
            message: String::new(),
        }
    }

    fn merged(sites: &[ProbeSite], conditions: &[&str]) -> Vec<File> {
        let mut files = vec![
            file("a/one.rs", Tier::Must, &[3]),
            file("a/two.rs", Tier::May, &[3, 7]),
            file("b/one.rs", Tier::Must, &[3]),
        ];
        let probed = Probed {
            fine_before: BTreeSet::new(),
            compiled: BTreeSet::new(),
            unbuilt: None,
            probe: Probe {
                sites: sites.to_vec(),
                rounds: 1,
                toolchain: String::new(),
                built_before: true,
            },
            passed: BTreeSet::from(["a/Cargo.toml".to_owned()]),
            not_reached: BTreeSet::from(["b/Cargo.toml".to_owned()]),
        };
        let package = |path: &str| Some(format!("{}/Cargo.toml", path.split('/').next()?));
        merge(&mut files, &probed, &package, &|path| {
            conditions.contains(&path)
        });
        files
    }

    fn tiers(files: &[File]) -> Vec<(&str, Tier)> {
        files.iter().map(|it| (it.path.as_str(), it.tier)).collect()
    }

    #[test]
    fn what_the_compiler_passes_may_change_and_what_it_did_not_reach_stays() {
        let expected = [
            ("a/one.rs", Tier::May),
            ("a/two.rs", Tier::May),
            ("b/one.rs", Tier::Must),
        ];
        assert_eq!(tiers(&merged(&[], &[])), expected);
        let conditional = merged(&[], &["a/one.rs"]);
        assert_eq!(
            conditional[0].tier,
            Tier::Must,
            "some of it was not compiled"
        );
    }

    #[test]
    fn a_place_of_the_compilers_makes_its_file_certain() {
        let files = merged(&[site("a/two.rs", 7), site("a/two.rs", 5)], &[]);
        let two = &files[1];
        assert_eq!((two.tier, two.score), (Tier::Must, 0.98));
        let lines: Vec<(u32, Class, f64)> = two
            .uses
            .iter()
            .map(|it| (it.line, it.class, it.confidence))
            .collect();
        let expected = [
            (3, Class::Return, 0.45),
            (5, Class::Compiler, 0.98),
            (7, Class::Return, 0.98),
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_file_that_was_not_found_before_is_added_in_its_place() {
        let files = merged(&[site("a/three.rs", 1)], &[]);
        let paths: Vec<&str> = files.iter().map(|it| it.path.as_str()).collect();
        assert_eq!(paths, ["a/one.rs", "a/three.rs", "a/two.rs", "b/one.rs"]);
        assert_eq!(files[1].uses[0].change, "E0308");
    }
}
