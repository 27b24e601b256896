//! Files that nest 100,000 deep: none may end the process, which a plain recursive
//! parse of most of them does. With the guard off this test aborts.

use crate::support::Folder;

const TIMES: usize = 100_000;

/// What stands before, what is repeated, the middle, what is repeated after it, and
/// the end.
type Shape = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const SHAPES: &[Shape] = &[
    ("fn f() {", "(", "x", ")", "}"),
    ("fn f() {", "[", "x", "]", "}"),
    ("fn f() {", "{", "x", "}", "}"),
    ("fn f() {", "!", "x", "", "}"),
    ("fn f() {", "&", "x", "", "}"),
    ("fn f() {", "- ", "x", "", "}"),
    ("fn f() {", "*", "x", "", "}"),
    ("fn f() {", "if a {} else ", "{}", "", "}"),
    ("fn f() {", "if a {", "", "}", "}"),
    ("fn f() {", "if ", "a", "{}", "}"),
    ("fn f() {", "a + ", "a", "", "}"),
    ("fn f() {", "a && ", "a", "", "}"),
    ("fn f() {", "a = ", "a", "", "}"),
    ("fn f() {", "a += ", "a", "", "}"),
    ("fn f() { a", ".a()", "", "", "}"),
    ("fn f() { a", ".a::<B, C>()", "", "", "}"),
    ("fn f() { a", ".0", "", "", "}"),
    ("fn f() { a", "[a]", "", "", "}"),
    ("fn f() { a", "?", "", "", "}"),
    ("fn f() { a", ".await", "", "", "}"),
    ("fn f() { a", " as A", "", "", "}"),
    ("fn f() { a", " as A<B, C>", "", "", "}"),
    ("fn f() {", "..", "a", "", "}"),
    ("fn f() {", "return ", "a", "", "}"),
    ("fn f() {", "break 'a ", "a", "", "}"),
    ("fn f() {", "||", "a", "", "}"),
    ("fn f() {", "|a, b| ", "a", "", "}"),
    ("fn f() {", "move |a: A<B, C>| -> D {", "a", "}", "}"),
    ("fn f() {", "match a { _ => ", "a", "}", "}"),
    ("fn f() {", "a(", "a", ")", "}"),
    ("fn f() {", "A { a: ", "a", "}", "}"),
    ("fn f() {", "a::<", "a", ">::b", "}"),
    ("fn f() {", "m!(", "a", ")", "}"),
    ("fn f() {", "loop {", "", "}", "}"),
    ("fn f() {", "async move {", "", "}", "}"),
    ("fn f() {", "let a = a else {", "", "};", "}"),
    ("fn f() {", "for a in ", "a", "{}", "}"),
    ("fn f(x: ", "A<", "u8", ">", ") {}"),
    ("fn f(x: ", "A<B, ", "u8", ">", ") {}"),
    ("fn f(x: ", "&", "u8", "", ") {}"),
    ("fn f(x: ", "*const ", "u8", "", ") {}"),
    ("fn f(x: ", "(", "u8", ",)", ") {}"),
    ("fn f(x: ", "[", "u8", "; 1]", ") {}"),
    ("fn f(x: ", "fn() -> ", "u8", "", ") {}"),
    ("fn f(x: ", "for<'a, 'b> fn() -> ", "u8", "", ") {}"),
    ("fn f(x: ", "<", "u8", " as A>::B", ") {}"),
    ("fn f(x: ", "dyn A<", "u8", ">", ") {}"),
    ("fn f() { let ", "&", "x", " ", "= 1; }"),
    ("fn f() { let ", "(", "x", ")", "= 1; }"),
    ("fn f() { let ", "a @ ", "x", " ", "= 1; }"),
    ("", "fn f() {", "", "}", ""),
    ("", "mod m {", "", "}", ""),
    ("", "impl A { fn f() {", "", "}}", ""),
    ("", "const A: u8 = {", "1", "};", ""),
    ("", "#[a(", "", ")]", "fn f() {}"),
    ("use ", "a::{", "a", "}", ";"),
    ("use ", "a::", "a", "", ";"),
    ("", "(", "", "", ""),
    ("", "", "", ")", ""),
    ("/*", "/*", "", "*/", "*/ fn f() {}"),
];

#[test]
fn every_shape_is_refused_or_measured() {
    let folder = Folder::new();
    for (number, (before, open, middle, close, after)) in SHAPES.iter().enumerate() {
        let (open, close) = (open.repeat(TIMES), close.repeat(TIMES));
        let text = format!("// TODO: tame\n{before}{open}{middle}{close}{after}\n");
        folder.write(format!("{number:03}.rs"), text);
    }
    let report = folder.scan();
    let comments = report
        .findings
        .iter()
        .filter(|finding| finding.rule == "debt-comment");
    assert_eq!(comments.count(), SHAPES.len());
    let mut codes = std::collections::BTreeMap::new();
    for skipped in &report.skipped {
        *codes.entry(skipped.code.as_str()).or_insert(0) += 1;
    }
    // One closes what was never opened; of the others only the comment may pass, and
    // what turns out not to be deep for the parser.
    assert_eq!(codes.remove("unparsable"), Some(1));
    assert!(codes["too-deep"] >= SHAPES.len() - 7, "{codes:?}");
    assert_eq!(codes.len(), 1, "{codes:?}");
}

#[test]
fn what_is_deep_but_within_the_limit_is_measured() {
    let folder = Folder::new();
    let mut measured = 0;
    for (number, (before, open, middle, close, after)) in SHAPES.iter().enumerate() {
        // Shapes that no compiler accepts are left out by being unparsable when small.
        let nested = |times: usize| {
            let (open, close) = (open.repeat(times), close.repeat(times));
            format!("{before}{open}{middle}{close}{after}")
        };
        folder.write(format!("small/{number:03}.rs"), nested(2));
        folder.write(format!("large/{number:03}.rs"), nested(600));
        measured += 2;
    }
    let report = folder.scan();
    let codes = |folder: &str| -> Vec<(String, String)> {
        let inside = report
            .skipped
            .iter()
            .filter(|skipped| skipped.path.starts_with(folder));
        inside
            .map(|skipped| (skipped.path[6..].to_owned(), skipped.code.clone()))
            .collect()
    };
    let small = codes("small/");
    assert!(
        small.iter().all(|(_, code)| code == "unparsable"),
        "{small:?}"
    );
    assert!(small.len() < 8, "{small:?}");
    let large = codes("large/");
    let too_deep = large.iter().filter(|(_, code)| code == "too-deep").count();
    assert!(too_deep < 6, "{large:?}");
    assert_eq!(
        crate::support::figure(&report, "files"),
        f64::from(measured)
    );
}

#[test]
fn long_else_if_chains_and_method_chains_are_measured() {
    let folder = Folder::new();
    let chain = "if a == 1 {} else ".repeat(300);
    let calls = ".call(|x| x + 1)".repeat(300);
    folder.write(
        "a.rs",
        format!("fn f() {{ {chain} {{}} }} fn g() {{ a{calls}; }}"),
    );
    let report = folder.scan();
    assert_eq!(report.skipped, []);
    let finding = report
        .findings
        .iter()
        .find(|finding| finding.rule == "cognitive-complexity");
    assert_eq!(finding.unwrap().value, Some(601.0 - 300.0));
}
