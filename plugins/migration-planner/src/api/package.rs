//! What the manifest of a crate says of its API.

use guildhall_source::cargo::{Manifest, NeedKind, Packages};
use semver::Version;

use super::{Dependency, Package};

/// Where a library's root is by default, below the package's folder.
const USUAL_ROOT: &str = "src/lib.rs";

impl Package {
    /// The package at `index` of a tree; `None` where the manifest there has none.
    ///
    /// A package without a version, which is never published, has `0.0.0`.
    pub fn of(packages: &Packages<'_>, index: usize) -> Option<Self> {
        let manifest = packages.manifests.get(index)?;
        let version = packages.version(index);
        let version = version.and_then(|version| Version::parse(version).ok());
        let needs = packages.needs(index).into_iter();
        let needs = needs.filter(|need| need.kind == NeedKind::Normal);
        let dependencies = needs.map(|need| {
            let requirement = need.requirement.unwrap_or_else(|| "*".to_owned());
            let dependency = Dependency {
                package: need.package,
                requirement,
            };
            (need.key.replace('-', "_"), dependency)
        });
        Some(Self {
            name: manifest.package.clone()?,
            version: version.unwrap_or_else(|| Version::new(0, 0, 0)),
            library: manifest.library_name()?,
            root: root(manifest),
            is_2015: packages.edition(index) == Some("2015"),
            features: manifest.features.keys().cloned().collect(),
            rust_version: packages.rust_version(index).map(str::to_owned),
            dependencies: dependencies.collect(),
        })
    }

    /// The package of one manifest that stands by itself, as that of a published crate does.
    pub fn of_manifest(manifest: &Manifest) -> Option<Self> {
        let manifests = std::slice::from_ref(manifest);
        Self::of(&Packages::new(manifests), 0)
    }
}

fn root(manifest: &Manifest) -> String {
    let named = manifest.targets.iter().find(|target| target.table == "lib");
    match (named, manifest.folder()) {
        (Some(target), _) => target.file.clone(),
        (None, "") => USUAL_ROOT.to_owned(),
        (None, folder) => format!("{folder}/{USUAL_ROOT}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_manifest_says_where_the_library_is_and_what_it_asks_for() {
        let text = "[package]\nname = 'a-b'\nversion = '1.2.3'\nedition = '2021'\nrust-version = '1.63'\n\
            [lib]\npath = 'lib.rs'\n[features]\nx = []\n\
            [dependencies.c-d]\nversion = '0.4'\npackage = 'e'\n\
            [target.'cfg(unix)'.dependencies]\nf = '2'\n[dev-dependencies]\ng = '1'\n";
        let manifest = Manifest::read("Cargo.toml", text).unwrap();
        let package = Package::of_manifest(&manifest).unwrap();
        assert_eq!(
            (package.library.as_str(), package.root.as_str()),
            ("a_b", "lib.rs")
        );
        assert_eq!(package.version, Version::new(1, 2, 3));
        assert!(!package.is_2015);
        let known: Vec<(&str, &str, &str)> = package
            .dependencies
            .iter()
            .map(|(name, on)| (name.as_str(), on.package.as_str(), on.requirement.as_str()))
            .collect();
        assert_eq!(known, [("c_d", "e", "0.4"), ("f", "f", "2")]);
    }

    #[test]
    fn without_an_edition_it_is_of_the_first_one() {
        let manifest = Manifest::read("x/Cargo.toml", "[package]\nname = 'a'\n").unwrap();
        let package = Package::of_manifest(&manifest).unwrap();
        assert!(package.is_2015);
        assert_eq!(package.root, "x/src/lib.rs");
    }
}
