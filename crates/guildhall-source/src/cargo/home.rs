//! Packages that are not in the tree, where cargo keeps their sources and its index.
//!
//! All is read from folders; nothing is run and nothing fetched. That is for
//! [`Cargo`](super::Cargo), after which these look again.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Table;

use super::{NeedKind, below};

/// Bytes of a file of the index that are read: the longest of the public registry have ten.
const MOST_OF_INDEX: u64 = 64 << 20;

/// Bytes of a configuration or a manifest that are read.
const MOST_OF_TEXT: u64 = 1 << 20;

/// In a name with no more of them than so many, each hyphen may be the one or the other: for
/// one that is not there two to that power are looked for.
const MOST_HYPHENS: usize = 6;

/// The folder in which cargo keeps what it has downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CargoHome {
    folder: PathBuf,
}

/// The sources that a tree holds of packages of others, as its `.cargo/config.toml` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vendored {
    folders: Vec<PathBuf>,
    root: PathBuf,
}

/// A version of a package in the index of a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// The version.
    pub version: String,
    /// What it needs.
    pub needs: Vec<IndexNeed>,
    /// Its features, and what each of them switches on.
    pub features: BTreeMap<String, Vec<String>>,
    /// Whether it was withdrawn.
    pub is_yanked: bool,
    /// The oldest compiler that it promises.
    pub rust_version: Option<String>,
}

/// What a version of a package needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexNeed {
    /// The name under which its code knows it, with `-`.
    pub key: String,
    /// The package's name.
    pub package: String,
    /// Which versions it may have.
    pub requirement: String,
    /// What it is needed for.
    pub kind: NeedKind,
    /// Whether it is needed with some features only.
    pub is_optional: bool,
}

impl CargoHome {
    /// Where cargo keeps it by these variables: `CARGO_HOME`, or `.cargo` in `HOME`. `None`
    /// where neither is an absolute path.
    ///
    /// ```
    /// use guildhall_source::cargo::CargoHome;
    ///
    /// let home = CargoHome::locate(|name| (name == "HOME").then(|| "/home/ada".into()));
    /// assert_eq!(home.unwrap().folder(), "/home/ada/.cargo");
    /// assert!(CargoHome::locate(|_| None).is_none());
    /// ```
    pub fn locate(variable: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let own = variable("CARGO_HOME").map(PathBuf::from);
        let folder = own.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".cargo")))?;
        folder.is_absolute().then_some(Self { folder })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The unpacked sources of a version of a package, where they are there. In a name `-`
    /// and `_` count as one where it has no more than six of them; else all are taken for
    /// the same of the two, or as they are given.
    pub fn package(&self, name: &str, version: &str) -> Option<PathBuf> {
        let registries = folders_in(&self.folder.join("registry").join("src"));
        let names = spellings(name)?;
        let versioned = names.iter().map(|name| format!("{name}-{version}"));
        let versioned: Vec<String> = versioned.filter(|_| is_version(version)).collect();
        let folders = registries
            .iter()
            .flat_map(|registry| versioned.iter().map(|name| registry.join(name)));
        let mut whole = folders.filter(|folder| folder.join("Cargo.toml").is_file());
        whole.next()
    }

    /// The versions of a package that cargo has last seen in a registry's index, oldest
    /// publication first; `None` where it has not looked, or where its file is not
    /// understood, since the format is cargo's own. In names `-` and `_` count as one, as for
    /// [`CargoHome::package`].
    pub fn index(&self, name: &str) -> Option<Vec<IndexEntry>> {
        let registries = folders_in(&self.folder.join("registry").join("index"));
        let names = spellings(name)?;
        let files = registries.iter().flat_map(|registry| {
            let cache = registry.join(".cache");
            names.iter().map(move |name| cache.join(place_of(name)))
        });
        let found = files.filter_map(|file| entries(&read(&file, MOST_OF_INDEX)?));
        // Of several registries that know it, the one that knows most; the first of equals.
        found.reduce(|most, other| {
            if other.len() > most.len() {
                other
            } else {
                most
            }
        })
    }
}

impl Vendored {
    /// Those of the tree at `root`: folders within it that a `[source]` of its
    /// `.cargo/config.toml`, or `.cargo/config`, names as `directory`.
    pub fn of(root: &Path) -> Self {
        let configurations = ["config.toml", "config"].map(|name| root.join(".cargo").join(name));
        let text = configurations
            .iter()
            .find_map(|file| read(file, MOST_OF_TEXT));
        let text = text.and_then(|text| String::from_utf8(text).ok());
        let directories = directories(&text.unwrap_or_default());
        Self {
            folders: directories.iter().map(|below| root.join(below)).collect(),
            root: root.to_owned(),
        }
    }

    /// Whether a path below the tree's root is one of a vendored package: others wrote it.
    pub fn holds(&self, path: &Path) -> bool {
        self.folders.iter().any(|folder| path.starts_with(folder))
    }

    /// The sources of a version of a package, where the tree holds them. Links that lead out
    /// of the tree are not followed.
    pub fn package(&self, name: &str, version: &str) -> Option<PathBuf> {
        let root = self.root.canonicalize().ok()?;
        let names = spellings(name)?.into_iter();
        let names: Vec<String> = names
            .flat_map(|name| [format!("{name}-{version}"), name])
            .collect();
        let folders = self
            .folders
            .iter()
            .flat_map(|folder| names.iter().map(|name| folder.join(name)));
        let within = folders.filter_map(|folder| folder.canonicalize().ok());
        let mut within = within.filter(|folder| folder.starts_with(&root));
        within.find(|folder| is_package(folder, name, version))
    }
}

/// A version as cargo keeps it, of which only the fields that are of use are read.
#[derive(Deserialize)]
struct Written {
    vers: String,
    #[serde(default)]
    deps: Vec<WrittenNeed>,
    #[serde(default)]
    features: BTreeMap<String, Vec<String>>,
    /// Features with names that old versions of cargo would not have understood.
    #[serde(default)]
    features2: Option<BTreeMap<String, Vec<String>>>,
    #[serde(default)]
    yanked: bool,
    #[serde(default)]
    rust_version: Option<String>,
}

#[derive(Deserialize)]
struct WrittenNeed {
    name: String,
    req: String,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    package: Option<String>,
    #[serde(default)]
    optional: bool,
}

/// The versions in a file of the index: pieces of JSON between zero bytes, after a header
/// that is cargo's own.
fn entries(content: &[u8]) -> Option<Vec<IndexEntry>> {
    let pieces = content.split(|byte| *byte == 0);
    let json = pieces.filter(|piece| piece.starts_with(b"{"));
    let written = json.filter_map(|piece| serde_json::from_slice::<Written>(piece).ok());
    let all: Vec<IndexEntry> = written.map(IndexEntry::from).collect();
    (!all.is_empty()).then_some(all)
}

impl From<Written> for IndexEntry {
    fn from(written: Written) -> Self {
        let mut features = written.features;
        features.extend(written.features2.unwrap_or_default());
        Self {
            version: written.vers,
            needs: written.deps.into_iter().map(IndexNeed::from).collect(),
            features,
            is_yanked: written.yanked,
            rust_version: written.rust_version,
        }
    }
}

impl From<WrittenNeed> for IndexNeed {
    fn from(written: WrittenNeed) -> Self {
        Self {
            package: written.package.unwrap_or_else(|| written.name.clone()),
            key: written.name,
            requirement: written.req,
            kind: match written.kind.as_deref() {
                Some("dev") => NeedKind::Development,
                Some("build") => NeedKind::Build,
                _ => NeedKind::Normal,
            },
            is_optional: written.optional,
        }
    }
}

/// The folders that a configuration names for sources, below the folder of the tree; those
/// that lead out of it are left out.
fn directories(configuration: &str) -> Vec<String> {
    let table: Table = toml::from_str(configuration).unwrap_or_default();
    let sources = table.get("source").and_then(toml::Value::as_table);
    let named = sources.into_iter().flatten();
    let named = named.filter_map(|(_, source)| source.get("directory")?.as_str());
    named.filter_map(|path| below("", path)).collect()
}

/// Whether the manifest in a folder is that of this version of a package.
fn is_package(folder: &Path, name: &str, version: &str) -> bool {
    let text = read(&folder.join("Cargo.toml"), MOST_OF_TEXT);
    let text = text.and_then(|text| String::from_utf8(text).ok());
    let table: Option<Table> = text.and_then(|text| toml::from_str(&text).ok());
    let says = |key: &str| {
        let package = table.as_ref()?.get("package")?;
        package.get(key)?.as_str()
    };
    let same = |other: &str| other.replace('-', "_") == name.replace('-', "_");
    says("version") == Some(version) && says("name").is_some_and(same)
}

/// Where the index keeps a package.
fn place_of(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    match name.len() {
        0..=2 => format!("{}/{name}", name.len()),
        3 => format!("3/{}/{name}", &name[..1]),
        _ => format!("{}/{}/{name}", &name[..2], &name[2..4]),
    }
}

/// A package's name as it may be written, its own spelling first; `None` where it is none,
/// so that no name leads to another folder.
fn spellings(name: &str) -> Option<Vec<String>> {
    if !is_name(name) {
        return None;
    }
    let mut all = vec![
        name.to_owned(),
        name.replace('_', "-"),
        name.replace('-', "_"),
    ];
    let hyphens = name.bytes().filter(|byte| is_hyphen(*byte)).count();
    if hyphens <= MOST_HYPHENS {
        all.extend((0..1_u32 << hyphens).map(|underscores| spelled(name, underscores)));
    }
    let mut known = HashSet::new();
    all.retain(|name| known.insert(name.clone()));
    Some(all)
}

const fn is_hyphen(byte: u8) -> bool {
    byte == b'-' || byte == b'_'
}

/// A name with `_` for the hyphens whose bits are set, the first the lowest, and `-` for the
/// others.
fn spelled(name: &str, underscores: u32) -> String {
    let mut rest = underscores;
    let spell = |letter: char| match letter {
        '-' | '_' => {
            let hyphen = if rest & 1 == 1 { '_' } else { '-' };
            rest >>= 1;
            hyphen
        }
        letter => letter,
    };
    name.chars().map(spell).collect()
}

/// Whether this can be the name of a package.
pub(super) fn is_name(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    name.bytes().all(is_part)
        && name.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_')
}

/// Whether this can be a version.
pub(super) fn is_version(version: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-.+".contains(&byte);
    version.bytes().all(is_part) && version.starts_with(|first: char| first.is_ascii_digit())
}

/// The folders in a folder, by name.
fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut all: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    all.retain(|path| path.is_dir());
    all.sort();
    all
}

/// A file that is not longer than that.
fn read(file: &Path, most: u64) -> Option<Vec<u8>> {
    // What is no ordinary file could keep whoever opens it waiting.
    let is_file = fs::metadata(file).ok()?.is_file();
    let mut content = Vec::new();
    let opened = fs::File::open(file).ok().filter(|_| is_file)?;
    opened.take(most + 1).read_to_end(&mut content).ok()?;
    (content.len() as u64 <= most).then_some(content)
}
