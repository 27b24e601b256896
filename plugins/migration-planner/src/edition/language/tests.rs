//! What is found at a rule, and what looks like it and is not.

use guildhall_source::rust;
use proptest::prelude::*;

use super::*;

fn found(text: &str, from: Edition, to: Edition) -> Vec<(u32, &'static str)> {
    let outline = rust::outline(text, |_| {});
    let sites = rust::parse(text, &outline, |file| sites(file, from, to)).unwrap();
    sites
        .iter()
        .map(|site| (site.position.line, site.rule.id))
        .collect()
}

/// The ids that are found on the way from 2021 to 2024.
fn in_2024(text: &str) -> Vec<&'static str> {
    let found = found(text, Edition::E2021, Edition::E2024);
    found.into_iter().map(|(_, id)| id).collect()
}

fn in_2021(text: &str) -> Vec<&'static str> {
    let found = found(text, Edition::E2018, Edition::E2021);
    found.into_iter().map(|(_, id)| id).collect()
}

const NONE: [&str; 0] = [];

#[test]
fn attributes_of_linking_are_unsafe() {
    for text in [
        "#[no_mangle] pub extern \"C\" fn f() {}",
        "#[export_name = \"f\"] fn f() {}",
        "#[link_section = \".x\"] static X: u8 = 0;",
        "#[cfg_attr(unix, no_mangle)] fn f() {}",
    ] {
        assert_eq!(in_2024(text), ["2024/unsafe-attribute"], "{text}");
    }
    for text in [
        "#[unsafe(no_mangle)] fn f() {}",
        "#[cfg_attr(unix, unsafe(no_mangle))] fn f() {}",
        "#[doc = \"no_mangle\"] fn f() {}",
    ] {
        assert_eq!(in_2024(text), NONE, "{text}");
    }
}

#[test]
fn no_mangle_in_a_string_is_none() {
    assert_eq!(
        in_2024("const A: &str = \"#[no_mangle] extern {} env::set_var()\";"),
        NONE
    );
}

#[test]
fn blocks_of_foreign_items_are_unsafe() {
    assert_eq!(in_2024("extern \"C\" { fn f(); }"), ["2024/unsafe-extern"]);
    assert_eq!(in_2024("unsafe extern \"C\" { fn f(); }"), NONE);
    assert_eq!(in_2024("extern \"C\" fn f() {}"), NONE);
}

#[test]
fn setting_the_environment_is_unsafe_outside_of_an_unsafe_block() {
    for text in [
        "fn f() { std::env::set_var(\"A\", \"1\"); }",
        "use std::env; fn f() { env::remove_var(\"A\") }",
        "use std::env::{self, set_var}; fn f() { set_var(\"A\", \"1\") }",
        "use std::env::*; fn f() { set_var(\"A\", \"1\") }",
        "fn f() { assert!({ std::env::set_var(\"A\", \"1\"); true }); }",
        "unsafe fn g() { fn f() { std::env::set_var(\"A\", \"1\") } }",
        "fn f(c: &mut Command) { c.before_exec(|| Ok(())); }",
    ] {
        assert_eq!(in_2024(text), ["2024/unsafe-call"], "{text}");
    }
    for text in [
        "fn f() { unsafe { std::env::set_var(\"A\", \"1\") } }",
        "unsafe fn f() { std::env::set_var(\"A\", \"1\") }",
        "fn f() { set_var(1) }",
        "fn f() { my::env::set_var(1); self::env::set_var(2) }",
        "fn f() { std::env::var(\"A\"); }",
        "fn f() { assert!(unsafe { std::env::set_var(\"A\", \"1\"); true }); }",
    ] {
        assert_eq!(in_2024(text), NONE, "{text}");
    }
}

#[test]
fn gen_is_a_keyword_wherever_it_is_a_name() {
    for text in [
        "fn gen() {}",
        "fn f(r: R) { r.gen::<u8>(); }",
        "fn f(r: R) { assert!(r.gen()); }",
        "mod gen {}",
    ] {
        assert_eq!(in_2024(text), ["2024/keyword-gen"], "{text}");
    }
    for text in [
        "fn r#gen() {}",
        "fn gen_range() {}",
        "macro_rules! m { ($gen:ident) => { $gen } }",
    ] {
        assert_eq!(in_2024(text), NONE, "{text}");
    }
}

#[test]
fn references_to_a_mutable_static_are_found_and_raw_ones_not() {
    let of = |body: &str| {
        in_2024(&format!(
            "static mut A: [u8; 2] = [0; 2]; fn f() {{ unsafe {{ {body} }} }}"
        ))
    };
    for body in ["&A;", "g(&mut A);", "A.len();", "&A[0];"] {
        assert_eq!(of(body), ["2024/static-mut-reference"], "{body}");
    }
    for body in ["A[0] = 1;", "&raw const A;", "&B;"] {
        assert_eq!(of(body), NONE, "{body}");
    }
}

#[test]
fn matchers_matter_in_macros_for_others() {
    let of = |head: &str| {
        format!("{head} macro_rules! m {{ ($($a:expr),* ; $p:pat) => {{ $($a:expr)* }} }}")
    };
    assert_eq!(in_2024(&of("#[macro_export]")), ["2024/expression-matcher"]);
    assert_eq!(in_2024(&of("")), NONE);
    assert_eq!(in_2021(&of("#[macro_export]")), ["2021/pattern-matcher"]);
}

#[test]
fn a_message_that_is_no_format_is_found() {
    for text in [
        "fn f() { panic!(message) }",
        "fn f() { panic!(format!(\"{a}\")) }",
        "fn f() { panic!(\"{\") }",
        "fn f() { assert!(a, message) }",
        "fn f() { assert!(m.contains::<K, V>(k), message) }",
        "fn f() { assert!(a < b, message) }",
    ] {
        assert_eq!(in_2021(text), ["2021/panic-format"], "{text}");
    }
    for text in [
        "fn f() { panic!() }",
        "fn f() { panic!(\"a\") }",
        "fn f() { panic!(\"{}\", a) }",
        "fn f() { panic!(concat!(\"a\", \"b\")) }",
        "fn f() { assert!(a == b) }",
        "fn f() { assert!(m.contains::<K, V<A, B>>(k)) }",
        "fn f() { assert!(a < b, \"c\") }",
        "fn f() { assert!(a, \"b\",) }",
    ] {
        assert_eq!(in_2021(text), NONE, "{text}");
    }
}

#[test]
fn arrays_and_bare_traits_are_found() {
    assert_eq!(
        in_2021("fn f() { [1, 2].into_iter(); }"),
        ["2021/array-into-iter"]
    );
    assert_eq!(in_2021("fn f() { vec.into_iter(); }"), NONE);
    assert_eq!(
        in_2021("trait T {} fn f(a: &T, b: Box<T>) {}"),
        ["2021/bare-trait-object"; 2]
    );
    assert_eq!(
        in_2021("fn f(a: &(A + Send)) {}"),
        ["2021/bare-trait-object"]
    );
    assert_eq!(
        in_2021("trait T {} fn f(a: &dyn T, b: impl T) where A: T {}"),
        NONE
    );
}

#[test]
fn only_what_lies_between_the_two_editions_is_found() {
    let text = "fn f() { [1].into_iter(); }\n#[no_mangle] fn g() {}\n";
    let all = found(text, Edition::E2018, Edition::E2024);
    assert_eq!(
        all,
        [(1, "2021/array-into-iter"), (2, "2024/unsafe-attribute")]
    );
    assert_eq!(
        found(text, Edition::E2021, Edition::E2024),
        [(2, "2024/unsafe-attribute")]
    );
    assert_eq!(found(text, Edition::E2024, Edition::E2024), []);
    assert!(unseen(Edition::E2024, Edition::E2024).is_empty());
    assert!(
        unseen(Edition::E2015, Edition::E2024).len() > unseen(Edition::E2021, Edition::E2024).len()
    );
}

proptest! {
    #[test]
    fn any_macro_is_survived(words in "[a-z${}() :!,;\"]{0,60}") {
        let text = format!("m! {{ {words} }} fn f() {{ panic!({words}) }}");
        let outline = rust::outline(&text, |_| {});
        let _ = rust::parse(&text, &outline, |file| {
            sites(file, Edition::E2015, Edition::E2024).len()
        });
    }
}
