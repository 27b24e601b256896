//! What is said to have changed: each class where it holds, and just beside it.

use migration_planner::api::World;
use migration_planner::difference::{Class, Member, difference};

use crate::support::{changes, compared, files, package, path, told};

/// That `text` with `old` in the place of `@` changes so when `new` is there.
fn check(text: &str, old: &str, new: &str, expected: &[&str]) {
    let changes = changes(&text.replace('@', old), &text.replace('@', new));
    assert_eq!(changes, expected, "{text}: {old} -> {new}");
}

#[test]
fn what_is_gone_is_removed() {
    check("@ pub fn g() {}", "pub fn f() {}", "", &["c::f removed"]);
    check("@ pub fn g() {}", "fn f() {}", "", &[]);
    check(
        "pub struct S; impl S { @ }",
        "pub fn f(&self) {}",
        "",
        &["c::S::f removed"],
    );
    check("pub struct S; impl S { @ }", "fn f(&self) {}", "", &[]);
    check("pub enum E { A, @ }", "B", "", &["c::E::B removed"]);
    check(
        "pub struct S { pub a: u8, @ }",
        "pub b: u8",
        "b: u8",
        &["c::S.b removed-field"],
    );
}

#[test]
fn what_is_elsewhere_has_moved() {
    let at = |module: &str| {
        format!("pub mod {module} {{ pub struct S; }} pub mod x {{ pub fn y() {{}} }}")
    };
    assert_eq!(changes(&at("a"), &at("b")), ["c::a::S moved > c::b::S"]);
    // Another item of the same name, which was there before, is not where it went.
    let both = "pub mod a { pub struct S; } pub mod b { pub struct S; pub fn y() {} }";
    let one = "pub mod b { pub struct S; pub fn y() {} }";
    assert_eq!(changes(both, one), ["c::a::S removed"]);
    // The same item under a second path is.
    let both = "pub mod a { pub use crate::b::S; } pub mod b { pub struct S; }";
    assert_eq!(
        changes(both, "pub mod b { pub struct S; }"),
        ["c::a::S moved > c::b::S"]
    );
    // Another type that has the name is not it.
    let one = "pub mod a { pub struct Error; impl Error { pub fn kind(&self) {} pub fn code(&self) {} } }";
    let other = "pub mod b { pub struct Error; impl Error { pub fn reason(&self) {} } }";
    assert_eq!(changes(one, other), ["c::a::Error removed"]);
    // What is of another kind is not it.
    let other = "pub mod b { pub fn S() {} }";
    assert_eq!(
        changes("pub mod a { pub struct S; }", other),
        ["c::a::S removed"]
    );
}

#[test]
fn a_module_that_moved_is_one_change() {
    let at = |module: &str, more: &str| {
        format!(
            "pub mod {module} {{ pub struct A; pub fn b() {{}} pub mod c {{ pub trait D {{}} }} {more} }}"
        )
    };
    let (old, new) = (at("distributions", "pub struct Only;"), at("distr", ""));
    let difference = compared(&old, &new);
    let told = difference.changes();
    let [moved, removed] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!((moved.id.as_str(), moved.covers), ("c::distributions", 3));
    assert_eq!(moved.to.as_deref(), Some("c::distr"));
    assert_eq!(removed.id, "c::distributions::Only");
    let of_one = difference.of_path(&path("distributions::c::D"));
    assert_eq!(of_one[0].to.as_deref(), Some("c::distr::c::D"));
    assert_eq!(of_one[0].id, moved.id);
}

#[test]
fn a_new_name_for_the_same_is_a_rename() {
    check(
        "pub fn @(a: u8) -> u8 { a }",
        "decode_config",
        "decode_configs",
        &["c::decode_config renamed > c::decode_configs"],
    );
    check(
        "pub struct S; impl S { pub fn @(&self) -> u8 { 0 } }",
        "get_kind",
        "get_kinds",
        &["c::S::get_kind renamed > get_kinds"],
    );
    // Too unlike, or of another signature.
    check(
        "pub fn @() {}",
        "delay_for",
        "sleep",
        &["c::delay_for removed"],
    );
    let (old, new) = (
        "pub fn decode_config(a: u8) {}",
        "pub fn decode_configs(a: u16) {}",
    );
    assert_eq!(changes(old, new), ["c::decode_config removed"]);
    // In a module that moved as well.
    let old = "pub mod a { pub struct Standard; pub fn f() {} pub fn g() {} }";
    let new = "pub mod b { pub struct StandardUniform; pub fn f() {} pub fn g() {} }";
    let expected = [
        "c::a moved > c::b",
        "c::a::Standard renamed > c::b::StandardUniform",
    ];
    assert_eq!(changes(old, new), expected);
}

#[test]
fn a_deprecated_item_with_a_note_names_its_successor() {
    check(
        "@ pub fn gen() {} pub fn random() {}",
        "",
        "#[deprecated(note = \"Renamed to `random`\")]",
        &["c::gen deprecated > c::random"],
    );
    check(
        "@ pub fn gen() {} pub fn random() {}",
        "#[deprecated]",
        "#[deprecated(note = \"x\")]",
        &[],
    );
    check(
        "pub trait T { @ fn gen(&self) {} fn random(&self) {} }",
        "",
        "#[deprecated(note = \"use random() instead\")]",
        &["c::T::gen deprecated > random"],
    );
    // And once it is gone, what took its place.
    let old = "#[deprecated(note = \"use `sleep`\")] pub fn delay_for() {} pub fn sleep() {}";
    assert_eq!(
        changes(old, "pub fn sleep() {}"),
        ["c::delay_for renamed > c::sleep"]
    );
}

#[test]
fn what_became_something_else_is_of_another_kind() {
    let (function, makro) = (
        "pub fn f() {}",
        "#[macro_export] macro_rules! f { () => {} }",
    );
    assert_eq!(changes(function, makro), ["c::f kind"]);
    // A user writes the same for a struct and for an alias.
    let (structure, alias) = ("pub struct S<T>(T);", "pub type S<T> = Vec<T>;");
    assert_eq!(changes(structure, alias), Vec::<String>::new());
}

#[test]
fn signatures_are_compared_as_a_caller_sees_them() {
    let cases: [(&str, &str, &[&str]); 16] = [
        ("a: u8", "a: u8, b: u8", &["c::f arity"]),
        ("a: u8", "other: u8", &[]),
        ("a: u8", "a: u16", &["c::f parameter"]),
        ("a: std::io::Error", "a: crate::Error", &[]),
        ("a: &'static str", "a: &'static str", &[]),
        ("a: &str", "a: impl AsRef<str>", &["c::f widened-parameter"]),
        (
            "a: impl AsRef<str>",
            "a: impl Into<String>",
            &["c::f bound"],
        ),
        ("a: impl AsRef<str>", "a: &str", &["c::f parameter"]),
        ("a: Vec<u8>", "a: Vec<u16>", &["c::f parameter"]),
        ("a: &mut u8", "a: &u8", &["c::f parameter"]),
        (
            "a: Box<dyn Fn()>",
            "a: Box<dyn Fn() + Send>",
            &["c::f parameter"],
        ),
        ("a: Box<Fn()>", "a: Box<dyn Fn()>", &[]),
        ("a: [u8; 4]", "a: [u8; 8]", &["c::f parameter"]),
        ("a: (u8, u8)", "a: (u8, u8)", &[]),
        ("a: fn(u8)", "a: fn(u8) -> u8", &["c::f parameter"]),
        ("a: *const u8", "a: *mut u8", &["c::f parameter"]),
    ];
    for (old, new, expected) in cases {
        check("pub fn f(@) {}", old, new, expected);
    }
    check(
        "pub fn f() -> @ {}",
        "u8",
        "Result<u8, E>",
        &["c::f return-wrap"],
    );
    check(
        "pub fn f() -> @ {}",
        "Option<u8>",
        "Option<u16>",
        &["c::f return-soft"],
    );
    check(
        "pub fn f() -> @ {}",
        "Option<u8>",
        "Result<u8, E>",
        &["c::f return-wrap"],
    );
    check("pub @ fn f() {}", "", "async", &["c::f arity"]);
    check("pub @ fn f() {}", "", "unsafe", &["c::f arity"]);
    check("pub @ fn f() {}", "unsafe", "", &[]);
}

#[test]
fn a_renamed_parameter_is_no_change() {
    check("pub fn f<@: Clone>(a: @, b: Vec<@>) {}", "T", "Other", &[]);
    check("pub fn f@ {}", "<T: Clone>(a: T)", "(a: impl Clone)", &[]);
    check(
        "pub struct S<@>(@); impl<@> S<@> { pub fn f(self, a: @) -> S<@> { self } }",
        "T",
        "U",
        &[],
    );
    check("pub trait T<@> { fn f(&self, a: @); }", "A", "B", &[]);
    check(
        "pub fn f<'@>(a: &'@ str, b: Cow<'@, str>) {}",
        "a",
        "b",
        &[],
    );
}

#[test]
fn other_bounds_alone_are_no_other_types() {
    check(
        "pub fn f<T: @>(a: T, b: Vec<T>) -> Option<T> {}",
        "Send",
        "Send + Sync",
        &["c::f bound", "c::f bound", "c::f bound"],
    );
}

#[test]
fn receivers_are_told_apart() {
    let cases: [(&str, &str, &[&str]); 7] = [
        ("&mut self", "&self", &["c::S::f unneeded-mut"]),
        ("&self", "&mut self", &["c::S::f receiver"]),
        ("self", "&self", &["c::S::f relaxed-receiver"]),
        ("self", "mut self", &[]),
        ("&self", "self: &Self", &[]),
        ("&mut self", "self: Pin<&mut Self>", &["c::S::f receiver"]),
        ("&self", "a: &S", &["c::S::f arity"]),
    ];
    for (old, new, expected) in cases {
        check(
            "pub struct S; impl S { pub fn f(@) {} }",
            old,
            new,
            expected,
        );
    }
}

#[test]
fn forms_under_other_conditions_are_compared_with_those_most_like_them() {
    let old = "#[cfg(unix)] pub fn f(a: u8) {} #[cfg(windows)] pub fn f(a: u8, b: u8) {}";
    assert_eq!(
        changes(old, "pub fn f(a: u8, b: u8) {}"),
        Vec::<String>::new()
    );
    assert_eq!(changes(old, "pub fn f() {}"), ["c::f arity"]);
    let one = "#[cfg(unix)] pub enum E { A(u8), B } #[cfg(windows)] pub enum E { A(u16) }";
    assert_eq!(changes(one, one), Vec::<String>::new());
    let other = "#[cfg(unix)] pub enum E { A(u8), B } #[cfg(windows)] pub enum E { A(u32) }";
    assert_eq!(changes(one, other), ["c::E::A field-type"]);
    // A method that is gone is more than two that take other types.
    let native = |of: &str| {
        format!(
            "mod native {{ pub struct S; impl S {{ pub fn f<T: {of}>(a: T) {{}} pub fn g<T: {of}>(a: T) {{}} }} }}"
        )
    };
    let wasm = "mod wasm { pub struct S; impl S { pub fn g<T: A>(a: T) {} } } pub use native::S; pub use wasm::S;";
    let told = changes(&(native("A") + wasm), &(native("B") + wasm));
    assert_eq!(told, ["c::S::f bound", "c::S::g bound"]);
    // Within an item as well.
    let text = "pub enum E { #[cfg(a)] A(u8), #[cfg(b)] A(u16) }
        pub struct S { #[cfg(a)] pub f: u8, #[cfg(b)] pub f: u16 }
        pub trait T { #[cfg(a)] fn f(&self); #[cfg(b)] fn f(&mut self); }";
    assert_eq!(changes(text, text), Vec::<String>::new());
    let other = text.replace("u8", "u32");
    let expected = ["c::E::A field-type", "c::S.f field-type"];
    assert_eq!(changes(text, &other), expected);
}

#[test]
fn fields_and_literals_are_compared_where_users_write_them() {
    check(
        "pub struct S { pub a: @ }",
        "u8",
        "u16",
        &["c::S.a field-type"],
    );
    check("pub struct S { a: @ }", "u8", "u16", &[]);
    check(
        "pub struct S { pub a: u8 @ }",
        "",
        ", pub b: u8",
        &["c::S { .. } literal"],
    );
    // It could not be written as a literal before either.
    check(
        "pub struct S { pub a: u8, x: u8 @ }",
        "",
        ", pub b: u8",
        &[],
    );
    check(
        "#[non_exhaustive] pub struct S { pub a: u8 @ }",
        "",
        ", pub b: u8",
        &[],
    );
    check(
        "@ pub struct S { pub a: u8 }",
        "",
        "#[non_exhaustive]",
        &["c::S { .. } literal"],
    );
}

#[test]
fn variants_and_matches_are_compared() {
    check("pub enum E { A @ }", "", ", B", &["match c::E match"]);
    check("#[non_exhaustive] pub enum E { A @ }", "", ", B", &[]);
    check(
        "@ pub enum E { A }",
        "",
        "#[non_exhaustive]",
        &["match c::E match"],
    );
    check(
        "@ pub enum E { A }",
        "#[cfg_attr(x, non_exhaustive)]",
        "#[non_exhaustive]",
        &[],
    );
    check(
        "pub enum E { A @ }",
        "(u8)",
        "{ a: u8 }",
        &["c::E::A variant"],
    );
    check(
        "pub enum E { A @ }",
        "(u8)",
        "(u8, u8)",
        &["c::E::A variant"],
    );
    check(
        "pub enum E { A @ }",
        "(u8)",
        "(u16)",
        &["c::E::A field-type"],
    );
}

#[test]
fn parameters_of_types_are_counted() {
    check("pub struct S<@>(T);", "T", "T, U", &["c::S<_> generics"]);
    check("pub struct S<@>(T);", "T", "T, U = u8", &[]);
    check("pub struct S<@>(T);", "T", "'a, T", &["c::S<'_> lifetimes"]);
    check("pub struct S<@>(T);", "T", "T: Send", &[]);
    // A parameter before the others changes no method.
    let text = "pub struct S<@>(T); impl<@> S<@> { pub fn f(self, a: T) -> Vec<T> {} }";
    check(text, "T", "E, T", &["c::S<_> generics"]);
}

#[test]
fn traits_are_compared_for_those_who_use_and_those_who_implement_them() {
    check(
        "pub trait T { @ }",
        "",
        "fn f(&self);",
        &["impl c::T required-item"],
    );
    check("pub trait T { @ }", "", "fn f(&self) {}", &[]);
    check(
        "pub trait T { fn f(&self, a: @); }",
        "u8",
        "u16",
        &["c::T::f parameter", "impl c::T::f parameter"],
    );
    check(
        "pub trait T { @ }",
        "fn f(&self) {}",
        "",
        &["c::T::f removed", "impl c::T::f removed"],
    );
    check("pub trait T @ {}", "", ": Clone", &["impl c::T bound"]);
    check("pub trait T @ {}", "", ": Send + 'static", &[]);
}

#[test]
fn a_trait_that_is_lost_is_told_with_its_methods() {
    let text = "pub struct S; pub trait T { fn f(&self); } @";
    let block = "impl T for S { fn f(&self) {} }";
    check(
        text,
        block,
        "",
        &["c::S::f lost-impl", "impl T for c::S lost-impl"],
    );
    check(
        text,
        block,
        "impl S { pub fn f(&self) {} }",
        &["impl T for c::S lost-impl"],
    );
    check(
        "#[derive(@)] pub struct S;",
        "Clone, Debug",
        "Debug",
        &["impl Clone for c::S lost-impl"],
    );
    check(
        text,
        "impl S { pub fn f(&self) {} }",
        block,
        &["c::S::f to-trait > T::f"],
    );
}

#[test]
fn helper_attributes_of_a_derive_that_are_gone_are_told() {
    let derive = "#[proc_macro_derive(D @)] pub fn d() {}";
    check(
        derive,
        ", attributes(a, b)",
        ", attributes(b)",
        &["c::D #[a] removed"],
    );
    check(derive, "", ", attributes(b)", &[]);
}

#[test]
fn opaque_names_are_never_called_removed() {
    let old =
        "pub fn f() {} pub struct S; impl S { pub fn g(&self) {} } pub trait T {} impl T for S {}";
    let new = "pub struct S; pub trait T {} generate! { f => 1, g, T for S }";
    assert_eq!(changes(old, new), Vec::<String>::new());
    let new = "pub struct S; pub trait T {} generate! { h => 1 }";
    assert_eq!(
        changes(old, new),
        [
            "c::S::g removed",
            "c::f removed",
            "impl T for c::S lost-impl"
        ]
    );
}

#[test]
fn a_crate_that_was_not_read_is_not_called_changed() {
    let of = |needs: &[&str], text: &str| {
        files(package("c", needs), &[("src/lib.rs", text)]).paths(&World::default())
    };
    let own = of(&[], "pub mod m { pub fn f() {} }");
    assert!(difference(&own, &of(&["m"], "pub mod m { pub use m::*; }")).is_empty());
    let shown = of(&["other"], "pub use other::A; pub use other::B;");
    assert_eq!(
        told(&difference(&shown, &of(&["other"], "pub use other::A;"))),
        ["c::B removed"]
    );
}

#[test]
fn what_is_of_a_third_crate_does_not_move_into_this_one() {
    let third = files(
        package("third", &[]),
        &[("src/lib.rs", "pub struct Token;")],
    );
    let of = |text: &str| {
        let own = files(package("c", &["third"]), &[("src/lib.rs", text)]);
        own.paths(&World::new([third.clone()]))
    };
    let old = of("pub mod a { pub use third::Token; } pub mod b { pub fn f() {} }");
    let own = of("pub mod b { pub struct Token; pub fn f() {} }");
    assert_eq!(told(&difference(&old, &own)), ["c::a::Token removed"]);
    let shown = of("pub mod b { pub use third::Token; pub fn f() {} }");
    let expected = ["c::a::Token moved > c::b::Token"];
    assert_eq!(told(&difference(&old, &shown)), expected);
}

#[test]
fn what_changed_is_asked_for_by_path_and_by_member() {
    let old = "pub fn f(a: u8) {} pub struct S { pub a: u8 } impl S { pub fn g(&mut self) {} }";
    let new = "pub fn f(a: u16) {} pub struct S { pub a: u16 } impl S { pub fn g(&self) {} }";
    let difference = compared(old, new);
    let f = difference.of_path(&path("f"));
    assert_eq!(
        (f[0].old.as_deref(), f[0].new.as_deref()),
        (Some("u8"), Some("u16"))
    );
    assert!(f[0].class.is_of_calls());
    let class = |member| difference.of_member(&path("S"), member)[0].class;
    assert_eq!(class(Member::Named("g")), Class::UnneededMut);
    assert_eq!(class(Member::Field("a")), Class::FieldType);
    assert!(
        difference
            .of_member(&path("S"), Member::Named("h"))
            .is_empty()
    );
    let mut names: Vec<&str> = difference.names().iter().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["a", "g"]);
    assert_eq!(difference.members_of(&path("S")).count(), 2);
}
