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
        let named = named(&all);
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
                needs: needs.filter_map(|need| meant(need, &named)).collect(),
            }
        });
        Ok(Self {
            name: name.to_owned(),
            packages: packages.collect(),
        })
    }
}

/// How a package is named by one that needs it: by its name, with its version where there
/// are several, and with its source where that is not enough.
type Name<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

/// The packages by all their names. Of several the first, but that of this tree where no
/// source is named: it has none.
fn named(all: &[WrittenPackage]) -> HashMap<Name<'_>, usize> {
    let mut named = HashMap::new();
    for (at, package) in all.iter().enumerate() {
        let (name, version) = (package.name.get_ref().as_str(), package.version.as_str());
        let source = package.source.as_deref().map(without_commit);
        for name in [(name, None, None), (name, Some(version), source)] {
            named.entry(name).or_insert(at);
        }
        let without_source = named.entry((name, Some(version), None)).or_insert(at);
        if source.is_none() {
            *without_source = at;
        }
    }
    named
}

/// The package that `need` names.
fn meant(need: &str, named: &HashMap<Name<'_>, usize>) -> Option<usize> {
    let mut parts = need.splitn(3, ' ');
    let (name, version) = (parts.next()?, parts.next());
    let source = parts.next().map(|source| {
        let source = source.strip_prefix('(').unwrap_or(source);
        without_commit(source.strip_suffix(')').unwrap_or(source))
    });
    named.get(&(name, version, source)).copied()
}

/// A package of a git repository has its commit behind its source; who needs it does not say
/// that again.
fn without_commit(source: &str) -> &str {
    source.split_once('#').map_or(source, |(source, _)| source)
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

    #[test]
    fn a_package_of_a_git_repository_is_found_by_its_source_without_the_commit() {
        let text = "\
[[package]]
name = 'a'
version = '0.1.0'
dependencies = [
    'x 1.0.0 (git+https://example.org/x?branch=main)',
    'x 1.0.0 (registry+https://example.org)',
    'x 1.0.0 (git+https://example.org/y#0123)',
    'x 1.0.0 (git+https://example.org/z)',
]

[[package]]
name = 'x'
version = '1.0.0'
source = 'registry+https://example.org'

[[package]]
name = 'x'
version = '1.0.0'
source = 'git+https://example.org/x?branch=main#0123456789abcdef'

[[package]]
name = 'x'
version = '1.0.0'
source = 'git+https://example.org/y#0123'
";
        let lock = Lock::read("Cargo.lock", text).unwrap();
        assert_eq!(lock.packages[0].needs, [2, 1, 3]);
    }

    /// A package as it is drawn: name, version and source, and whom it needs.
    type Drawn = (
        (&'static str, &'static str, &'static str),
        Vec<prop::sample::Index>,
    );

    const SOURCES: [&str; 4] = [
        "",
        "registry+https://example.org",
        "git+https://example.org/x#0123456789abcdef",
        "git+https://example.org/x?tag=1#0123456789abcdef",
    ];

    fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
        let select = |all: &'static [&'static str]| prop::sample::select(all);
        let package = (
            select(&["a", "b", "c-d"]),
            select(&["1.0.0", "2.0.0"]),
            select(&SOURCES),
        );
        let needs = prop::collection::vec(any::<prop::sample::Index>(), 0..4);
        prop::collection::btree_map(package, needs, 1..12)
            .prop_map(|all| all.into_iter().collect::<Vec<_>>())
            .prop_shuffle()
    }

    /// The lock file as cargo writes it: a need says no more than it takes to be understood.
    fn written(all: &[Drawn]) -> String {
        use std::fmt::Write as _;

        let mut text = "version = 4\n".to_owned();
        for ((name, version, source), needs) in all {
            writeln!(text, "[[package]]\nname = '{name}'\nversion = '{version}'").unwrap();
            if !source.is_empty() {
                writeln!(text, "source = '{source}'").unwrap();
            }
            let needs = needs.iter().map(|need| {
                let (name, version, source) = need.get(all).0;
                let alike = |is: &dyn Fn(&Drawn) -> bool| all.iter().filter(|it| is(it)).count();
                if alike(&|it| it.0.0 == name) == 1 {
                    format!("'{name}'")
                } else if alike(&|it| (it.0.0, it.0.1) == (name, version)) == 1 || source.is_empty()
                {
                    format!("'{name} {version}'")
                } else {
                    let source = source.split('#').next().unwrap();
                    format!("'{name} {version} ({source})'")
                }
            });
            let needs: Vec<String> = needs.collect();
            writeln!(text, "dependencies = [{}]", needs.join(", ")).unwrap();
        }
        text
    }

    proptest! {
        #[test]
        fn every_need_leads_to_the_package_that_cargo_means(all in drawn()) {
            let lock = Lock::read("Cargo.lock", &written(&all)).unwrap();
            prop_assert_eq!(lock.packages.len(), all.len());
            for (package, (_, needs)) in lock.packages.iter().zip(&all) {
                let expected: Vec<usize> = needs.iter().map(|need| need.index(all.len())).collect();
                prop_assert_eq!(&package.needs, &expected);
            }
        }

        #[test]
        fn any_part_of_a_lock_file_is_survived(
            all in drawn(),
            start: prop::sample::Index,
            end: prop::sample::Index,
        ) {
            let text = written(&all);
            let (start, end) = (start.index(text.len()), end.index(text.len()));
            let part = &text[start.min(end)..start.max(end)];
            if let Ok(lock) = Lock::read("Cargo.lock", part) {
                prop_assert!(lock.packages.len() <= all.len());
                for need in lock.packages.iter().flat_map(|package| &package.needs) {
                    prop_assert!(*need < lock.packages.len());
                }
            }
        }
    }
}
