//! `Cargo.toml`: a package, its targets, and what it needs.

use std::collections::BTreeMap;

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
    pub(super) fn completed(&self, shared: &Self) -> Self {
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
