//! What names, values and traits mean, so that a change of something else is no evidence.

use proptest::prelude::*;

use migration_planner::evidence::gather;
use migration_planner::world::World;

use super::make::{app, evidence, moving, told, tree, world};

const NOTHING: [&str; 0] = [];

/// A world in which `moved::Thing::old` is gone and `moved::Other::old` is there still.
fn one_method_less() -> World {
    world(
        "pub struct Thing; impl Thing { pub fn new() -> Self { Thing } pub fn old(&self) {} }
         pub struct Other; impl Other { pub fn new() -> Self { Other } pub fn old(&self) {} }
         pub fn pair() -> (Other, Thing) { loop {} }",
        "pub struct Thing; impl Thing { pub fn new() -> Self { Thing } }
         pub struct Other; impl Other { pub fn new() -> Self { Other } pub fn old(&self) {} }
         pub fn pair() -> (Other, Thing) { loop {} }",
    )
}

#[test]
fn a_reexport_of_the_workspace_is_followed() {
    let world = world("pub struct Gone;", "");
    let files = [
        (
            "src/lib.rs",
            "pub mod prelude { pub use moved::Gone; } mod user;",
        ),
        ("src/user.rs", "use crate::prelude::*;\nfn f(_: Gone) {}"),
    ];
    let found = gather(&app(&files), &world, &[]);
    assert_eq!(told(&found, "src/user.rs"), ["2 removed moved::Gone"]);
    let packages = [("", "moved = '1'"), ("second", "app = { path = '..' }")];
    let files = [
        files[0],
        ("second/src/lib.rs", "fn f() -> app::prelude::Gone {}"),
    ];
    let found = gather(&tree(&packages, &files), &world, &[]);
    assert_eq!(told(&found, "second/src/lib.rs"), ["1 removed moved::Gone"]);
}

#[test]
fn a_crate_that_is_needed_under_another_name_is_itself() {
    let world = world("pub struct Gone;", "");
    let needs = "m = { package = 'moved', version = '1' }";
    let tree = tree(&[("", needs)], &[("src/lib.rs", "use m::Gone;")]);
    let found = gather(&tree, &world, &[]);
    assert_eq!(told(&found, "src/lib.rs"), ["1 removed moved::Gone"]);
}

#[test]
fn a_local_name_hides_the_crate() {
    let world = world("pub struct Gone; pub fn gone() {}", "");
    let text = "mod moved { pub struct Gone; }\nfn f(_: moved::Gone) {}";
    assert_eq!(evidence(&world, text), NOTHING);
    let text = "fn gone() {}\nfn f() { gone(); }";
    assert_eq!(evidence(&world, text), NOTHING);
}

#[test]
fn a_glob_brings_only_what_the_api_has() {
    let world = world("pub struct Gone;", "");
    let text = "use moved::*;\nuse other::*;\nfn f(_: Gone, _: Unheard) {}";
    assert_eq!(evidence(&world, text), ["3 removed moved::Gone"]);
}

#[test]
fn a_known_receiver_of_another_type_is_no_evidence() {
    let text = "use moved::{Thing, Other};
        fn of_thing(thing: Thing) { thing.old(); }
        fn of_other(other: Other) { other.old(); }
        fn of_neither(text: String) { text.old(); }";
    assert_eq!(
        evidence(&one_method_less(), text),
        ["2 removed moved::Thing::old"]
    );
}

#[test]
fn where_a_value_comes_from_says_of_what_type_it_is() {
    let text = "use moved::Thing;
        struct Own { thing: Option<Thing>, things: Vec<Thing> }
        fn made() -> Result<Thing, ()> { Ok(Thing::new()) }
        impl Own {
            fn a(&self) { self.thing.as_ref().unwrap().old() }
            fn b(&self) { for thing in self.things.iter() { thing.old() } }
            fn c(&self) { self.things.iter().for_each(|thing| thing.old()) }
        }
        fn d() -> Result<(), ()> { let thing = made()?; thing.old(); Ok(()) }
        fn e() { let (other, thing) = moved::pair(); other.old(); thing.old() }
        fn f(own: Own) { if let Some(thing) = own.thing { thing.old() } }
        fn g() { std::sync::Arc::new(Thing::new()).old() }";
    let lines = [5, 6, 7, 9, 10, 11, 12];
    let expected = lines.map(|line| format!("{line} removed moved::Thing::old"));
    assert_eq!(evidence(&one_method_less(), text), expected);
}

#[test]
fn a_method_of_unknown_receivers_counts_by_how_many_types_have_changed_it() {
    let text = "use moved::Thing;\nfn f() { unheard().old(); }";
    let found = gather(&app(&[("src/lib.rs", text)]), &one_method_less(), &[]);
    let evidence = &found[0].evidence;
    assert_eq!(
        told(&found, "src/lib.rs"),
        ["2 unknown-receiver moved::Thing::old"]
    );
    // Half of the two types, of the probability of a removal, of that of a guess.
    assert!((evidence[0].confidence - 0.5 * 0.9 / 2.0).abs() < 1e-9);
    assert_eq!(found[0].unresolved, [2]);
    let text = "fn f() { unheard().old(); }";
    assert_eq!(super::make::evidence(&one_method_less(), text), NOTHING);
}

#[test]
fn a_trait_not_in_scope_is_no_evidence() {
    let old = "pub trait Draw { fn draw_all(&self); } pub struct Other;";
    let new = "pub trait Draw { fn draw_all(&self, times: u32); } pub struct Other;";
    let text = "use moved::Draw;\nfn f(x: impl Copy) { x.draw_all(); }";
    assert_eq!(
        evidence(&world(old, new), text),
        ["2 arity moved::Draw::draw_all"]
    );
    let text = "use moved::Draw as _;\nfn f(x: Vec<u8>) { x.draw_all(); }";
    assert_eq!(
        evidence(&world(old, new), text),
        ["2 arity moved::Draw::draw_all"]
    );
    let text = "use moved::Other;\nfn f(x: Vec<u8>) { x.draw_all(); }";
    assert_eq!(evidence(&world(old, new), text), NOTHING);
}

#[test]
fn traits_come_into_scope_by_globs_of_the_crate_and_of_the_tree() {
    let old = "pub mod prelude { pub trait Draw { fn draw_all(&self); } }";
    let new = "pub mod prelude { pub trait Draw {} }";
    let world = world(old, new);
    let files = [
        (
            "src/lib.rs",
            "mod common { pub use moved::prelude::Draw; }\nmod a; mod b;",
        ),
        (
            "src/a.rs",
            "use moved::prelude::*;\nfn f(x: Vec<u8>) { x.draw_all(); }",
        ),
        (
            "src/b.rs",
            "use crate::common::*;\nfn f(x: Vec<u8>) { x.draw_all(); }",
        ),
    ];
    let found = gather(&app(&files), &world, &[]);
    for file in ["src/a.rs", "src/b.rs"] {
        assert_eq!(
            told(&found, file),
            ["2 removed moved::prelude::Draw::draw_all"]
        );
    }
}

#[test]
fn what_a_facade_shows_is_found_under_the_name_of_the_facade() {
    let (core_old, core_new) = ("pub struct Gone; pub struct Kept;", "pub struct Kept;");
    let facade = |version: &str, core: &str| {
        let api = super::make::api(
            "facade",
            version,
            &["facade-core"],
            "pub use facade_core::*;",
        );
        let core = super::make::api("facade-core", version, &[], core);
        super::make::paths(&api, &[&core])
    };
    let world = World::new(vec![migration_planner::world::Move {
        old: facade("1.0.0", core_old),
        new: facade("2.0.0", core_new),
        is_named: true,
    }]);
    let tree = tree(
        &[("", "facade = '1'")],
        &[("src/lib.rs", "use facade::{Gone, Kept};")],
    );
    let found = gather(&tree, &world, &[]);
    assert_eq!(told(&found, "src/lib.rs"), ["1 removed facade::Gone"]);
}

#[test]
fn what_moved_is_edited_where_its_place_is_written_and_nowhere_else() {
    let world = world(
        "pub mod a { pub struct S; pub struct T; }",
        "pub mod a { pub struct T; } pub mod b { pub struct S; }",
    );
    let files = [
        (
            "src/lib.rs",
            "pub mod own; pub mod user; mod other; pub mod third; pub use moved;",
        ),
        ("src/own.rs", "pub use moved::a::S;\npub fn f(_: S) {}"),
        (
            "src/user.rs",
            "use crate::own::S;\nfn f(_: S, _: crate::own::S) {}",
        ),
        (
            "src/other.rs",
            "use moved::a;\nfn f(_: a::S) {}\nfn g(_: crate::moved::a::S) {}",
        ),
        ("src/third.rs", "use moved::a::*;\nfn f(_: S) {}"),
    ];
    let found = gather(&app(&files), &world, &[]);
    assert_eq!(told(&found, "src/own.rs"), ["1 moved moved::a::S"]);
    assert_eq!(told(&found, "src/user.rs"), NOTHING);
    let expected = ["2 moved moved::a::S", "3 moved moved::a::S"];
    assert_eq!(told(&found, "src/other.rs"), expected);
    assert_eq!(told(&found, "src/third.rs"), ["2 moved moved::a::S"]);
}

#[test]
fn of_two_crates_each_has_its_own_changes() {
    let world = World::new(vec![
        moving("moved", "pub struct A; pub struct B;", "pub struct B;"),
        moving("other", "pub struct A; pub struct B;", "pub struct A;"),
    ]);
    let text = "use moved::{A, B};\nuse other::{A as C, B as D};";
    let expected = ["1 removed moved::A", "2 removed other::B"];
    assert_eq!(evidence(&world, text), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn renaming_local_variables_changes_no_evidence(
        names in proptest::collection::hash_set("v[a-z]{1,8}", 3)
    ) {
        let names: Vec<&String> = names.iter().collect();
        let text = |a: &str, b: &str, c: &str| format!(
            "use moved::Thing;\n\
             fn f({a}: Thing) {{ {a}.old(); }}\n\
             fn g() {{ let {b} = Thing::new(); if let Some({c}) = Some({b}) {{ {c}.old() }} }}\n\
             fn h() {{ let ({a}, {b}) = moved::pair(); {b}.old(); let {c} = unheard(); {c}.old(); }}"
        );
        let world = one_method_less();
        prop_assert_eq!(
            evidence(&world, &text(names[0], names[1], names[2])),
            evidence(&world, &text("a", "b", "c"))
        );
    }

    #[test]
    fn adding_an_unrelated_file_changes_no_other_file(count in 1_usize..5, name in "z[a-z]{1,6}") {
        let world = one_method_less();
        let text = "use moved::Thing;\npub fn f(thing: Thing) { thing.old(); }";
        let mut files = vec![("src/lib.rs".to_owned(), text.to_owned())];
        let before = found_in(&world, &files);
        for number in 0..count {
            let text = format!("pub struct {name}{number}; fn f(x: {name}{number}) {{ x.new_thing(); }}");
            files.push((format!("src/bin/{name}{number}.rs"), text));
        }
        prop_assert_eq!(&found_in(&world, &files), &before);
        files.reverse();
        prop_assert_eq!(found_in(&world, &files), before);
    }
}

fn found_in(world: &World, files: &[(String, String)]) -> Vec<String> {
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    told(&gather(&app(&files), world, &[]), "src/lib.rs")
}
