//! Which sources are found, without a network: cargo's home is a folder of the test.

mod with_cargo;

use std::fs;
use std::time::Duration;

use guildhall_source::cargo::{Lock, Manifest, Packages};

use super::*;
use crate::api::Sources as _;
use crate::cache::ApiCache;

const LOCK: &str = "[[package]]\nname = 'far'\nversion = '1.0.0'\n\
    source = 'git+https://example.org/far?branch=main#0123456789abcdef'\n";

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn package(folder: &Path, name: &str, version: &str) {
    let text = format!("[package]\nname = '{name}'\nversion = '{version}'\n");
    write(&folder.join("Cargo.toml"), &text);
}

fn unpacked(home: &Path, name: &str, version: &str) -> PathBuf {
    let folder = home
        .join("registry/src/index.crates.io-1")
        .join(format!("{name}-{version}"));
    package(&folder, name, version);
    folder
}

/// An index as cargo keeps it.
fn index(home: &Path, place: &str, versions: &[(&str, bool)]) {
    let pieces = versions.iter().map(|(version, is_yanked)| {
        format!("{version}\0{{\"vers\": \"{version}\", \"deps\": [], \"yanked\": {is_yanked}}}\0")
    });
    let text = format!("\u{3}\u{2}\0etag\0{}", pieces.collect::<String>());
    let cache = home.join("registry/index/index.crates.io-1/.cache");
    write(&cache.join(place), &text);
}

/// Calls `look` with what is found for a project at `root/project` with cargo's home at
/// `root/home`.
fn with_sources<T>(root: &Path, look: impl FnOnce(&CrateSources<'_>) -> T) -> T {
    let project = root.join("project");
    fs::create_dir_all(&project).unwrap();
    let own = "[package]\nname = 'app'\n[dependencies]\nnear = { path = 'near' }\n";
    let near = "[package]\nname = 'near'\nversion = '0.3.0'\n";
    let manifests = [("Cargo.toml", own), ("near/Cargo.toml", near)];
    let manifests = manifests.map(|(name, text)| Manifest::read(name, text).unwrap());
    let lock = Lock::read("Cargo.lock", LOCK).unwrap();
    let packages = Packages::new(&manifests);
    let tree = Tree {
        packages: &packages,
        lock: Some(&lock),
    };
    let home = root.join("home");
    let home = CargoHome::locate(|name| (name == "CARGO_HOME").then(|| home.clone().into()));
    let watch = Watch::new(&|| false).within(Duration::from_secs(60));
    look(&CrateSources::new(&project, tree, home, None, watch))
}

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

#[test]
fn a_package_by_path_is_the_projects_own() {
    let root = tempfile::tempdir().unwrap();
    let found = with_sources(root.path(), |it| it.exactly("near", &version("0.3.0"))).unwrap();
    assert_eq!(found.source, TargetSource::Path);
    assert_eq!(found.folder, root.path().join("project/near"));
}

#[test]
fn a_package_from_git_is_where_cargo_has_checked_it_out() {
    let root = tempfile::tempdir().unwrap();
    let checkouts = root.path().join("home/git/checkouts/far-1a2b");
    package(&checkouts.join("fffffff/far"), "far", "1.0.0");
    package(&checkouts.join("0123456"), "workspace", "1.0.0");
    package(&checkouts.join("0123456/crates/far"), "far", "1.0.0");
    let found = with_sources(root.path(), |it| it.exactly("far", &version("1.0.0"))).unwrap();
    assert_eq!(found.source, TargetSource::Git);
    assert_eq!(found.folder, checkouts.join("0123456/crates/far"));
}

#[test]
fn sources_that_the_project_carries_come_before_those_of_the_registry() {
    let root = tempfile::tempdir().unwrap();
    let project = root.path().join("project");
    let unpacked = unpacked(&root.path().join("home"), "a", "1.0.0");
    let of = || with_sources(root.path(), |it| it.exactly("a", &version("1.0.0"))).unwrap();
    let found = of();
    assert_eq!(
        (found.source, found.folder),
        (TargetSource::Registry, unpacked)
    );
    write(
        &project.join(".cargo/config.toml"),
        "[source.crates-io]\nreplace-with = 'v'\n[source.v]\ndirectory = 'vendor'\n",
    );
    package(&project.join("vendor/a"), "a", "1.0.0");
    assert_eq!(of().source, TargetSource::Vendored);
}

#[test]
fn what_is_nowhere_says_which_command_helps() {
    let root = tempfile::tempdir().unwrap();
    let failure = with_sources(root.path(), |it| it.nearest("a", &version("1.0.0")));
    assert_eq!(
        failure.unwrap_err().to_string(),
        "there are no sources of `a` 1.0.0: nothing may be downloaded; \
         get them by `cargo info a@1.0.0` and plan again"
    );
}

#[test]
fn the_next_version_stands_in_for_one_without_sources_and_is_said() {
    let root = tempfile::tempdir().unwrap();
    let home = root.path().join("home");
    index(
        &home,
        "ab/cd/abcd",
        &[
            ("0.6.0", true),
            ("0.6.1", false),
            ("0.6.4", false),
            ("0.5.9", false),
            ("0.7.0", false),
        ],
    );
    for there in ["0.5.9", "0.7.0"] {
        unpacked(&home, "abcd", there);
    }
    let of = || with_sources(root.path(), |it| it.nearest("abcd", &version("0.6.0")));
    assert!(of().is_err(), "another family does not stand in");
    unpacked(&home, "abcd", "0.6.4");
    let found = of().unwrap();
    assert_eq!(found.version, version("0.6.4"));
    assert_eq!(
        found.note.as_deref(),
        Some("there are no sources of `abcd` 0.6.0; those of 0.6.4 were read instead")
    );
    unpacked(&home, "abcd", "0.6.0");
    assert_eq!(of().unwrap().note, None, "the control");
}

#[test]
fn an_index_that_is_not_understood_is_one_that_is_not_there() {
    let root = tempfile::tempdir().unwrap();
    let home = root.path().join("home");
    index(&home, "ab/cd/abcd", &[("1.0.0", false)]);
    let known = || with_sources(root.path(), |it| it.releases("abcd").map(|all| all.len()));
    assert_eq!(known(), Some(1));
    let file = home.join("registry/index/index.crates.io-1/.cache/ab/cd/abcd");
    fs::write(&file, "a format to come").unwrap();
    assert_eq!(known(), None);
}

#[test]
fn nothing_outside_of_a_package_is_read() {
    let root = tempfile::tempdir().unwrap();
    write(&root.path().join("secret.rs"), "pub fn secret() {}");
    write(&root.path().join("a/src/lib.rs"), "pub fn f() {}");
    std::os::unix::fs::symlink(root.path().join("secret.rs"), root.path().join("a/link.rs"))
        .unwrap();
    let folder = Folder::new(&root.path().join("a")).unwrap();
    assert_eq!(folder.text("src/lib.rs").as_deref(), Some("pub fn f() {}"));
    for outside in ["../secret.rs", "link.rs", "/etc/passwd", "src"] {
        assert_eq!(folder.text(outside), None, "{outside}");
    }
}

#[test]
fn a_side_has_the_packages_whose_items_are_shown() {
    let root = tempfile::tempdir().unwrap();
    let home = root.path().join("home");
    let front = unpacked(&home, "front", "1.0.0");
    write(
        &front.join("Cargo.toml"),
        "[package]\nname = 'front'\nversion = '1.0.0'\n[dependencies]\nbehind = '0.3'\ninside = '1'\n",
    );
    write(
        &front.join("src/lib.rs"),
        "pub use behind::Shown; use inside::Hidden;",
    );
    for name in ["behind", "inside"] {
        let folder = unpacked(&home, name, "0.3.0");
        write(&folder.join("src/lib.rs"), "pub struct Shown;");
    }
    let versions = |all: &[(&str, &str)]| {
        let all = all
            .iter()
            .map(|(name, text)| ((*name).to_owned(), version(text)));
        all.collect::<BTreeMap<_, _>>()
    };
    let cache = ApiCache::none();
    let (found, partial) = with_sources(root.path(), |it| {
        let found = it.side(&versions(&[("front", "1.0.0")]), &cache).unwrap();
        let partial = it.side(&versions(&[("front", "1.0.0"), ("gone", "2.0.0")]), &cache);
        (found, partial.unwrap())
    });
    let paths = found.apis["front"].paths(&found.world);
    assert!(
        paths.has(&["Shown".to_owned()]),
        "it is found in the package behind"
    );
    assert!(found.missing.is_empty() && found.notes.is_empty());
    assert_eq!((partial.missing.len(), partial.apis.len()), (1, 1));
}

#[test]
fn a_package_of_the_project_is_read_with_what_its_workspace_says() {
    let root = tempfile::tempdir().unwrap();
    let near = root.path().join("project/near");
    write(&near.join("src/lib.rs"), "pub fn near() {} pub mod deep;");
    write(&near.join("src/deep.rs"), "pub fn f() {}");
    let api = with_sources(root.path(), |it| {
        let found = it.exactly("near", &version("0.3.0")).unwrap();
        it.api_in(&found, &ApiCache::none()).unwrap()
    });
    let names: Vec<&str> = api.items.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names, ["near", "f"]);
}
