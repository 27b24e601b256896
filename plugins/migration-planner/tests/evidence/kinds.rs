//! Each kind of use: at what changed, and just beside it.

use migration_planner::evidence::{How, gather};

use super::make::{app, blocker, evidence, told, world};

const NOTHING: [&str; 0] = [];

#[test]
fn a_function_that_takes_other_parameters_is_evidence_only_where_it_is_called() {
    let world = world("pub fn f(a: u8) {}", "pub fn f(a: u8, b: u8) {}");
    let text = "use moved::f;\nfn g() { f(1); }";
    assert_eq!(evidence(&world, text), ["2 arity moved::f"]);
    assert_eq!(evidence(&world, "use moved::f;\npub use f as h;"), NOTHING);
}

#[test]
fn an_async_function_and_one_that_gives_a_future_are_awaited_alike() {
    let old = "pub async fn f() -> Result<u8, ()> { loop {} }";
    let text = "async fn g() { moved::f().await; }";
    let new = "pub fn f() -> impl Future<Output = Result<u8, ()>> + Send { async { loop {} } }";
    assert_eq!(evidence(&world(old, new), text), NOTHING);
    let new = "pub fn f() -> Result<u8, ()> { loop {} }";
    assert_eq!(evidence(&world(old, new), text), ["1 arity moved::f"]);
    let new = "pub fn f() -> impl Future<Output = u8> { async { loop {} } }";
    assert_eq!(evidence(&world(old, new), text), ["1 return-wrap moved::f"]);
}

#[test]
fn a_call_within_the_tokens_of_a_macro_is_a_call() {
    let world = world("pub fn f(a: u8) {}", "pub fn f(a: u8, b: u8) {}");
    let text = "fn g() { odd! { x => moved::f(1) ; y => } }";
    assert_eq!(evidence(&world, text), ["1 arity moved::f"]);
}

#[test]
fn a_module_that_is_gone_is_found_at_its_glob() {
    let world = world(
        "pub mod gone { pub struct A; }\npub mod kept { pub struct B; }",
        "pub mod kept { pub struct B; }",
    );
    let text = "use moved::gone::*;\nuse moved::kept::*;";
    assert_eq!(evidence(&world, text), ["1 removed moved::gone"]);
}

#[test]
fn variants_are_found_where_they_are_named_and_where_they_are_not_covered() {
    let old = "pub enum E { A, B } pub enum F { A }";
    let new = "pub enum E { A, B, C } pub enum F { A }";
    let text = "use moved::{E, F};
        fn a(e: E) { match e { E::A => {} E::B => {} } }
        fn b(e: E) { match e { E::A => {} _ => {} } }
        fn c(f: F) { match f { F::A => {} } }";
    assert_eq!(
        evidence(&world(old, new), text),
        ["2 match match moved::E", "2 match match moved::E"]
    );
    let text = "use moved::E::*;\nfn a(e: moved::E) { match e { A => {} B => {} } }";
    assert_eq!(evidence(&world(old, new), text).len(), 2);
    let gone = world("pub enum E { A, B(u8) }", "pub enum E { A }");
    let text = "fn a(e: moved::E) { if let moved::E::B(_) = e {} }";
    assert_eq!(evidence(&gone, text), ["1 removed moved::E::B"]);
}

#[test]
fn a_literal_without_the_new_field_is_found_and_one_with_the_rest_is_not() {
    let old = "#[derive(Default)] pub struct S { pub a: u8 }";
    let new = "#[derive(Default)] pub struct S { pub a: u8, pub b: u8 }";
    let text = "use moved::S;
        fn a() -> S { S { a: 1 } }
        fn b() -> S { S { a: 1, ..S::default() } }
        fn c(S { a, .. }: S) {}";
    assert_eq!(
        evidence(&world(old, new), text),
        ["2 literal moved::S { .. }"]
    );
}

#[test]
fn a_field_that_is_gone_is_found_wherever_it_is_taken() {
    let old = "pub struct S { pub gone_field: u8, pub kept: u8, inner: u8 }";
    let new = "pub struct S { pub kept: u8, inner: u8 }";
    let text = "use moved::S;
        fn a(s: &S) { s.gone_field; s.kept; }
        fn b(S { gone_field, .. }: &S) {}
        fn c() { unheard().gone_field; unheard().kept; }";
    assert_eq!(
        evidence(&world(old, new), text),
        [
            "2 removed-field moved::S.gone_field",
            "3 removed-field moved::S.gone_field",
            "4 unknown-field moved::S.gone_field",
        ]
    );
    let text = "use moved::S;\nstruct Own { gone_field: u8 }\nfn c() { unheard().gone_field; }";
    assert_eq!(evidence(&world(old, new), text), NOTHING);
}

#[test]
fn an_impl_is_found_where_the_trait_asks_for_more_or_for_something_else() {
    let old = "pub trait T { fn a(&self); fn b(&self); fn c(&self) {} }";
    let new = "pub trait T { fn a(&self); fn b(&self, x: u8); fn c(&self) {} fn d(&self); }";
    let text = "use moved::T;\nstruct S;\nimpl T for S {\nfn a(&self) {}\nfn b(&self) {}\n}";
    assert_eq!(
        evidence(&world(old, new), text),
        ["3 required-item impl moved::T", "5 arity impl moved::T::b"]
    );
    let text = "trait T {}\nstruct S;\nimpl T for S { fn b(&self) {} }";
    assert_eq!(evidence(&world(old, new), text), NOTHING);
}

#[test]
fn helper_attributes_that_are_gone_are_found() {
    let derive = |helpers: &str| {
        format!(
            "#[proc_macro_derive(Archive, attributes({helpers}))] pub fn archive(_: TokenStream) -> TokenStream {{}}"
        )
    };
    let world = world(&derive("archive, check"), &derive("archive"));
    let text = "use moved::Archive;\n#[derive(Archive)]\n#[archive(x)]\n#[check(y)]\nstruct S;";
    assert_eq!(
        evidence(&world, text),
        ["4 removed moved::Archive #[check]"]
    );
    let text = "#[derive(Other)]\n#[check(y)]\nstruct S;";
    assert_eq!(evidence(&world, text), NOTHING);
}

#[test]
fn written_lifetimes_are_found_and_elided_ones_not() {
    let world = world(
        "pub struct View<'a>(&'a u8);",
        "pub struct View<'a, 'b>(&'a u8, &'b u8);",
    );
    let text = "use moved::View;\nfn a<'x>(_: View<'x>) {}\nfn b(_: View) {}";
    assert_eq!(evidence(&world, text), ["2 lifetimes moved::View<'_>"]);
}

#[test]
fn type_parameters_are_evidence_where_the_type_is_written() {
    let world = world(
        "pub struct S; impl S { pub fn new() -> Self { S } }",
        "pub struct S<T>(T); impl<T> S<T> { pub fn new() -> Self { loop {} } }",
    );
    let text = "use moved::S;\nfn a(_: S) {}\nfn b() { S::new(); }";
    assert_eq!(evidence(&world, text), ["2 generics moved::S<_>"]);
}

#[test]
fn mut_is_needed_while_another_call_needs_it() {
    let old = "pub struct R; impl R { pub fn new() -> R { R } pub fn run(&mut self) {} pub fn feed(&mut self) {} }";
    let new = "pub struct R; impl R { pub fn new() -> R { R } pub fn run(&self) {} pub fn feed(&mut self) {} }";
    let world = world(old, new);
    let text = "use moved::R;
        fn a() { let mut r = R::new(); r.run(); }
        fn b() { let mut r = R::new(); r.run(); r.feed(); }
        fn c() { let mut r = R::new(); r.run(); other(&mut r); }
        fn d() { let r = R::new(); r.run(); }
        fn e(mut r: R) { r.run(); }";
    assert_eq!(
        evidence(&world, text),
        [
            "2 unneeded-mut moved::R::run",
            "6 unneeded-mut moved::R::run"
        ]
    );
    let found = gather(&app(&[("src/lib.rs", text)]), &world, &[]);
    assert!(
        found[0]
            .evidence
            .iter()
            .all(|one| one.how == How::Mutability)
    );
}

#[test]
fn a_conversion_is_asked_for_where_a_blocker_meets_the_new_types() {
    let world = world(
        "pub struct Status; pub fn f() {}",
        "pub struct Status; pub fn f() {}",
    );
    let files = [
        ("src/lib.rs", "mod a; mod b; mod c;"),
        ("src/a.rs", "use other::Answer;\nuse moved::Status;"),
        ("src/b.rs", "use moved::Status;"),
        ("src/c.rs", "use other::Answer;\nuse moved::f;"),
    ];
    let tree = app(&files);
    let found = gather(&tree, &world, &[blocker("other", "moved")]);
    assert_eq!(told(&found, "src/a.rs"), ["2 exchange moved::Status"]);
    // Nothing of it is met in one, and no value of it in the other.
    assert_eq!(told(&found, "src/b.rs"), NOTHING);
    assert_eq!(told(&found, "src/c.rs"), NOTHING);
    let found = gather(&tree, &world, &[]);
    assert_eq!(told(&found, "src/a.rs"), NOTHING);
    let found = gather(&tree, &world, &[blocker("other", "third")]);
    assert_eq!(told(&found, "src/a.rs"), NOTHING);
}
