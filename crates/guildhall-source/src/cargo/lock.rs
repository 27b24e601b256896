//! `Cargo.lock`, of any version: the packages and who needs whom.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use toml::{Spanned, Value};

use super::CargoFailure;

/// What a lock file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// The file's name below the root.
    pub name: String,
    /// The packages, in the order in which they stand.
    pub packages: Vec<Locked>,
}

/// A package with its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locked {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it comes from; `None` for a package of this tree.
    pub source: Option<String>,
    /// The line of its name, from one.
    pub line: u32,
    /// What it needs, by place in [`Lock::packages`].
    pub needs: Vec<usize>,
}

#[derive(Deserialize)]
struct Written {
    /// Before version 1 the package of the folder itself stood apart.
    root: Option<WrittenPackage>,
    #[serde(default)]
    package: Vec<WrittenPackage>,
}

#[derive(Deserialize)]
struct WrittenPackage {
    name: Spanned<String>,
    version: String,
    source: Option<String>,
    #[serde(default)]
    dependencies: Vec<Value>,
}

impl Lock {
    /// Reads the text of the lock file `name`, which is its path below the root.
    ///
    /// # Errors
    /// Where the text is not TOML, or a package has no name or version.
    pub fn read(name: &str, text: &str) -> Result<Self, CargoFailure> {
        let written: Written = toml::from_str(text).map_err(|error: toml::de::Error| {
            CargoFailure::new(name, "lock file", error.message())
        })?;
        let all: Vec<WrittenPackage> = written.root.into_iter().chain(written.package).collect();
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, package) in all.iter().enumerate() {
            by_name.entry(package.name.get_ref()).or_default().push(at);
        }
        let ends: Vec<usize> = memchr::memchr_iter(b'\n', text.as_bytes()).collect();
        let packages = all.iter().map(|package| {
            let needs = package.dependencies.iter().filter_map(Value::as_str);
            let start = package.name.span().start;
            let line = ends.partition_point(|end| *end < start) + 1;
            Locked {
                name: package.name.get_ref().clone(),
                version: package.version.clone(),
                source: package.source.clone(),
                line: u32::try_from(line).unwrap_or(u32::MAX),
                needs: needs
                    .filter_map(|need| meant(need, &by_name, &all))
                    .collect(),
            }
        });
        Ok(Self {
            name: name.to_owned(),
            packages: packages.collect(),
        })
    }
}

/// The package that `need` names: by its name, with its version where there are several,
/// and with its source where that is not enough.
fn meant(need: &str, by_name: &HashMap<&str, Vec<usize>>, all: &[WrittenPackage]) -> Option<usize> {
    let mut parts = need.splitn(3, ' ');
    let candidates = by_name.get(parts.next()?)?;
    let (version, source) = (parts.next(), parts.next());
    let source = source.map(|source| source.trim_matches(['(', ')']));
    let fits = |at: &&usize| {
        let package = &all[**at];
        version.is_none_or(|version| version == package.version)
            && source.is_none_or(|source| package.source.as_deref() == Some(source))
    };
    candidates.iter().find(fits).copied()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TWO: &str = "\
version = 4

[[package]]
name = 'a'
version = '0.1.0'
dependencies = ['x 1.0.0', 'x 2.0.0 (registry+https://example.org)']

[[package]]
name = 'x'
version = '1.0.0'
source = 'registry+https://example.org'

[[package]]
name = 'x'
version = '2.0.0'
source = 'registry+https://example.org'
";

    #[test]
    fn dependencies_lead_to_the_version_they_name() {
        let lock = Lock::read("Cargo.lock", TWO).unwrap();
        assert_eq!(lock.packages[0].needs, [1, 2]);
        let lines: Vec<u32> = lock.packages.iter().map(|package| package.line).collect();
        assert_eq!(lines, [4, 9, 14]);
    }

    #[test]
    fn the_root_of_old_lock_files_is_a_package() {
        let old = "[root]\nname = 'a'\nversion = '0.1.0'\ndependencies = ['x 1.0.0 (registry+u)']\n\
                   [[package]]\nname = 'x'\nversion = '1.0.0'\nsource = 'registry+u'\n[metadata]\n";
        let lock = Lock::read("Cargo.lock", old).unwrap();
        assert_eq!(lock.packages[0].needs, [1]);
    }

    #[test]
    fn a_corrupt_one_is_told() {
        for text in ["<<<<<<< ours", "[[package]]\nname = 'a'\n", "package = 1"] {
            let failure = Lock::read("Cargo.lock", text).unwrap_err();
            assert_eq!(failure.skipped().code, "lock-file", "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_part_of_a_lock_file_is_survived(start in 0..TWO.len(), end in 0..TWO.len()) {
            let text = TWO.get(start.min(end)..start.max(end)).unwrap_or_default();
            if let Ok(lock) = Lock::read("Cargo.lock", text) {
                let count = lock.packages.len();
                prop_assert!(lock.packages.iter().flat_map(|package| &package.needs).all(|at| *at < count));
            }
        }
    }
}
