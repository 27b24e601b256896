//! The packages of a tree: who needs whom, and what workspaces say for their members.

use std::collections::HashMap;

use super::{Manifest, Need, NeedKind, Stated, folder_of};

/// The packages of a tree, and which file belongs to which.
#[derive(Debug, Default)]
pub struct Packages<'a> {
    /// All manifests.
    pub manifests: &'a [Manifest],
    by_folder: HashMap<&'a str, usize>,
}

impl<'a> Packages<'a> {
    /// Those of these manifests.
    pub fn new(manifests: &'a [Manifest]) -> Self {
        let folders = manifests.iter().enumerate();
        Self {
            manifests,
            by_folder: folders
                .map(|(at, manifest)| (manifest.folder(), at))
                .collect(),
        }
    }

    /// The package of a file: the one whose folder is the nearest around it.
    pub fn of_file(&self, name: &str) -> Option<usize> {
        let is_package = |at: &usize| self.manifests[*at].package.is_some();
        self.around(folder_of(name)).find(is_package)
    }

    /// The packages of this tree that one needs, with the name its code uses.
    pub fn needed_by(&self, package: usize) -> Vec<(String, usize, NeedKind)> {
        let manifest = &self.manifests[package];
        let workspace = self.workspace_of(package);
        let found = manifest.needs.iter().filter_map(|need| {
            let stated = match (need.is_shared, workspace) {
                (true, Some(workspace)) => workspace.shared.get(&need.key)?,
                _ => need,
            };
            let target = *self.by_folder.get(stated.path.as_deref()?)?;
            self.manifests[target].package.as_ref()?;
            let is_renamed = stated.package != need.key;
            let name = match is_renamed {
                true => need.key.replace('-', "_"),
                false => self.manifests[target].library_name()?,
            };
            Some((name, target, need.kind))
        });
        found.collect()
    }

    /// The manifest of the workspace that a package is in: the nearest one around it. What
    /// members a workspace names is not asked, so one that is excluded is in it too.
    pub fn workspace_of(&self, package: usize) -> Option<&'a Manifest> {
        let around = self.around(self.manifests[package].folder());
        let mut around = around.map(|at| &self.manifests[at]);
        around.find(|manifest| manifest.is_workspace)
    }

    /// What a package needs, each with what its workspace adds: features of both, and all
    /// else that the workspace says where it is left to that.
    pub fn needs(&self, package: usize) -> Vec<Need> {
        let workspace = self.workspace_of(package);
        let needs = self.manifests[package].needs.iter();
        needs
            .map(|need| {
                let shared = workspace.and_then(|workspace| workspace.shared.get(&need.key));
                match shared.filter(|_| need.is_shared) {
                    Some(shared) => need.completed(shared),
                    None => need.clone(),
                }
            })
            .collect()
    }

    /// The edition of a package; 2015 where it states none, as for cargo. `None` where it is
    /// left to a workspace that does not state it.
    pub fn edition(&self, package: usize) -> Option<&'a str> {
        match &self.manifests[package].edition {
            None => Some("2015"),
            Some(Stated::Here(edition)) => Some(edition),
            Some(Stated::Shared) => self.workspace_of(package)?.workspace.edition.as_deref(),
        }
    }

    /// The version of a package, where it or its workspace states one.
    pub fn version(&self, package: usize) -> Option<&'a str> {
        match self.manifests[package].version.as_ref()? {
            Stated::Here(version) => Some(version),
            Stated::Shared => self.workspace_of(package)?.workspace.version.as_deref(),
        }
    }

    /// The oldest compiler of a package, where it or its workspace states one.
    pub fn rust_version(&self, package: usize) -> Option<&'a str> {
        match self.manifests[package].rust_version.as_ref()? {
            Stated::Here(version) => Some(version),
            Stated::Shared => self
                .workspace_of(package)?
                .workspace
                .rust_version
                .as_deref(),
        }
    }

    /// The manifests in a folder and above it, the nearest first.
    fn around<'b>(&'b self, folder: &'b str) -> impl Iterator<Item = usize> + 'b {
        let mut next = Some(folder);
        std::iter::from_fn(move || {
            let now = next?;
            next = (!now.is_empty()).then(|| folder_of(now));
            Some(self.by_folder.get(now).copied())
        })
        .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifests(all: &[(&str, &str)]) -> Vec<Manifest> {
        let read = |(name, text): &(&str, &str)| Manifest::read(name, text).unwrap();
        all.iter().map(read).collect()
    }

    #[test]
    fn needs_of_members_are_found_by_path_by_workspace_and_under_another_name() {
        let all = manifests(&[
            (
                "Cargo.toml",
                "[workspace]\n[workspace.dependencies]\nc-d = { path = 'c' }\nserde = '1'\n",
            ),
            (
                "a/Cargo.toml",
                "[package]\nname = 'a'\n[dependencies]\nb = { path = '../b' }\nserde.workspace = true\n\
                 [target.'cfg(unix)'.dev-dependencies]\nc-d = { workspace = true }\n\
                 [build-dependencies]\nother = { package = 'b', path = '../b' }\n",
            ),
            (
                "b/Cargo.toml",
                "[package]\nname = 'b'\n[lib]\nname = 'bee'\n",
            ),
            ("c/Cargo.toml", "[package]\nname = 'c-d'\n"),
        ]);
        let packages = Packages::new(&all);
        let mut needed = packages.needed_by(1);
        needed.sort();
        let expected = [
            ("bee".to_owned(), 2, NeedKind::Normal),
            ("c_d".to_owned(), 3, NeedKind::Development),
            ("other".to_owned(), 2, NeedKind::Build),
        ];
        assert_eq!(needed, expected);
    }

    #[test]
    fn a_name_that_the_workspace_gives_is_the_one_that_code_uses() {
        let all = manifests(&[
            (
                "Cargo.toml",
                "[workspace]\n[workspace.dependencies]\nc-c = { package = 'b', path = 'b' }\n",
            ),
            (
                "a/Cargo.toml",
                "[package]\nname = 'a'\n[dependencies]\nc-c.workspace = true\n",
            ),
            ("b/Cargo.toml", "[package]\nname = 'b'\n"),
        ]);
        let needed = Packages::new(&all).needed_by(1);
        assert_eq!(needed, [("c_c".to_owned(), 2, NeedKind::Normal)]);
    }

    #[test]
    fn a_member_can_have_default_features_beside_its_workspace_and_not_less() {
        for (workspace, member, expected) in [
            ("", "", true),
            ("", ", default-features = false", true),
            (", default-features = false", "", false),
            (
                ", default-features = false",
                ", default-features = false",
                false,
            ),
            (
                ", default-features = false",
                ", default-features = true",
                true,
            ),
        ] {
            let workspace = format!(
                "[workspace]\n[workspace.dependencies]\nx = {{ version = '1'{workspace} }}\n"
            );
            let member = format!(
                "[package]\nname = 'a'\n[dependencies]\nx = {{ workspace = true{member} }}\n"
            );
            let all = manifests(&[("Cargo.toml", &workspace), ("a/Cargo.toml", &member)]);
            let needs = Packages::new(&all).needs(1);
            assert_eq!(
                needs[0].has_default_features, expected,
                "{workspace}{member}"
            );
        }
    }

    #[test]
    fn a_file_belongs_to_the_nearest_package() {
        let all = manifests(&[
            ("Cargo.toml", "[package]\nname = 'top'\n[workspace]\n"),
            ("in/Cargo.toml", "[package]\nname = 'in'\n"),
        ]);
        let packages = Packages::new(&all);
        assert_eq!(packages.of_file("src/lib.rs"), Some(0));
        assert_eq!(packages.of_file("in/src/a/b.rs"), Some(1));
        let none = manifests(&[("Cargo.toml", "[workspace]\n")]);
        assert_eq!(Packages::new(&none).of_file("a.rs"), None);
    }

    #[test]
    fn requirements_and_features_are_those_of_the_package_and_of_its_workspace() {
        let all = manifests(&[
            (
                "Cargo.toml",
                "[workspace]\nmembers = ['a']\nexclude = ['x']\n\
                 [workspace.package]\nedition = '2021'\nrust-version = '1.70'\nversion = '0.3.0'\n\
                 [workspace.dependencies]\n\
                 http0 = { package = 'http', version = '0.2', default-features = false, features = ['a'] }\n",
            ),
            (
                "a/Cargo.toml",
                "[package]\nname = 'a'\nedition.workspace = true\nrust-version = { workspace = true }\n\
                 version.workspace = true\n[features]\nfull = ['dep:c']\n[dependencies]\n\
                 http0 = { workspace = true, features = ['b', 'a'], optional = true }\n\
                 b = '1.2'\nc = { git = 'https://example.org/c', optional = true }\n",
            ),
            ("b/Cargo.toml", "[package]\nname = 'b'\n"),
        ]);
        let packages = Packages::new(&all);
        let needs = packages.needs(1);
        let of = |key: &str| needs.iter().find(|need| need.key == key).unwrap();
        let http = of("http0");
        assert_eq!(
            (http.package.as_str(), http.requirement.as_deref()),
            ("http", Some("0.2"))
        );
        assert_eq!(http.features, ["a", "b"]);
        assert!(!http.has_default_features && http.is_optional && http.is_shared);
        assert_eq!(of("b").requirement.as_deref(), Some("1.2"));
        assert!(of("b").has_default_features && !of("b").is_optional);
        assert_eq!(
            (&of("c").requirement, of("c").git.as_deref()),
            (&None, Some("https://example.org/c"))
        );
        assert_eq!(packages.edition(1), Some("2021"));
        assert_eq!(packages.rust_version(1), Some("1.70"));
        assert_eq!(packages.version(1), Some("0.3.0"));
        assert_eq!(
            (packages.edition(2), packages.version(2)),
            (Some("2015"), None)
        );
        assert_eq!(all[1].features["full"], ["dep:c"]);
        assert_eq!(
            (&all[0].workspace.members[..], &all[0].workspace.exclude[..]),
            (&["a".to_owned()][..], &["x".to_owned()][..])
        );
    }
}
