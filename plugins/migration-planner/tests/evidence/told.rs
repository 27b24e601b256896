//! What an assessment says of files, of what changed and of what it cannot see.

use std::collections::BTreeSet;

use migration_planner::assess::assess;
use migration_planner::difference::Class;
use migration_planner::effort::effort;
use migration_planner::exposure::exposes;
use migration_planner::plan::{BlindKind, RiskLevel, Tier};
use migration_planner::risk::{RiskFacts, risk};
use migration_planner::world::World;

use super::make::{api, app, assessed, blocker, moving, paths, tiers, world};

#[test]
fn a_file_that_uses_what_is_gone_must_change_and_one_that_only_names_the_crate_may() {
    let world = world("pub struct Gone; pub struct Kept;", "pub struct Kept;");
    let files = [
        ("src/lib.rs", "mod a; mod b; mod c;"),
        ("src/a.rs", "use moved::Gone;"),
        ("src/b.rs", "use moved::Kept;"),
        ("src/c.rs", "use other::Kept;"),
    ];
    let found = assessed(&world, &files);
    assert_eq!(tiers(&found), ["Must src/a.rs", "May src/b.rs"]);
    assert!(!found.is_opaque);
    assert_eq!(found.places, 1);
    let mention = &found.files[1].uses[0];
    assert_eq!(
        (mention.class, mention.change.as_str()),
        (Class::Mention, "moved")
    );
}

#[test]
fn where_nothing_explains_what_breaks_every_mention_must_change() {
    let world = world("pub struct Kept;", "pub struct Kept;");
    let files = [("src/lib.rs", "mod a;"), ("src/a.rs", "use moved::Kept;")];
    let found = assessed(&world, &files);
    assert!(found.is_opaque);
    assert_eq!(tiers(&found), ["Must src/a.rs"]);
    assert_eq!(found.files[0].uses[0].class, Class::OpaqueRelease);
    let blind: Vec<BlindKind> = found.blind.iter().map(|blind| blind.kind).collect();
    assert_eq!(blind, [BlindKind::Behaviour]);
    let nothing = assessed(&world, &[("src/lib.rs", "fn f() {}")]);
    assert!(!nothing.is_opaque && nothing.files.is_empty());
}

#[test]
fn that_a_companion_is_named_is_no_reason_but_what_became_of_it_is() {
    let mut companion = moving(
        "other",
        "pub struct Gone; pub struct Kept;",
        "pub struct Kept;",
    );
    companion.is_named = false;
    let world = World::new(vec![
        moving("moved", "pub struct A;", "pub struct A;"),
        companion,
    ]);
    let files = [
        ("src/lib.rs", "mod a; mod b;"),
        ("src/a.rs", "use other::Kept;"),
        ("src/b.rs", "use other::Gone;"),
    ];
    assert_eq!(tiers(&assessed(&world, &files)), ["Must src/b.rs"]);
}

#[test]
fn who_uses_an_item_that_shows_a_type_of_the_crate_may_change() {
    let world = world("pub struct Gone; pub struct Kept;", "pub struct Kept;");
    let files = [
        ("src/lib.rs", "mod own; mod a; mod b; mod c;"),
        (
            "src/own.rs",
            "use moved::Gone;\npub struct Shows { gone: Gone }\npub struct Hides;\n\
             impl Hides { pub fn give(&self) -> Gone { loop {} } }\npub fn plain() {}",
        ),
        ("src/a.rs", "use crate::own::Shows;"),
        ("src/b.rs", "fn f(_: crate::own::Hides) {}"),
        ("src/c.rs", "use crate::own::plain;"),
    ];
    let found = assessed(&world, &files);
    assert_eq!(
        tiers(&found),
        ["May src/a.rs", "May src/b.rs", "Must src/own.rs"]
    );
    assert_eq!(found.files[0].uses[0].class, Class::Exposed);
    assert_eq!(found.files[0].uses[0].change, "moved::Gone");
}

#[test]
fn a_file_that_does_not_parse_may_change_where_it_has_the_name_of_the_crate() {
    let world = world("pub struct Gone;", "");
    let files = [
        ("src/lib.rs", "use moved::Gone;"),
        ("src/bin/a.rs", "use moved::Gone; fn {"),
        ("src/bin/b.rs", "use unmoved::Gone; fn {"),
    ];
    let found = assessed(&world, &files);
    assert_eq!(tiers(&found), ["May src/bin/a.rs", "Must src/lib.rs"]);
    let unparsed = found
        .blind
        .iter()
        .find(|blind| blind.kind == BlindKind::Unparsed);
    assert_eq!(unparsed.map(|blind| blind.count), Some(2));
    assert_eq!(found.unresolved, 2);
}

#[test]
fn every_use_cites_a_change_that_is_told_and_that_the_old_version_had() {
    let world = world(
        "pub struct S { pub gone_field: u8 } pub mod m { pub struct A; pub struct B; } pub fn f(a: u8) {} pub struct K;",
        "pub struct S {} pub mod n { pub struct A; pub struct B; } pub fn f(a: u8, b: u8) {} pub struct K;",
    );
    let text = "use moved::{S, f, K}; use moved::m::{A, B}; use other::X;
        fn g(s: S) { s.gone_field; unheard().gone_field; f(1); }";
    let tree = app(&[("src/lib.rs", text)]);
    let found = assess(&tree, &world, &[blocker("other", "moved")]);
    let told: BTreeSet<&str> = found
        .changes
        .iter()
        .map(|change| change.id.as_str())
        .collect();
    let cited: BTreeSet<&str> = found.files[0]
        .uses
        .iter()
        .map(|one| one.change.as_str())
        .collect();
    assert_eq!(cited, told);
    assert_eq!(
        cited,
        BTreeSet::from(["moved::S.gone_field", "moved::f", "moved::m", "moved::S"])
    );
    let module = found
        .changes
        .iter()
        .find(|change| change.id == "moved::m")
        .unwrap();
    assert_eq!((module.class, module.covers), (Class::Moved, 2));
    let exchange = found
        .changes
        .iter()
        .find(|change| change.class == Class::Exchange)
        .unwrap();
    assert_eq!(
        exchange.note.as_deref(),
        Some("other stays on the old moved")
    );
}

#[test]
fn weak_reasons_add_up_and_one_of_them_alone_is_not_enough() {
    let old = "pub fn f(a: u8) -> u8 { a }\npub fn g(a: u8) -> u8 { a }\npub struct Gone;";
    let new = "pub fn f(a: u8) -> i8 { 0 }\npub fn g(a: u8) -> i8 { 0 }";
    let world = world(old, new);
    let files = [
        ("src/lib.rs", "mod a; mod b; mod c;"),
        ("src/a.rs", "fn h() { moved::f(1); moved::f(2); }"),
        ("src/b.rs", "fn h() { moved::f(1); moved::g(2); }"),
        ("src/c.rs", "use moved::Gone;"),
    ];
    let found = assessed(&world, &files);
    assert_eq!(
        tiers(&found),
        ["May src/a.rs", "Must src/b.rs", "Must src/c.rs"]
    );
    let scores: Vec<f64> = found.files.iter().map(|file| file.score).collect();
    assert_eq!(scores, [0.45, 0.698, 0.9]);
    assert_eq!(found.files[0].tier, Tier::May);
}

#[test]
fn what_a_package_shows_of_another_is_found_in_its_public_api() {
    let text = "pub use http::Uri as Address;
        use http::{Status, header::{self, Name}};
        pub struct Client { pub status: Status, inner: http::Body }
        impl Client { pub fn get(&self) -> Result<http::Answer, ()> { loop {} } fn hidden(&self) -> http::Hidden { loop {} } }
        pub trait Layer { fn call(&self, name: &Name); }
        pub fn plain(a: u8) {}
        pub type Map = header::HeaderMap;
        mod private { pub fn f() -> http::Secret { loop {} } }";
    let client = api("client", "1.0.0", &["http", "other"], text);
    let world = migration_planner::api::World::new([client.clone()]);
    let shown = exposes(&paths(&client, &[]), &world, "http");
    let told: Vec<String> = shown
        .iter()
        .map(|one| format!("{} in {}", one.item, one.place))
        .collect();
    assert_eq!(
        told,
        [
            "http::Answer in client::Client::get",
            "http::Status in client::Client::status",
            "http::Uri in client::Address",
            "http::header::HeaderMap in client::Map",
            "http::header::Name in client::Layer::call",
        ]
    );
    assert_eq!(exposes(&paths(&client, &[]), &world, "other"), []);
    assert_eq!(exposes(&paths(&client, &[]), &world, "unheard"), []);
}

#[test]
fn a_package_whose_api_is_known_is_shown_all_the_same() {
    let http = api("http", "1.0.0", &[], "pub struct Status;");
    let client = api(
        "client",
        "1.0.0",
        &["http"],
        "pub use http::Status; pub fn f() -> http::Status { loop {} }",
    );
    let world = migration_planner::api::World::new([client.clone(), http.clone()]);
    let shown = exposes(&paths(&client, &[&http]), &world, "http");
    let told: Vec<&str> = shown.iter().map(|one| one.place.as_str()).collect();
    assert_eq!(told, ["client::Status", "client::f"]);
}

#[test]
fn risk_is_the_sum_of_reasons_that_have_names() {
    let level = |facts: &RiskFacts| risk(facts).level;
    let one = RiskFacts {
        features_gone: vec!["tokio/uds".to_owned()],
        ..RiskFacts::default()
    };
    assert_eq!(level(&one), RiskLevel::Low);
    let two = RiskFacts {
        packages_in_step: 4,
        ..one
    };
    assert_eq!(level(&two), RiskLevel::High);
    let reasons: Vec<u32> = risk(&two)
        .reasons
        .iter()
        .map(|reason| reason.weight)
        .collect();
    assert_eq!(reasons, [2, 1]);
    let few = RiskFacts {
        must_files: 20,
        packages_in_step: 3,
        unresolved: 1,
        places: 10,
        ..RiskFacts::default()
    };
    assert_eq!(risk(&few).reasons, []);
    let some = RiskFacts {
        unresolved: 2,
        ..few
    };
    assert_eq!(
        risk(&some).reasons[0].text,
        "2 of 10 places could not be resolved"
    );
}

#[test]
fn the_effort_is_an_interval_and_says_that_it_is_the_same_for_all() {
    let effort = effort();
    assert!(effort.lines.0 < effort.lines.1 && effort.files.0 < effort.files.1);
    assert!(
        effort
            .basis
            .contains("the same interval for every migration: nothing measured tells them apart")
    );
}
