//! `Cargo.toml`: a package, its targets, and what it needs.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::{CargoFailure, below, folder_of};

/// What a manifest says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The file's name below the root.
    pub name: String,
    /// The package's name, where it is not only a workspace.
    pub package: Option<String>,
    /// Whether it begins a workspace.
    pub is_workspace: bool,
    /// Whether it says that nothing of it is published.
    pub is_private: bool,
    /// The package's version.
    pub version: Option<Stated>,
    /// The edition of the package; where none is stated cargo takes 2015.
    pub edition: Option<Stated>,
    /// The oldest compiler that the package promises.
    pub rust_version: Option<Stated>,
    /// The package's features, and what each of them switches on.
    pub features: BTreeMap<String, Vec<String>>,
    /// What the library is called, where it says so itself.
    pub library: Option<String>,
    /// Targets for which a file is named, below the root.
    pub targets: Vec<OwnTarget>,
    /// What the package needs.
    pub needs: Vec<Need>,
    /// What the members of the workspace may need in the same way, by key.
    pub shared: BTreeMap<String, Need>,
    /// What else it says as a workspace.
    pub workspace: Workspace,
}

/// A value of a package that the workspace may state for its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stated {
    /// The manifest has it.
    Here(String),
    /// The workspace has it.
    Shared,
}

/// What a workspace says beside what may be needed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    /// Folders of members as they are written, patterns included.
    pub members: Vec<String>,
    /// Folders that are none.
    pub exclude: Vec<String>,
    /// The version of members that leave it to the workspace.
    pub version: Option<String>,
    /// The edition of members that leave it to the workspace.
    pub edition: Option<String>,
    /// The oldest compiler of members that leave it to the workspace.
    pub rust_version: Option<String>,
}

/// A target whose file is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnTarget {
    /// The table: `lib`, `bin`, `test`, `bench` or `example`.
    pub table: String,
    /// What it is called, where that is said.
    pub name: Option<String>,
    /// Its file below the root.
    pub file: String,
}

/// A dependency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// The name under which the code knows it, with `-`.
    pub key: String,
    /// The package's name.
    pub package: String,
    /// Its folder below the root, where it is given by a path that does not lead out.
    pub path: Option<String>,
    /// Which versions it may have, as it is written; `None` where that is not said.
    pub requirement: Option<String>,
    /// Features that are asked for.
    pub features: Vec<String>,
    /// Whether the default features are wanted too. Where the workspace says the rest,
    /// whether they are wanted here whatever it says.
    pub has_default_features: bool,
    /// Whether it is needed with some features only.
    pub is_optional: bool,
    /// The repository that it comes from, where it is no registry.
    pub git: Option<String>,
    /// What it is needed for.
    pub kind: NeedKind,
    /// Whether the workspace says the rest.
    pub is_shared: bool,
}

/// What a dependency is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum NeedKind {
    /// The package itself.
    Normal,
    /// Its build script.
    Build,
    /// Its tests, examples and benchmarks.
    Development,
}

impl Manifest {
    /// Reads the text of the manifest `name`, which is its path below the root.
    ///
    /// # Errors
    /// Where the text is not TOML.
    pub fn read(name: &str, text: &str) -> Result<Self, CargoFailure> {
        let table: Table = toml::from_str(text).map_err(|error: toml::de::Error| {
            CargoFailure::new(name, "manifest", error.message())
        })?;
        let folder = folder_of(name);
        let inner = |outer: &str, name: &str| {
            let outer = table.get(outer)?.as_table()?;
            outer.get(name)
        };
        let text = |value: Option<&Value>| value?.as_str().map(str::to_owned);
        let shared = inner("workspace", "dependencies").and_then(Value::as_table);
        let shared = shared.into_iter().flatten().map(|(key, value)| {
            let need = need(folder, key, value, NeedKind::Normal);
            (key.clone(), need)
        });
        Ok(Self {
            name: name.to_owned(),
            package: text(inner("package", "name")),
            is_workspace: table.contains_key("workspace"),
            is_private: is_private(inner("package", "publish")),
            version: stated(inner("package", "version")),
            edition: stated(inner("package", "edition")),
            rust_version: stated(inner("package", "rust-version")),
            features: features(table.get("features")),
            library: text(inner("lib", "name")),
            targets: targets(folder, &table),
            needs: needs(folder, &table),
            shared: shared.collect(),
            workspace: workspace(table.get("workspace")),
        })
    }

    /// Its folder below the root; empty at the root.
    pub fn folder(&self) -> &str {
        folder_of(&self.name)
    }

    /// The name under which code knows its library.
    pub fn library_name(&self) -> Option<String> {
        let name = self.library.as_ref().or(self.package.as_ref())?;
        Some(name.replace('-', "_"))
    }
}

impl Need {
    /// This one with what the workspace says of it.
    fn completed(&self, shared: &Self) -> Self {
        let mut features = shared.features.clone();
        for feature in &self.features {
            if !features.contains(feature) {
                features.push(feature.clone());
            }
        }
        Self {
            key: self.key.clone(),
            kind: self.kind,
            is_optional: self.is_optional,
            is_shared: true,
            // A member can have them in addition, and cannot have them less.
            has_default_features: self.has_default_features || shared.has_default_features,
            features,
            ..shared.clone()
        }
    }
}

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

fn targets(folder: &str, table: &Table) -> Vec<OwnTarget> {
    let mut targets = Vec::new();
    for name in ["lib", "bin", "test", "bench", "example"] {
        let given: Vec<&Value> = match table.get(name) {
            Some(Value::Array(all)) => all.iter().collect(),
            Some(one) => vec![one],
            None => continue,
        };
        for target in given.into_iter().filter_map(Value::as_table) {
            let text = |key| target.get(key).and_then(Value::as_str);
            if let Some(file) = text("path").and_then(|path| below(folder, path)) {
                targets.push(OwnTarget {
                    table: name.to_owned(),
                    name: text("name").map(str::to_owned),
                    file,
                });
            }
        }
    }
    if let Some(file) = table
        .get("package")
        .and_then(|package| package.get("build"))
        .and_then(Value::as_str)
        .and_then(|path| below(folder, path))
    {
        targets.push(OwnTarget {
            table: "build".to_owned(),
            name: None,
            file,
        });
    }
    targets
}

/// What `publish` says: `false`, or a list of registries, which is empty for none. What a
/// workspace says for its members counts as nothing said.
fn is_private(publish: Option<&Value>) -> bool {
    match publish {
        Some(Value::Boolean(publish)) => !publish,
        Some(Value::Array(registries)) => registries.is_empty(),
        _ => false,
    }
}

/// Needs on all systems and on some.
fn needs(folder: &str, table: &Table) -> Vec<Need> {
    let on_some = table.get("target").and_then(Value::as_table);
    let on_some = on_some.into_iter().flatten();
    let tables = on_some.filter_map(|(_, table)| table.as_table());
    let mut all = Vec::new();
    for table in std::iter::once(table).chain(tables) {
        for (key, kind) in [
            ("dependencies", NeedKind::Normal),
            ("build-dependencies", NeedKind::Build),
            ("build_dependencies", NeedKind::Build),
            ("dev-dependencies", NeedKind::Development),
            ("dev_dependencies", NeedKind::Development),
        ] {
            let given = table.get(key).and_then(Value::as_table);
            let given = given.into_iter().flatten();
            all.extend(given.map(|(key, value)| need(folder, key, value, kind)));
        }
    }
    all
}

fn need(folder: &str, key: &str, value: &Value, kind: NeedKind) -> Need {
    let text = |name| value.get(name).and_then(Value::as_str);
    let flag = |name| value.get(name).and_then(Value::as_bool);
    let requirement = value.as_str().or_else(|| text("version"));
    let has_default = flag("default-features").or_else(|| flag("default_features"));
    let is_shared = flag("workspace") == Some(true);
    Need {
        key: key.to_owned(),
        package: text("package").unwrap_or(key).to_owned(),
        path: text("path").and_then(|path| below(folder, path)),
        requirement: requirement.map(str::to_owned),
        features: texts(value.get("features")),
        has_default_features: has_default.unwrap_or(!is_shared),
        is_optional: flag("optional").unwrap_or(false),
        git: text("git").map(str::to_owned),
        kind,
        is_shared,
    }
}

fn workspace(table: Option<&Value>) -> Workspace {
    let get = |key| table.and_then(|table| table.get(key));
    let of_members = |key| {
        let value = get("package").and_then(|package| package.get(key));
        value.and_then(Value::as_str).map(str::to_owned)
    };
    Workspace {
        members: texts(get("members")),
        exclude: texts(get("exclude")),
        version: of_members("version"),
        edition: of_members("edition"),
        rust_version: of_members("rust-version"),
    }
}

fn stated(value: Option<&Value>) -> Option<Stated> {
    match value? {
        Value::String(text) => Some(Stated::Here(text.clone())),
        value if value.get("workspace")?.as_bool()? => Some(Stated::Shared),
        _ => None,
    }
}

fn features(value: Option<&Value>) -> BTreeMap<String, Vec<String>> {
    let table = value.and_then(Value::as_table).into_iter().flatten();
    table
        .map(|(name, value)| (name.clone(), texts(Some(value))))
        .collect()
}

/// The texts of a list; what is none is passed over.
fn texts(value: Option<&Value>) -> Vec<String> {
    let all = value.and_then(Value::as_array).into_iter().flatten();
    all.filter_map(Value::as_str).map(str::to_owned).collect()
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

    #[test]
    fn what_is_not_toml_is_told_and_what_has_other_types_is_passed_over() {
        let failure = Manifest::read("a/Cargo.toml", "[package\n").unwrap_err();
        assert_eq!(failure.skipped().path, "a/Cargo.toml");
        assert!(
            failure
                .to_string()
                .starts_with("`a/Cargo.toml` is no manifest: ")
        );
        let odd = "package = 3\nlib = 'x'\nbin = [1]\ndependencies = { a = 7, b = { path = 3 } }\n";
        let manifest = Manifest::read("Cargo.toml", odd).unwrap();
        assert_eq!((manifest.package, manifest.needs.len()), (None, 2));
    }
}
