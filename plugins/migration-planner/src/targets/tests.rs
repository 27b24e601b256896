//! What users are told of the crates they name.

use guildhall_source::cargo::Manifest;

use super::*;
use crate::registry::tests::Written;

const MANIFEST: &str = "[package]\nname = 'app'\nversion = '0.1.0'\nrust-version = '1.60'\n\
    [dependencies]\nrand = { version = '0.8', features = ['small_rng', 'gone', 'os'] }\n\
    bar = '1'\nhttp0 = { package = 'http', version = '0.2' }\n";

const LOCK: &str = "version = 4\n\
    [[package]]\nname = 'app'\nversion = '0.1.0'\ndependencies = ['bar', 'rand 0.8.5', 'http']\n\
    [[package]]\nname = 'bar'\nversion = '1.2.0'\nsource = 'registry+u'\ndependencies = ['foo', 'rand 0.7.3']\n\
    [[package]]\nname = 'foo'\nversion = '3.0.0'\nsource = 'registry+u'\n\
    [[package]]\nname = 'http'\nversion = '0.2.9'\nsource = 'registry+u'\n\
    [[package]]\nname = 'rand'\nversion = '0.7.3'\nsource = 'registry+u'\n\
    [[package]]\nname = 'rand'\nversion = '0.8.5'\nsource = 'registry+u'\n";

fn index() -> Written {
    let rand = [
        "0.7.3",
        "0.8.4",
        "0.8.5",
        "0.8.7",
        "0.9.0",
        "0.9.1",
        "0.9.2!",
        "0.10.0!",
        "0.11.0-rc.1",
    ];
    rand.iter().fold(Written::default(), |index, version| {
        index.with(&format!("rand {version}"), &[])
    })
}

fn resolved_in(
    manifests: &[(&str, &str)],
    lock: Option<&str>,
    wanted: &str,
    index: &dyn Index,
) -> Result<Resolved, TargetError> {
    let read = |(name, text): &(&str, &str)| Manifest::read(name, text).unwrap();
    let manifests: Vec<Manifest> = manifests.iter().map(read).collect();
    let lock = lock.map(|text| Lock::read("Cargo.lock", text).unwrap());
    let tree = Tree {
        packages: &Packages::new(&manifests),
        lock: lock.as_ref(),
    };
    resolve(&tree, &wanted.parse().unwrap(), index)
}

fn resolved(wanted: &str) -> Result<Resolved, TargetError> {
    resolved_in(&[("Cargo.toml", MANIFEST)], Some(LOCK), wanted, &index())
}

fn moved(resolved: Result<Resolved, TargetError>) -> Move {
    match resolved.unwrap() {
        Resolved::Moves(moved) => moved,
        Resolved::Compatible(it) => panic!("{it}"),
    }
}

fn versions(moved: &Move) -> (String, String) {
    (moved.from.to_string(), moved.to.to_string())
}

fn refusal(wanted: &str) -> String {
    resolved(wanted).unwrap_err().to_string()
}

fn pair(from: &str, to: &str) -> (String, String) {
    (from.to_owned(), to.to_owned())
}

#[test]
fn a_move_is_from_what_the_lock_file_has_to_the_newest_that_was_not_yanked() {
    let moved = moved(resolved("rand@0.9"));
    assert_eq!(versions(&moved), pair("0.8.5", "0.9.1"));
    assert!(moved.is_certain && !moved.is_yanked && moved.notes.is_empty());
    assert_eq!(moved.origin, TargetSource::Registry);
}

#[test]
fn three_numbers_mean_exactly_that_version() {
    assert_eq!(
        versions(&moved(resolved("rand@0.9.0"))),
        pair("0.8.5", "0.9.0")
    );
    let candidate = moved(resolved("rand@0.11.0-rc.1"));
    assert_eq!(candidate.to.to_string(), "0.11.0-rc.1");
}

#[test]
fn a_yanked_version_is_planned_only_when_it_is_named_in_full() {
    let named = moved(resolved("rand@0.10.0"));
    assert!(named.is_yanked);
    assert_eq!(
        named.notes,
        ["0.10.0 of `rand` was yanked by its publisher"]
    );
    assert_eq!(
        refusal("rand@0.10"),
        "every version 0.10 of `rand` was yanked; to plan for one all the same, name it in full: 0.10.0"
    );
}

#[test]
fn a_version_that_does_not_exist_names_its_neighbours() {
    assert_eq!(
        refusal("rand@0.9.7"),
        "there is no version 0.9.7 of `rand`; the nearest are 0.8.7, 0.9.0, 0.9.1, 0.11.0-rc.1"
    );
    assert!(refusal("rand@1").ends_with("the nearest are 0.8.7, 0.9.0, 0.9.1, 0.11.0-rc.1"));
    assert!(refusal("rand@0.1").ends_with("the nearest are 0.7.3, 0.8.4, 0.8.5, 0.8.7"));
}

#[test]
fn a_version_of_the_same_family_is_no_migration() {
    let Resolved::Compatible(compatible) = resolved("rand@0.8.7").unwrap() else {
        panic!("it is compatible");
    };
    assert_eq!(
        compatible.to_string(),
        "0.8.5 -> 0.8.7 is compatible: `cargo update -p rand` is all"
    );
}

#[test]
fn what_is_not_newer_is_refused() {
    for wanted in ["rand@0.8.5", "rand@0.8.4", "rand@0.7.3"] {
        let error = refusal(wanted);
        assert!(error.starts_with("`rand` is at 0.8.5, and 0."), "{error}");
        assert!(error.contains("is not newer"), "{error}");
    }
}

#[test]
fn what_is_no_dependency_is_told_with_what_was_perhaps_meant() {
    assert_eq!(
        refusal("rnad@1"),
        "`rnad` is not a dependency of this workspace; did you mean `rand`?"
    );
    assert_eq!(
        refusal("tokio@1"),
        "`tokio` is not a dependency of this workspace; name one that stands in a Cargo.toml"
    );
}

#[test]
fn what_comes_through_another_names_that_one() {
    assert_eq!(
        refusal("foo@4"),
        "`foo` is no direct dependency; it comes through `bar 1.2.0`, so migrate `bar`"
    );
}

#[test]
fn a_dependency_under_another_name_is_found_by_its_package() {
    let index = Written::default()
        .with("http 0.2.9", &[])
        .with("http 1.0.0", &[]);
    let found = resolved_in(&[("Cargo.toml", MANIFEST)], Some(LOCK), "http@1", &index);
    assert_eq!(versions(&moved(found)), pair("0.2.9", "1.0.0"));
}

#[test]
fn without_a_lock_file_the_lowest_version_is_taken_and_said() {
    let found = resolved_in(&[("Cargo.toml", MANIFEST)], None, "rand@0.9", &index());
    let moved = moved(found);
    assert_eq!(versions(&moved), pair("0.8.4", "0.9.1"));
    assert!(!moved.is_certain);
    assert_eq!(
        moved.notes,
        [
            "there is no lock file, so the lowest version of `rand` that `0.8` takes is planned from: 0.8.4"
        ]
    );
}

#[test]
fn a_lock_file_that_does_not_fit_makes_the_move_uncertain() {
    let manifest = "[package]\nname = 'app'\n[dependencies]\nrand = '0.8.6'\n";
    let found = resolved_in(
        &[("Cargo.toml", manifest)],
        Some(LOCK),
        "rand@0.9",
        &index(),
    );
    let moved = moved(found);
    assert_eq!(versions(&moved), pair("0.8.7", "0.9.1"));
    assert!(
        !moved.is_certain && moved.notes[0].starts_with("the lock file has no version that fits")
    );
}

#[test]
fn offline_only_a_full_version_will_do() {
    let nothing = Written::default();
    let of = |wanted| resolved_in(&[("Cargo.toml", MANIFEST)], Some(LOCK), wanted, &nothing);
    let error = of("rand@0.9").unwrap_err();
    assert_eq!(error.code(), ErrorCode::Unavailable);
    assert!(error.to_string().contains("cargo info rand"), "{error}");
    let exact = moved(of("rand@0.9.0"));
    assert!(!exact.is_certain);
    assert_eq!(versions(&exact), pair("0.8.5", "0.9.0"));
}

#[test]
fn of_several_versions_in_use_the_newest_that_breaks_moves() {
    let member = "[package]\nname = 'b'\n[dependencies]\nrand = '0.7'\n";
    let done = "[package]\nname = 'c'\n[dependencies]\nrand = '0.9'\n";
    let lock =
        format!("{LOCK}[[package]]\nname = 'rand'\nversion = '0.9.1'\nsource = 'registry+u'\n");
    let manifests = [
        ("Cargo.toml", MANIFEST),
        ("b/Cargo.toml", member),
        ("c/Cargo.toml", done),
    ];
    let moved = moved(resolved_in(&manifests, Some(&lock), "rand@0.9.1", &index()));
    assert_eq!(versions(&moved), pair("0.8.5", "0.9.1"));
    assert_eq!(
        moved.notes,
        ["the workspace also uses `rand` 0.7.3, 0.9.1; the plan is for what is at 0.8.5"]
    );
}

#[test]
fn a_dependency_by_path_has_the_version_of_its_manifest() {
    let manifest = "[package]\nname = 'app'\n[dependencies]\nrand = { path = 'rand' }\n";
    let own = "[package]\nname = 'rand'\nversion = '0.8.4'\n";
    let manifests = [("Cargo.toml", manifest), ("rand/Cargo.toml", own)];
    let moved = moved(resolved_in(&manifests, Some(LOCK), "rand@0.9", &index()));
    assert_eq!(
        (moved.from.to_string().as_str(), moved.origin),
        ("0.8.4", TargetSource::Path)
    );
}

#[test]
fn a_dependency_from_git_is_said_to_be_one() {
    let manifest =
        "[package]\nname = 'app'\n[dependencies]\nrand = { git = 'https://example.org/r' }\n";
    let lock =
        "[[package]]\nname = 'rand'\nversion = '0.8.9'\nsource = 'git+https://example.org/r#abc'\n";
    let moved = moved(resolved_in(
        &[("Cargo.toml", manifest)],
        Some(lock),
        "rand@0.9",
        &index(),
    ));
    assert_eq!(
        (moved.from.to_string().as_str(), moved.origin),
        ("0.8.9", TargetSource::Git)
    );
    let none = resolved_in(&[("Cargo.toml", manifest)], None, "rand@0.9", &index());
    assert_eq!(
        none.unwrap_err(),
        TargetError::NoVersionInUse {
            name: "rand".to_owned()
        }
    );
}

#[test]
fn a_hyphen_and_an_underscore_are_alike() {
    let manifest = "[package]\nname = 'app'\n[dependencies]\nrand_core = '0.6'\n";
    let index = Written::default()
        .with("rand_core 0.6.0", &[])
        .with("rand_core 0.9.0", &[]);
    let moved = moved(resolved_in(
        &[("Cargo.toml", manifest)],
        None,
        "rand-core@0.9",
        &index,
    ));
    assert_eq!(moved.name, "rand_core");
}

#[test]
fn features_that_are_asked_for_and_gone_are_in_the_scope() {
    let index = Written::default()
        .with("rand 0.8.5", &[])
        .with("rand 0.9.0", &[])
        .with_features("rand 0.8.5", &["small_rng", "gone", "os", "std"], None)
        .with_features("rand 0.9.0", &["small_rngs", "os", "thread"], Some("1.63"));
    let manifests = [Manifest::read("Cargo.toml", MANIFEST).unwrap()];
    let lock = Lock::read("Cargo.lock", LOCK).unwrap();
    let tree = Tree {
        packages: &Packages::new(&manifests),
        lock: Some(&lock),
    };
    let moved = moved(resolve(&tree, &"rand@0.9".parse().unwrap(), &index));
    let target = scope(&tree, &moved, &index);
    let fates: Vec<(&str, Option<&str>)> = target
        .features
        .iter()
        .map(|it| (it.name.as_str(), it.to.as_deref()))
        .collect();
    assert_eq!(fates, [("gone", None), ("small_rng", Some("small_rngs"))]);
    assert_eq!(target.rust_version.new.as_deref(), Some("1.63"));
    assert_eq!(target.rust_version.yours.as_deref(), Some("1.60"));
}
