//! What is found of a tree: panics, lints, tests, modules, crates and their documentation,
//! and what looks like it and must not be found.

use guildhall_report::{Finding, Report, Severity};
use serde_json::{Value, json};

use crate::support::{Folder, place, skipped};

/// A tree of these files.
fn tree(files: &[(&str, &str)]) -> Folder {
    let folder = Folder::new();
    for (name, text) in files {
        folder.write(name, text);
    }
    folder
}

fn report(files: &[(&str, &str)], settings: Value) -> Report {
    tree(files).scan_with(settings).unwrap()
}

fn of<'a>(report: &'a Report, rule: &str) -> Vec<&'a Finding> {
    let findings = report.findings.iter();
    findings.filter(|finding| finding.rule == rule).collect()
}

/// Path, line and value of what a rule finds.
fn places(report: &Report, rule: &str) -> Vec<(String, u32, f64)> {
    let found = of(report, rule).into_iter().map(|finding| {
        let line = place(finding).start.map_or(0, |start| start.line);
        (
            place(finding).path.clone(),
            line,
            finding.value.unwrap_or(0.0),
        )
    });
    found.collect()
}

fn table<'a>(report: &'a Report, id: &str) -> &'a [Vec<Value>] {
    let table = report.tables.iter().find(|table| table.id == id);
    table.map_or(&[], |table| &table.rows)
}

const PACKAGE: (&str, &str) = ("Cargo.toml", "[package]\nname = 'shop'\n");

#[test]
fn panics_are_counted_outside_of_tests_and_only_where_they_could_be_errors() {
    let lib = "mod helper;\nfn f() {\n    a.unwrap();\n    b.expect(\"c\");\n    d.expect(&format!(\"e\"));\n    \
               panic!();\n    unreachable!();\n    todo!();\n}\n\
               fn fine() { parser.expect(TOKEN)?; lock.lock().unwrap(); write!(s, \"\").unwrap(); x.unwrap_or(1); }\n\
               #[cfg(test)]\nmod tests { fn g() { a.unwrap(); } }\n#[tokio::test]\nasync fn t() { a.unwrap(); }\n\
               #[cfg(not(test))]\nfn h() { a.unwrap(); }\n";
    let files = [
        PACKAGE,
        ("src/lib.rs", lib),
        (
            "src/helper.rs",
            "#![cfg(test)]\nfn f() { a.unwrap(); b.unwrap(); }",
        ),
        ("tests/all.rs", "fn f() { a.unwrap(); b.unwrap(); }"),
        ("examples/one.rs", "fn main() { a.unwrap(); b.unwrap(); }"),
        ("build.rs", "fn main() { a.unwrap(); b.unwrap(); }"),
    ];
    let low = report(&files, json!({"panic-density": {"threshold": 1}}));
    // Seven in a file that counts as one of 400 lines.
    assert_eq!(
        places(&low, "panic-density"),
        [("src/lib.rs".to_owned(), 3, 17.0)]
    );
    assert_eq!(
        of(&low, "panic-density")[0].evidence,
        [
            "2 unwrap",
            "2 expect",
            "1 panic!",
            "1 unreachable!",
            "1 todo! or unimplemented!"
        ]
    );
    assert_eq!(
        table(&low, "crate-panics")[0][..3],
        [json!("shop"), json!(7), json!(583.3)]
    );
    let at = report(&files, json!({"panic-density": {"threshold": 17}}));
    assert_eq!(places(&at, "panic-density"), []);
}

#[test]
fn lints_are_found_where_they_are_off_broadly_and_nobody_says_why() {
    let files = [
        PACKAGE,
        (
            "src/lib.rs",
            "#![allow(dead_code)]\nmod a; mod b; mod c; mod d; mod e; mod g;",
        ),
        ("src/a.rs", "#![allow(dead_code, reason = \"generated\")]"),
        (
            "src/b.rs",
            "// The importer comes with the next release.\n#![allow(dead_code)]\n#![allow(unused_must_use)]",
        ),
        (
            "src/c.rs",
            "#![allow(non_snake_case, clippy::needless_doctest_main)]",
        ),
        (
            "src/d.rs",
            "#[allow(dead_code)]\nfn f() {}\n#[allow(clippy::all)]\nfn g() {}\n#[allow(unused)]\nfn h() {}",
        ),
        (
            "src/e.rs",
            "#[cfg(test)]\nmod tests { #![allow(warnings)] }\n#[expect(unused)]\nfn f() {}",
        ),
        (
            "src/g.rs",
            "/// Documentation is no reason.\n#[allow(dead_code)]\nmod inner {}\n",
        ),
    ];
    let report = report(&files, json!({}));
    let found = of(&report, "lint-suppression");
    let said: Vec<_> = found
        .iter()
        .map(|finding| (finding.path().unwrap(), finding.severity))
        .collect();
    assert_eq!(
        said,
        [
            ("src/d.rs", Severity::Major),
            ("src/g.rs", Severity::Minor),
            ("src/lib.rs", Severity::Minor),
        ]
    );
    let rows = table(&report, "suppressed-lints");
    let dead = rows.iter().find(|row| row[0] == "dead_code").unwrap();
    // Times, files, for a file or module, by expect, with a reason.
    assert_eq!(
        dead[1..],
        [json!(5), json!(5), json!(4), json!(0), json!(2)]
    );
}

#[test]
fn tests_that_do_not_run_are_found_with_their_reason() {
    let text = "#[test]\n#[ignore]\nfn a() {}\n#[tokio::test]\n#[ignore = \"needs  a\\nserver\"]\nasync fn b() {}\n\
                #[test]\n#[cfg_attr(miri, ignore)]\nfn c() {}\n#[ignore]\nfn no_test() {}\n";
    let report = report(&[PACKAGE, ("tests/a.rs", text)], json!({}));
    let said: Vec<_> = of(&report, "ignored-test")
        .iter()
        .map(|finding| (finding.subject.as_deref().unwrap(), finding.severity))
        .collect();
    assert_eq!(said, [("a", Severity::Minor), ("b", Severity::Info)]);
    assert_eq!(
        of(&report, "ignored-test")[1].message,
        "this test does not run: needs a server"
    );
}

#[test]
fn deprecated_items_are_found_by_path_and_by_names_that_only_they_have() {
    let files = [
        PACKAGE,
        (
            "src/lib.rs",
            "mod old; mod user; mod other; pub use old::send_all;",
        ),
        (
            "src/old.rs",
            "#[deprecated]\npub fn send_all() { send_all() }\npub struct Queue;\nimpl Queue {\n\
             #[deprecated]\npub fn push_everything(&self) {}\n#[deprecated]\npub fn run_now(&self) {}\n\
             #[deprecated]\npub fn flush_to_disk(&self) {}\n}\n#[deprecated]\npub fn unused_here() {}\n",
        ),
        (
            "src/user.rs",
            "use crate::send_all;\nfn f(q: Q) {\n    q.push_everything();\n    q.run_now();\n    q.flush_to_disk();\n}\n\
             #[cfg(test)]\nmod tests { use crate::old::unused_here; }",
        ),
        (
            "src/other.rs",
            "struct File;\nimpl File { pub fn flush_to_disk(&self) {} }",
        ),
    ];
    let report = report(&files, json!({}));
    let said: Vec<_> = of(&report, "deprecated-use")
        .iter()
        .map(|finding| {
            let uses = finding.related.iter();
            let uses = uses.map(|at| (at.path.as_str(), at.start.unwrap().line));
            (
                finding.subject.as_deref().unwrap(),
                uses.collect::<Vec<_>>(),
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            ("send_all", vec![("src/user.rs", 1)]),
            ("Queue::push_everything", vec![("src/user.rs", 3)]),
        ]
    );
}

#[test]
fn a_child_that_uses_its_parent_makes_no_circle() {
    let calm = [
        (
            "src/lib.rs",
            "mod a; pub struct Error; pub fn f() { a::g() }",
        ),
        (
            "src/a.rs",
            "mod b; use super::Error; pub fn g() { b::h() } pub struct A;",
        ),
        (
            "src/a/b.rs",
            "use super::A; use crate::Error; pub fn h() {}",
        ),
    ];
    let settings = json!({"module-cycle": {"threshold": 1}});
    assert_eq!(
        of(&report(&calm, settings), "module-cycle"),
        [] as [&Finding; 0]
    );
}

#[test]
fn a_circle_is_reported_once_with_the_shortest_way_round_and_its_lines() {
    let files = [
        ("src/lib.rs", "mod a; mod b; mod c; mod d;"),
        ("src/a/mod.rs", "mod deep;"),
        ("src/a/deep.rs", "\nuse crate::b::B;\npub struct A;"),
        ("src/b.rs", "use crate::c::C;\npub struct B;"),
        (
            "src/c.rs",
            "use crate::a::deep::A;\nuse crate::b::B;\npub struct C;",
        ),
        (
            "src/d.rs",
            "use crate::a::deep::A;\n#[cfg(test)]\nmod tests { use crate::c::C; }",
        ),
    ];
    let report = report(&files, json!({"module-cycle": {"threshold": 2}}));
    let [finding] = of(&report, "module-cycle")[..] else {
        panic!("{:?}", report.findings);
    };
    assert_eq!(
        finding.message,
        "3 modules of `crate` depend on each other; the shortest circle is b -> c -> b"
    );
    assert_eq!(
        finding.evidence,
        [
            "b uses c: src/b.rs:1",
            "c uses b: src/c.rs:2",
            "the 3 modules: a, b, c"
        ]
    );
    let at = json!({"module-cycle": {"threshold": 3}});
    assert_eq!(
        of(&self::report(&files, at), "module-cycle"),
        [] as [&Finding; 0]
    );
}

#[test]
fn a_module_that_only_collects_is_no_god_module() {
    let users = "mod a { use crate::hub::X; } mod b { use crate::hub::X; }";
    let facade = format!(
        "{users} mod hub {{ pub use crate::c::X; pub use crate::d::Y; }} mod c {{ pub struct X; }} mod d {{ pub struct Y; }}"
    );
    let hub = format!(
        "{users} mod hub {{ use crate::c::Z; use crate::d::Y; pub struct X; }} mod c {{ pub struct Z; }} mod d {{ pub struct Y; }}"
    );
    let found = |text: &str| {
        let report = report(
            &[("src/lib.rs", text)],
            json!({"god-module": {"threshold": 1}}),
        );
        let found = of(&report, "god-module");
        found
            .iter()
            .map(|finding| finding.subject.clone().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&facade), [] as [String; 0]);
    assert_eq!(found(&hub), ["crate::hub"]);
}

#[test]
fn an_enumeration_is_found_with_all_places_that_tell_half_of_it_apart() {
    let arms = "match x { Kind::A => 1, Kind::B => 2, Kind::C => 3, _ => 4 };";
    let user = format!(
        "use crate::Kind;\nfn f() {{ {arms} {arms} }}\n\nfn g() {{ {arms} }}\n#[test]\nfn t() {{ {arms} }}\n"
    );
    let own = "mod a; mod b; mod c; mod d;\npub enum Kind { A, B, C, D, E, F }\n\
               impl Kind { fn f(self) { match self { Self::A | Self::B => 1, Self::C => 2, _ => 3 } } }\n\
               mod e { use super::Kind; fn two() { match x { Kind::A => 1, Kind::B => 2, _ => 3 } } }";
    let files = [
        ("src/lib.rs", own),
        ("src/a.rs", user.as_str()),
        ("src/b.rs", user.as_str()),
        ("src/c.rs", user.as_str()),
        (
            "src/d.rs",
            "enum Kind { A, B, C } fn f() { match x { Kind::A => 1, Kind::B => 2, Kind::C => 3 } }",
        ),
    ];
    let found = |threshold| {
        let report = report(&files, json!({"scattered-match": {"threshold": threshold}}));
        let found = of(&report, "scattered-match");
        let found = found
            .iter()
            .map(|finding| (finding.value.unwrap(), finding.related.len()));
        found.collect::<Vec<_>>()
    };
    assert_eq!(found(6), [(7.0, 7)]);
    assert_eq!(found(7), []);
}

#[test]
fn documentation_is_missed_only_where_others_can_see_it() {
    let lib = "//! Shop.\n/// Shown.\npub mod shown;\nmod inner;\npub use inner::Passed;\n#[doc(hidden)]\npub mod __private { pub fn f() {} }\n\
               /// A.\npub struct A;\n/// B.\npub struct B;\n/// C.\npub struct C;\n/// D.\npub struct D;\n/// E.\npub struct E;\n";
    let files = [
        PACKAGE,
        ("src/lib.rs", lib),
        (
            "src/shown.rs",
            "pub fn a() {}\npub(crate) fn b() {}\nfn c() {}\n/// D.\npub struct D;\nimpl D { pub fn new() {} fn own() {} }\nimpl Clone for D { fn clone() {} }\n",
        ),
        (
            "src/inner.rs",
            "pub struct Passed;\nimpl Passed { pub fn new() {} }\npub struct Kept;\nimpl Kept { pub fn new() {} }",
        ),
        ("src/main.rs", "pub fn program() {}"),
        ("src/made.rs", "// @generated by a tool\npub fn a() {}"),
    ];
    let settings = json!({"missing-docs": {"threshold": 1}});
    assert_eq!(
        places(&report(&files, settings.clone()), "missing-docs"),
        [
            ("src/inner.rs".to_owned(), 1, 2.0),
            ("src/shown.rs".to_owned(), 1, 2.0)
        ]
    );
    let mut private = files;
    private[0].1 = "[package]\nname = 'shop'\npublish = false\n";
    assert_eq!(places(&report(&private, settings), "missing-docs"), []);
}

#[test]
fn tests_count_wherever_they_stand_in_the_package() {
    let code = "pub fn f() {}\n".repeat(100);
    let many = "#[test]\nfn t() {}\n".repeat(10);
    let inside = format!("{code}#[cfg(test)]\nmod tests {{\n{many}}}\n");
    let manifest = |name: &str| format!("[package]\nname = '{name}'\n");
    let folder = Folder::new();
    for (name, lib, test) in [
        ("bare", &code, ""),
        ("inside", &inside, ""),
        ("beside", &code, many.as_str()),
    ] {
        folder.write(format!("{name}/Cargo.toml"), manifest(name));
        folder.write(format!("{name}/src/lib.rs"), lib);
        folder.write(format!("{name}/tests/all.rs"), test);
        // Whether this is tested, tests in Rust do not tell.
        folder.write(format!("{name}/src/page.js"), "f();\n".repeat(900));
    }
    let report = folder
        .scan_with(json!({"few-tests": {"threshold": 99}}))
        .unwrap();
    assert_eq!(
        places(&report, "few-tests"),
        [("bare/Cargo.toml".to_owned(), 0, 100.0)]
    );
    let rows = table(&report, "crate-tests");
    let inside = rows.iter().find(|row| row[0] == "inside").unwrap();
    assert_eq!(inside[1..4], [json!(100), json!(23), json!(10)]);
    let at = folder
        .scan_with(json!({"few-tests": {"threshold": 100}}))
        .unwrap();
    assert_eq!(places(&at, "few-tests"), []);
}

#[test]
fn unsafe_code_is_counted_by_crate() {
    let lib = "unsafe fn f() {\n    g();\n}\nunsafe impl Send for A {}\nfn h() {\n    unsafe {\n        unsafe { i() }\n    }\n}\nfn j() {}\n";
    let report = report(&[PACKAGE, ("src/lib.rs", lib)], json!({}));
    assert_eq!(
        table(&report, "crate-unsafe"),
        [vec![
            json!("shop"),
            json!(2),
            json!(1),
            json!(1),
            json!(6),
            json!(60.0)
        ]]
    );
}

#[test]
fn the_instability_of_crates_is_by_what_they_need_to_be_built() {
    let files = [
        (
            "a/Cargo.toml",
            "[package]\nname = 'a'\n[dependencies]\nb = { path = '../b' }\n[dev-dependencies]\nc = { path = '../c' }\n",
        ),
        (
            "b/Cargo.toml",
            "[package]\nname = 'b'\n[build-dependencies]\nc = { path = '../c' }\n",
        ),
        ("c/Cargo.toml", "[package]\nname = 'c'\n"),
        ("a/src/lib.rs", ""),
    ];
    let report = report(&files, json!({}));
    assert_eq!(
        table(&report, "crate-instability"),
        [
            vec![json!("b"), json!(1), json!(1), json!(0.5)],
            vec![json!("c"), json!(1), json!(0), json!(0.0)],
            vec![json!("a"), json!(0), json!(1), json!(1.0)],
        ]
    );
}

const LOCK: &str = "[[package]]\nname = 'shop'\nversion = '1.0.0'\ndependencies = ['b', 'rand 0.9.0']\n\
[[package]]\nname = 'b'\nversion = '1.0.0'\nsource = 'registry'\ndependencies = ['rand 0.10.0', 'deep 1.0.0']\n\
[[package]]\nname = 'c'\nversion = '1.0.0'\nsource = 'registry'\ndependencies = ['deep 2.0.0']\n\
[[package]]\nname = 'rand'\nversion = '0.10.0'\nsource = 'registry'\ndependencies = ['c']\n\
[[package]]\nname = 'rand'\nversion = '0.9.0'\nsource = 'registry'\n\
[[package]]\nname = 'deep'\nversion = '1.0.0'\nsource = 'registry'\n\
[[package]]\nname = 'deep'\nversion = '2.0.0'\nsource = 'registry'\n";

#[test]
fn of_packages_that_are_locked_twice_those_are_found_that_can_be_mended_here() {
    let report = report(
        &[PACKAGE, ("src/lib.rs", ""), ("Cargo.lock", LOCK)],
        json!({}),
    );
    let [finding] = of(&report, "duplicate-dependency")[..] else {
        panic!("{:?}", report.findings);
    };
    assert_eq!(finding.message, "2 versions are locked: 0.9.0, 0.10.0");
    assert_eq!(
        finding.evidence,
        ["shop -> rand 0.9.0", "shop -> b -> rand 0.10.0"]
    );
    let rows = table(&report, "duplicate-dependencies");
    assert_eq!(rows.len(), 2);
    assert_eq!(
        rows[0][3],
        json!("shop -> b -> deep 1.0.0; shop -> b -> rand -> c -> deep 2.0.0")
    );
}

#[test]
fn corrupt_files_of_cargo_are_skipped_with_a_word_and_the_rest_is_scanned() {
    let report = report(
        &[
            ("Cargo.toml", "[package\n"),
            ("Cargo.lock", "<<<<<<< HEAD\n"),
            ("src/lib.rs", "#[test]\n#[ignore]\nfn t() {}\n"),
        ],
        json!({}),
    );
    let expected = [("Cargo.lock", "lock-file"), ("Cargo.toml", "manifest")];
    assert_eq!(skipped(&report), expected);
    assert_eq!(of(&report, "ignored-test").len(), 1);
}

#[test]
fn findings_on_trees_keep_their_fingerprints_when_lines_move() {
    let files = |before: &str| {
        let user = format!("{before}use crate::b::B;\npub struct A;\n");
        let folder = tree(&[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/b.rs", "use crate::a::A; pub struct B;"),
        ]);
        folder.write("src/a.rs", user);
        let report = folder
            .scan_with(json!({"module-cycle": {"threshold": 1}}))
            .unwrap();
        of(&report, "module-cycle")[0].fingerprint.clone()
    };
    assert_eq!(files(""), files("// a line\nuse std::fmt;\n"));
}
