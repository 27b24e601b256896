//! What is seen of a crate, and under which paths.

use migration_planner::api::{Meaning, World};

use crate::support::{files, krate, package, path, paths, shown};

#[test]
fn items_behind_cfg_macros_are_seen() {
    let text = "macro_rules! cfg_rt { ($($i:item)*) => { $($i)* } }
        cfg_rt! { pub fn spawn() {} pub mod rt { pub struct Handle; } }
        cfg_if::cfg_if! { if #[cfg(unix)] { pub fn unix() {} } else { pub fn other() {} } }";
    let expected = [
        "other function",
        "rt::Handle struct",
        "spawn function",
        "unix function",
    ];
    assert_eq!(shown(&paths(text)), expected);
}

#[test]
fn methods_behind_a_macro_within_an_impl_are_seen() {
    let text = "pub struct A; impl A { cfg_rt! { pub fn spawn(&self) {} } }";
    let paths = paths(text);
    let detail = paths.items(&path("A"))[0].type_detail().unwrap();
    assert!(detail.methods.contains_key("spawn"));
}

#[test]
fn a_glob_reexport_shows_what_it_embraces() {
    let text =
        "mod inner { pub fn f() {} pub(crate) fn hidden() {} pub mod deep { pub struct S; } }
        mod kinds { pub enum E { A, B(u8) } }
        pub use inner::*; pub use kinds::E::{self, *};";
    let expected = [
        "A variant",
        "B variant",
        "E enum",
        "deep::S struct",
        "f function",
    ];
    assert_eq!(shown(&paths(text)), expected);
}

#[test]
fn a_reexport_under_another_name_has_that_name_only() {
    let text = "mod a { pub struct A; pub struct B; } pub use a::{A as C, B as _};";
    assert_eq!(shown(&paths(text)), ["C struct"]);
}

#[test]
fn a_name_may_be_a_trait_and_a_derive() {
    let derive = "#[proc_macro_derive(Archive, attributes(archive))] pub fn d(_: T) -> T {}";
    let derive = files(package("derive", &[]), &[("src/lib.rs", derive)]);
    let text =
        "pub use derive::Archive; pub use traits::Archive; mod traits { pub trait Archive {} }";
    let both = files(package("c", &["derive"]), &[("src/lib.rs", text)]);
    let shown = shown(&both.paths(&World::new([derive])));
    assert_eq!(shown, ["Archive macro, trait"]);
}

#[test]
fn a_facade_shows_the_items_of_the_crate_behind_it() {
    let core = files(
        package("core-c", &[]),
        &[("src/lib.rs", "pub struct A; pub mod m { pub fn f() {} }")],
    );
    let text = "pub use core_c::*; pub use core_c::m as other; pub use gone::B; pub mod all { pub use gone::*; }";
    let facade = files(package("c", &["core-c", "gone"]), &[("src/lib.rs", text)]);
    let paths = facade.paths(&World::new([core]));
    assert_eq!(
        shown(&paths),
        ["A struct", "m::f function", "other::f function"]
    );
    assert!(paths.has(&path("B")) && paths.items(&path("B")).is_empty());
    assert!(paths.may_have(&path("all::Anything")));
    let behind = files(
        package("c", &["facade"]),
        &[("src/lib.rs", "pub use facade::all::One;")],
    );
    let text = "pub mod all { pub use gone::*; }";
    let between = files(package("facade", &["gone"]), &[("src/lib.rs", text)]);
    let behind = behind.paths(&World::new([between]));
    assert!(behind.external.contains_key(&path("One")));
    assert!(!paths.may_have(&path("Anything")));
    let needed: Vec<&str> = facade
        .shown()
        .iter()
        .map(|on| on.package.as_str())
        .collect();
    assert_eq!(needed, ["core-c", "gone"]);
}

#[test]
fn methods_in_a_private_module_belong_to_their_public_type() {
    let text = "mod a { pub struct S; } mod b { use super::a::S; impl S { pub fn f(&self) {} fn g(&self) {} }
            impl Clone for crate::S { fn clone(&self) -> Self { S } } }
        mod other { pub struct S; impl S { pub fn not_this_one(&self) {} } }
        pub use a::S;";
    let paths = paths(text);
    let detail = paths.items(&path("S"))[0].type_detail().unwrap();
    let methods: Vec<&str> = detail.methods.keys().map(String::as_str).collect();
    assert_eq!(methods, ["clone", "f"]);
    assert!(detail.traits.contains_key("Clone"));
}

#[test]
fn an_impl_for_a_type_of_another_crate_is_nobodys() {
    let text = "pub struct Child; impl Kill for std::process::Child {} impl<T> Kill for T {} trait Kill {}";
    let paths = paths(text);
    let detail = paths.items(&path("Child"))[0].type_detail().unwrap();
    assert!(detail.traits.is_empty());
}

#[test]
fn modules_are_found_where_the_compiler_finds_them() {
    let lib = "pub mod a; pub mod b; #[path = \"else/where.rs\"] pub mod c;
        pub mod inline { pub mod d; #[path = \"../moved.rs\"] pub mod e; }
        #[cfg_attr(unix, path = \"unix.rs\")] #[cfg_attr(windows, path = \"windows.rs\")] pub mod sys;";
    let krate = files(
        package("c", &[]),
        &[
            ("src/lib.rs", lib),
            ("src/a.rs", "pub mod inner;"),
            ("src/a/inner.rs", "pub fn a() {}"),
            ("src/b/mod.rs", "pub mod inner;"),
            ("src/b/inner.rs", "pub fn b() {}"),
            ("src/else/where.rs", "pub mod beside;"),
            ("src/else/beside.rs", "pub fn c() {}"),
            ("src/inline/d.rs", "pub fn d() {}"),
            ("src/moved.rs", "pub fn e() {}"),
            ("src/unix.rs", "pub fn sys() {}"),
        ],
    );
    assert_eq!(krate.unread, []);
    let expected = [
        "a::inner::a function",
        "b::inner::b function",
        "c::beside::c function",
        "inline::d::d function",
        "inline::e::e function",
        "sys::sys function",
    ];
    assert_eq!(shown(&krate.paths(&World::default())), expected);
}

#[test]
fn what_is_for_tests_only_is_no_api() {
    let text = "#[cfg(test)] pub fn a() {} #[cfg(all(test, unix))] pub mod b { pub fn f() {} }
        #[cfg(any(test, feature = \"x\"))] pub fn c() {} pub struct S;
        impl S { #[cfg(test)] pub fn d() {} }";
    let paths = paths(text);
    assert_eq!(shown(&paths), ["S struct", "c function"]);
    assert!(
        paths.items(&path("S"))[0]
            .type_detail()
            .unwrap()
            .methods
            .is_empty()
    );
}

#[test]
fn a_macro_is_at_the_root_if_it_is_exported() {
    let text = "mod m { #[macro_export] macro_rules! a { () => {} } macro_rules! b { () => {} } }";
    assert_eq!(shown(&paths(text)), ["a macro"]);
}

#[test]
fn flags_have_their_constants() {
    let text = "bitflags! { #[derive(Clone)] pub struct Modes: u8 { const A = 1; const B = 2; } struct Inner: u8 {} }";
    let paths = paths(text);
    assert_eq!(shown(&paths), ["Modes struct"]);
    let detail = paths.items(&path("Modes"))[0].type_detail().unwrap();
    assert_eq!(detail.methods.keys().collect::<Vec<_>>(), ["A", "B"]);
}

#[test]
fn what_a_path_means_is_told_where_it_is_written() {
    let krate = krate("pub mod a { pub enum E { V } } pub mod b { use super::a::E; }");
    let world = World::new([krate.clone()]);
    let module = krate
        .modules
        .iter()
        .position(|module| module.path == ["b"])
        .unwrap();
    let module = migration_planner::api::ModuleIndex(u32::try_from(module).unwrap());
    let meanings = world.meaning(&krate, module, &path("E::V"));
    let [Meaning::Item(item)] = meanings.as_slice() else {
        panic!("{meanings:?}");
    };
    assert_eq!(item.variant().unwrap().name, "V");
    assert_eq!(krate.paths(&world).path_of(item), None);
    assert_eq!(world.meaning(&krate, module, &path("gone::X")), []);
}

#[test]
fn the_lowest_version_of_a_requirement_is_itself() {
    let of = |version: &str, text| {
        let mut package = package("n", &[]);
        package.version = version.parse().unwrap();
        files(package, &[("src/lib.rs", text)])
    };
    let world = World::new([
        of("0.10.0", "pub struct Later;"),
        of("0.9.0", "pub struct First;"),
    ]);
    let facade = |requirement: &str| {
        let mut package = package("c", &["n"]);
        package.dependencies.get_mut("n").unwrap().requirement = requirement.to_owned();
        let facade = files(package, &[("src/lib.rs", "pub use n::*;")]);
        shown(&facade.paths(&world))
    };
    assert_eq!(facade("0.9"), ["First struct"]);
    assert_eq!(facade(">=0.9.1"), ["Later struct"]);
    assert!(facade("0.8").is_empty());
}

#[test]
fn files_that_name_each_other_and_globs_in_a_ring_end() {
    let ring = files(
        package("c", &[]),
        &[(
            "src/lib.rs",
            "#[path = \"lib.rs\"] pub mod a; #[path = \"lib.rs\"] pub mod b;",
        )],
    );
    assert!(
        ring.unread
            .iter()
            .any(|unread| unread.reason.contains("too many places"))
    );
    let text = "pub mod a { pub use crate::b::*; pub fn f() {} } pub mod b { pub use crate::a::*; pub use crate::*; }
        pub use a::*;";
    let shown = shown(&paths(text));
    assert!(shown.contains(&"b::f function".to_owned()), "{shown:?}");
}

#[test]
fn arguments_that_nest_without_end_are_survived() {
    let deep = "!".repeat(200_000);
    let api = krate(&format!(
        "pub fn f() {{}} m! {{ pub const A: bool = {deep}true; }}"
    ));
    assert_eq!(api.items.len(), 1);
    assert!(api.opaque.contains("A"));
    let nested = format!("{}{}", "m!{".repeat(2_000), "}".repeat(2_000));
    assert!(krate(&nested).items.is_empty());
}
