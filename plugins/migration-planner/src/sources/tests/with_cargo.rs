//! What is asked of cargo, played by scripts: what it downloads, and what goes wrong with it.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

/// A cargo that does this; the version asked for is `$3`, and `$CARGO_HOME` its home.
fn cargo(root: &Path, script: &str) -> Cargo {
    let path = root.join("cargo");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    cargo_called(root, path.into())
}

fn cargo_called(root: &Path, program: OsString) -> Cargo {
    let home = root.join("home");
    let empty = root.join("empty");
    fs::create_dir_all(&empty).unwrap();
    let home = CargoHome::locate(|name| (name == "CARGO_HOME").then(|| home.clone().into()));
    let variables = std::env::vars_os().filter(|(name, _)| name == "PATH");
    Cargo::new(&program, home.unwrap(), &empty, variables, false).unwrap()
}

/// Calls `look` with what is found with this cargo, until `is_cancelled`.
fn with<T>(
    root: &Path,
    cargo: &Cargo,
    is_cancelled: &dyn Fn() -> bool,
    look: impl FnOnce(&CrateSources<'_>) -> T,
) -> T {
    let manifests = [Manifest::read("Cargo.toml", "[package]\nname = 'app'\n").unwrap()];
    let packages = Packages::new(&manifests);
    let tree = Tree {
        packages: &packages,
        lock: None,
    };
    let watch = Watch::new(is_cancelled).within(Duration::from_secs(120));
    look(&CrateSources::new(root, tree, None, Some(cargo), watch))
}

const UNPACKS: &str = "echo \"$@\" >> \"$CARGO_HOME/asked\"\n\
    case \"$3\" in\n\
    abcd@0.6.0) echo 'error: version 0.6.0 of abcd is yanked' >&2; exit 101;;\n\
    abcd@*) folder=\"$CARGO_HOME/registry/src/index.crates.io-1/abcd-${3#abcd@}\"\n\
      mkdir -p \"$folder\"; printf \"[package]\\nname = 'abcd'\\nversion = '${3#abcd@}'\\n\" > \"$folder/Cargo.toml\";;\n\
    esac";

fn asked(root: &Path) -> Vec<String> {
    let text = fs::read_to_string(root.join("home/asked")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn what_is_not_there_is_downloaded_once() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("home")).unwrap();
    let cargo = cargo(root.path(), UNPACKS);
    with(root.path(), &cargo, &|| false, |it| {
        for _ in 0..2 {
            let found = it.exactly("abcd", &version("0.6.1")).unwrap();
            assert!(found.folder.ends_with("abcd-0.6.1"));
        }
    });
    assert_eq!(asked(root.path()), ["info --quiet abcd@0.6.1"]);
}

#[test]
fn a_version_that_was_yanked_is_asked_for_once_and_the_next_one_downloaded() {
    let root = tempfile::tempdir().unwrap();
    let home = root.path().join("home");
    index(
        &home,
        "ab/cd/abcd",
        &[("0.6.0", true), ("0.6.1", true), ("0.6.2", false)],
    );
    let cargo = cargo(root.path(), UNPACKS);
    with(root.path(), &cargo, &|| false, |it| {
        let failure = it.exactly("abcd", &version("0.6.0")).unwrap_err();
        assert!(
            failure.to_string().contains("0.6.0 of abcd is yanked"),
            "{failure}"
        );
        let found = it.nearest("abcd", &version("0.6.0")).unwrap();
        assert_eq!(found.version, version("0.6.2"));
    });
    assert_eq!(
        asked(root.path()),
        ["info --quiet abcd@0.6.0", "info --quiet abcd@0.6.2"]
    );
}

#[test]
fn an_index_is_asked_for_once_and_what_was_known_does_where_cargo_fails() {
    let root = tempfile::tempdir().unwrap();
    let home = root.path().join("home");
    index(&home, "ab/cd/abcd", &[("1.0.0", false)]);
    let cargo = cargo(
        root.path(),
        "echo \"$@\" >> \"$CARGO_HOME/asked\"; exit 101",
    );
    with(root.path(), &cargo, &|| false, |it| {
        assert_eq!(it.known("abcd").unwrap().len(), 1);
        assert_eq!(asked(root.path()), [""; 0], "what is known asks nobody");
        for _ in 0..2 {
            assert_eq!(it.releases("abcd").unwrap().len(), 1);
        }
        assert_eq!(it.releases("efgh"), None);
    });
    assert_eq!(
        asked(root.path()),
        ["info --quiet abcd", "info --quiet efgh"]
    );
}

#[test]
fn a_cargo_that_is_not_there_leaves_the_sources_missing() {
    let root = tempfile::tempdir().unwrap();
    let cargo = cargo_called(root.path(), root.path().join("no-cargo").into());
    let failure = with(root.path(), &cargo, &|| false, |it| {
        it.exactly("abcd", &version("1.0.0")).unwrap_err()
    });
    assert!(
        matches!(failure, SourceFailure::Missing { .. }),
        "{failure}"
    );
}

#[test]
fn a_cargo_that_says_yes_and_unpacks_nothing_leaves_them_missing_too() {
    let root = tempfile::tempdir().unwrap();
    let cargo = cargo(root.path(), "echo '{\"half\": '");
    let failure = with(root.path(), &cargo, &|| false, |it| {
        it.exactly("abcd", &version("1.0.0")).unwrap_err()
    });
    assert!(
        failure.to_string().contains("cargo did not unpack them"),
        "{failure}"
    );
}

#[test]
fn a_cargo_that_hangs_is_ended_when_the_caller_wants_it() {
    let root = tempfile::tempdir().unwrap();
    let started = root.path().join("started");
    let cargo = cargo(
        root.path(),
        &format!("touch '{}'; exec sleep 600", started.display()),
    );
    let is_cancelled = || started.exists();
    let failure = with(root.path(), &cargo, &is_cancelled, |it| {
        it.nearest("abcd", &version("1.0.0")).unwrap_err()
    });
    assert_eq!(failure, SourceFailure::Cancelled);
}
