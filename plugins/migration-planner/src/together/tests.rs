//! Who moves along, and who holds what back.

use guildhall_source::cargo::{Manifest, Packages};
use proptest::prelude::*;

use super::*;
use crate::plan::TargetSource;
use crate::registry::tests::Written;

/// A project that uses http through a client, a middleware and a server.
const MANIFEST: &str = "[package]\nname = 'app'\n[dependencies]\nhttp = '0.2'\nclient = '0.11'\n\
    middleware = '0.2'\nserve-web = '4'\ninside = '1'\nranged = '1'\n";

const LOCK: &str = "version = 4\n\
    [[package]]\nname = 'app'\nversion = '0.1.0'\ndependencies = ['http', 'client', 'middleware', 'serve-web', 'inside', 'ranged']\n\
    [[package]]\nname = 'client'\nversion = '0.11.2'\nsource = 'registry+u'\ndependencies = ['http']\n\
    [[package]]\nname = 'http'\nversion = '0.2.9'\nsource = 'registry+u'\n\
    [[package]]\nname = 'inside'\nversion = '1.0.0'\nsource = 'registry+u'\ndependencies = ['http']\n\
    [[package]]\nname = 'middleware'\nversion = '0.2.0'\nsource = 'registry+u'\ndependencies = ['client']\n\
    [[package]]\nname = 'ranged'\nversion = '1.0.0'\nsource = 'registry+u'\ndependencies = ['http']\n\
    [[package]]\nname = 'serve-http'\nversion = '3.0.0'\nsource = 'registry+u'\ndependencies = ['http']\n\
    [[package]]\nname = 'serve-web'\nversion = '4.0.0'\nsource = 'registry+u'\ndependencies = ['serve-http']\n";

fn index() -> Written {
    Written::default()
        .with("http 0.2.9", &[])
        .with("http 1.1.0", &[])
        .with("client 0.11.2", &["http ^0.2"])
        .with("client 0.12.0!", &["http ^1"])
        .with("client 0.12.1-alpha", &["http ^1"])
        .with("client 0.12.1", &["http ^1"])
        .with("middleware 0.2.0", &["client ^0.11"])
        .with("middleware 0.3.0", &["client ^0.12"])
        .with("serve-web 4.0.0", &["serve-http ^3"])
        .with("serve-web 4.1.0", &["serve-http ^3"])
        .with("serve-http 3.0.0", &["http ^0.2"])
        .with("inside 1.0.0", &["http ^0.2"])
        .with("inside 2.0.0", &["http ^1"])
        .with("ranged 1.0.0", &["http >=0.2, <2"])
}

/// Who shows an item of whom.
fn shows(name: &str, _: &Version, of: &str) -> Option<Vec<Shown>> {
    let is_shown = matches!(
        (name, of),
        (
            "client" | "serve-http" | "ranged" | "http-tool" | "known",
            "http"
        ) | ("middleware", "client")
    );
    let shown = Shown {
        name: of.to_owned(),
        item: format!("{of}::Item"),
        place: format!("{name}::new"),
    };
    Some(is_shown.then_some(shown).into_iter().collect())
}

fn to_http_1() -> Move {
    Move {
        name: "http".to_owned(),
        from: Version::new(0, 2, 9),
        to: Version::new(1, 1, 0),
        is_yanked: false,
        origin: TargetSource::Registry,
        is_certain: true,
        notes: Vec::new(),
    }
}

fn found_in(manifest: &str, lock: Option<&str>, index: &Written, shows: &Shows<'_>) -> Together {
    let manifests = [Manifest::read("Cargo.toml", manifest).unwrap()];
    let lock = lock.map(|text| Lock::read("Cargo.lock", text).unwrap());
    let tree = Tree {
        packages: &Packages::new(&manifests),
        lock: lock.as_ref(),
    };
    together(&tree, &[to_http_1()], index, shows)
}

fn found(index: &Written) -> Together {
    found_in(MANIFEST, Some(LOCK), index, &shows)
}

fn companions(found: &Together) -> Vec<(&str, Option<&str>)> {
    let all = found.companions.iter();
    all.map(|it| (it.name.as_str(), it.to.as_deref())).collect()
}

fn blockers(found: &Together) -> Vec<(&str, &str)> {
    let all = found.blockers.iter();
    all.map(|it| (it.name.as_str(), it.holds.as_str()))
        .collect()
}

#[test]
fn what_shows_the_types_moves_along_to_its_first_version_that_takes_them() {
    let found = found(&index());
    assert!(companions(&found).contains(&("client", Some("0.12.1"))));
    let client = &found.companions[0];
    assert_eq!(
        (client.from.as_str(), client.found),
        ("0.11.2", Found::Index)
    );
    assert_eq!(
        client.because,
        [Shown {
            name: "http".to_owned(),
            item: "http::Item".to_owned(),
            place: "client::new".to_owned(),
        }]
    );
}

#[test]
fn a_companion_brings_those_that_show_its_own_types() {
    assert_eq!(
        companions(&found(&index())),
        [("client", Some("0.12.1")), ("middleware", Some("0.3.0"))]
    );
}

#[test]
fn what_uses_the_crate_only_within_may_stay() {
    let found = found(&index());
    assert!(companions(&found).iter().all(|(name, _)| *name != "inside"));
    assert!(blockers(&found).iter().all(|(name, _)| *name != "inside"));
}

#[test]
fn the_front_of_a_package_without_a_later_version_is_a_blocker() {
    let found = found(&index());
    assert_eq!(blockers(&found), [("serve-web", "http")]);
    let blocker = &found.blockers[0];
    assert_eq!(blocker.exposes, ["http::Item"]);
    assert_eq!(blocker.ways, [Way::TwoMajors, Way::Wait]);
}

#[test]
fn nothing_says_that_waiting_helps_where_nothing_newer_was_published() {
    let lock = LOCK.replace("'4.0.0'", "'4.1.0'");
    let found = found_in(MANIFEST, Some(&lock), &index(), &shows);
    assert_eq!(
        found.blockers[0].ways,
        [Way::TwoMajors, Way::Wait, Way::Replace]
    );
}

#[test]
fn a_front_whose_package_behind_has_moved_is_a_companion() {
    let index = index()
        .with("serve-http 4.0.0", &["http ^1"])
        .with("serve-web 5.0.0", &["serve-http ^4"]);
    let found = found(&index);
    assert!(companions(&found).contains(&("serve-web", Some("5.0.0"))));
    assert_eq!(blockers(&found), []);
}

#[test]
fn a_range_that_takes_both_versions_has_nothing_to_move() {
    let found = found(&index());
    assert!(companions(&found).iter().all(|(name, _)| *name != "ranged"));
    let narrow = Written::default()
        .with("http 0.2.9", &[])
        .with("ranged 1.0.0", &["http ^0.2"]);
    let found = found_in(MANIFEST, Some(LOCK), &narrow, &shows);
    assert!(
        blockers(&found).contains(&("ranged", "http")),
        "the control"
    );
}

#[test]
fn a_later_version_of_the_same_family_comes_by_an_update() {
    let index = Written::default()
        .with("http 0.2.9", &[])
        .with("http 1.1.0", &[])
        .with("client 0.11.2", &["http ^0.2"])
        .with("client 0.11.3", &["http ^1"]);
    let found = found(&index);
    assert!(found.companions.iter().all(|it| it.name != "client"));
    assert!(found.blockers.iter().all(|it| it.name != "client"));
}

#[test]
fn an_unfinished_version_is_taken_where_there_is_no_other() {
    let index = Written::default()
        .with("http 0.2.9", &[])
        .with("client 0.11.2", &["http ^0.2"])
        .with("client 0.12.0-alpha1", &["http ^1"]);
    let found = found(&index);
    assert!(companions(&found).contains(&("client", Some("0.12.0-alpha1"))));
}

#[test]
fn a_companion_without_an_index_has_no_version_and_makes_the_plan_partial() {
    let index = Written::default().with("http 1.1.0", &[]);
    let found = found(&index);
    assert!(companions(&found).contains(&("client", None)));
    assert_eq!(found.companions[0].found, Found::Unknown);
    assert!(found.unknown.contains(&"client".to_owned()));
}

#[test]
fn what_has_no_sources_is_unknown_and_neither_companion_nor_blocker() {
    let none = |name: &str, version: &Version, of: &str| match name {
        "client" => None,
        _ => shows(name, version, of),
    };
    let found = found_in(MANIFEST, Some(LOCK), &index(), &none);
    assert_eq!(found.unknown, ["client"]);
    assert!(found.companions.iter().all(|it| it.name != "client"));
}

#[test]
fn without_a_lock_file_only_relatives_and_what_is_known_are_asked_about() {
    struct Asked(Written, std::cell::RefCell<Vec<String>>);
    impl Index for Asked {
        fn known(&self, package: &str) -> Option<std::sync::Arc<[Release]>> {
            self.0.known(package).filter(|_| package != "stranger")
        }
        fn releases(&self, package: &str) -> Option<std::sync::Arc<[Release]>> {
            self.1.borrow_mut().push(package.to_owned());
            self.0.releases(package)
        }
    }
    let manifest =
        "[package]\nname = 'app'\n[dependencies]\nhttp-tool = '1'\nknown = '1'\nstranger = '1'\n";
    let index = Written::default()
        .with("http 0.2.9", &[])
        .with("http 1.1.0", &[]);
    let names = ["http-tool", "known", "stranger"];
    let index = names.iter().fold(index, |index, name| {
        let index = index.with(&format!("{name} 1.0.0"), &["http ^0.2"]);
        index.with(&format!("{name} 2.0.0"), &["http ^1"])
    });
    let asked = Asked(index, std::cell::RefCell::default());
    let manifests = [Manifest::read("Cargo.toml", manifest).unwrap()];
    let tree = Tree {
        packages: &Packages::new(&manifests),
        lock: None,
    };
    let found = together(&tree, &[to_http_1()], &asked, &shows);
    assert_eq!(
        companions(&found),
        [("http-tool", Some("2.0.0")), ("known", Some("2.0.0"))]
    );
    assert!(!asked.1.borrow().contains(&"stranger".to_owned()));
}

proptest! {
    #[test]
    fn the_order_of_a_lock_file_changes_nothing(seed in any::<u64>()) {
        let (head, packages) = LOCK.split_at(LOCK.find("[[").unwrap());
        let mut packages: Vec<&str> = packages.split_inclusive("\n[[").collect();
        let mut packages: Vec<String> = packages
            .drain(..)
            .map(|it| it.trim_end_matches("[[").trim_start_matches("[[").to_owned())
            .collect();
        let turn = usize::try_from(seed % packages.len() as u64).unwrap();
        packages.rotate_left(turn);
        if seed % 2 == 0 {
            packages.reverse();
        }
        let turned: String = packages.iter().map(|it| format!("[[{it}\n")).collect();
        let found = found_in(MANIFEST, Some(&format!("{head}{turned}")), &index(), &shows);
        prop_assert_eq!(found, self::found(&index()));
    }
}
