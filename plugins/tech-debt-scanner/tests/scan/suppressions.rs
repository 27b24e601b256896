//! Findings that the source keeps back, and why.

use guildhall_report::Severity;
use serde_json::json;

use crate::support::Folder;

/// A function with seven parameters, one above the limit.
const MANY: &str = "fn many(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8) {}\n";

#[test]
fn a_suppressed_finding_is_listed_with_its_reason_and_counts_nowhere() {
    let folder = Folder::new();
    let marker = "// guildhall: allow(too-many-parameters) the format of a machine\n";
    folder
        .write("a.rs", format!("{marker}{MANY}"))
        .write("b.rs", MANY);
    let report = folder.scan();
    let found: Vec<_> = report
        .findings
        .iter()
        .filter_map(|finding| finding.path())
        .collect();
    assert_eq!(found, ["b.rs"]);
    let [suppressed] = report.suppressed.as_slice() else {
        panic!("{:?}", report.suppressed);
    };
    assert_eq!(suppressed.finding.path(), Some("a.rs"));
    assert_eq!(suppressed.finding.severity, Severity::Minor);
    assert_eq!(suppressed.reason, "the format of a machine");
    assert_eq!(suppressed.location.as_ref().unwrap().start.unwrap().line, 1);
    assert!(report.unused_suppressions.is_empty());
}

#[test]
fn what_keeps_nothing_back_is_said() {
    let folder = Folder::new();
    folder.write(
        "a.rs",
        "// guildhall: allow(long-function, someone-elses-rule) was long once\nfn f() {}\n\
         // guildhall: allow(long-function)\nfn g() {}\n",
    );
    let unused = folder.scan().unused_suppressions;
    let said: Vec<_> = unused
        .iter()
        .map(|unused| (unused.rules.join(" "), unused.reason.as_str()))
        .collect();
    assert_eq!(said[0], ("long-function".to_owned(), "was long once"));
    assert!(said[1].0.is_empty() && said[1].1.contains("gives no reason"));
    let off = json!({"long-function": {"enabled": false}});
    let unused = folder.scan_with(off).unwrap().unused_suppressions;
    assert_eq!(
        unused.len(),
        1,
        "a rule that is off finds nothing: {unused:?}"
    );
}

#[test]
fn a_slip_in_the_name_of_a_rule_is_said() {
    let folder = Folder::new();
    folder.write(
        "a.rs",
        format!("// guildhall: allow(too-many-paramters) the format of a machine\n{MANY}"),
    );
    let report = folder.scan();
    assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
    let [unused] = report.unused_suppressions.as_slice() else {
        panic!("{:?}", report.unused_suppressions);
    };
    assert_eq!(unused.rules, ["too-many-paramters"]);
}

#[test]
fn the_first_lines_of_a_file_speak_for_the_whole_file() {
    let folder = Folder::new();
    let marker = "// guildhall: allow(large-file) one table\n";
    let long = "const A: u8 = 1;\n".repeat(1_100);
    folder.write("a.rs", format!("{marker}{long}"));
    folder.write("b.rs", format!("use a::b;\n{marker}{long}"));
    let report = folder.scan();
    let found: Vec<_> = report
        .findings
        .iter()
        .filter_map(|finding| finding.path())
        .collect();
    assert_eq!(found, ["b.rs"]);
    assert_eq!(report.suppressed.len(), 1);
}

#[test]
fn what_is_moved_is_known_again_by_its_content() {
    let folder = Folder::new();
    let indented = format!("mod m {{\n    {MANY}}}\n");
    folder
        .write("a.rs", MANY)
        .write("b/c.rs", indented)
        .write("d.rs", MANY.replace("{}", "{ 1; }"));
    let findings = folder.scan().findings;
    let content = |path: &str| {
        let finding = findings
            .iter()
            .find(|finding| finding.path() == Some(path))
            .unwrap();
        finding.content_fingerprint.clone().unwrap()
    };
    assert_eq!(content("a.rs"), content("b/c.rs"));
    assert_ne!(content("a.rs"), content("d.rs"), "its text is another");
    let prints: Vec<_> = findings
        .iter()
        .map(|finding| &finding.fingerprint)
        .collect();
    assert!(prints[0] != prints[1] && prints[1] != prints[2]);
}

/// A suppression above something, that thing with a debt in it, and a debt behind it: only
/// the former is suppressed.
#[test]
#[cfg(feature = "grammars")]
fn in_every_language_what_stands_after_the_item_is_still_found() {
    for (name, mark, item, after) in [
        (
            "a.py",
            "#",
            "async def f():\n    # TODO: in\n    return 1\n",
            "# TODO: out\nx = {1: 2}\n",
        ),
        (
            "b.py",
            "#",
            "class A:\n    def f(self):\n        # TODO: in\n        return 1\n",
            "def g():\n    # TODO: out\n    return 1\n",
        ),
        (
            "c.py",
            "#",
            "@a\n@b\ndef f():\n    # TODO: in\n    return 1\n",
            "def g():\n    # TODO: out\n    return 1\n",
        ),
        (
            "a.js",
            "//",
            "export class A {\n  f() {\n    // TODO: in\n  }\n}\n",
            "function g() {\n  // TODO: out\n}\n",
        ),
        (
            "b.js",
            "//",
            "const f = () => {\n  // TODO: in\n}\n",
            "function g() {\n  // TODO: out\n}\n",
        ),
        (
            "a.ts",
            "//",
            "export interface A {\n  // TODO: in\n  b: string\n}\n",
            "export class B {\n  // TODO: out\n}\n",
        ),
        (
            "a.tsx",
            "//",
            "export default function A() {\n  // TODO: in\n  return <b />\n}\n",
            "const c = 1 // TODO: out\n",
        ),
        (
            "a.go",
            "//",
            "type A struct {\n\t// TODO: in\n\tb int\n}\n",
            "func f() {\n\t// TODO: out\n}\n",
        ),
        (
            "A.java",
            "//",
            "@B\nclass A {\n  void f() {\n    // TODO: in\n  }\n}\n",
            "class C {\n  // TODO: out\n}\n",
        ),
        (
            "a.c",
            "//",
            "struct a {\n  // TODO: in\n  int b;\n};\n",
            "int f(void) {\n  // TODO: out\n}\n",
        ),
        (
            "a.cc",
            "//",
            "template <class T>\nclass A {\n  // TODO: in\n};\n",
            "int f() {\n  // TODO: out\n}\n",
        ),
        (
            "A.cs",
            "//",
            "class A {\n  // TODO: in\n}\n",
            "class B {\n  // TODO: out\n}\n",
        ),
        (
            "a.rb",
            "#",
            "class A\n  # TODO: in\n  def f; end\nend\n",
            "def g\n  # TODO: out\nend\n",
        ),
        (
            "a.php",
            "//",
            "class A {\n  // TODO: in\n}\n",
            "function f() {\n  // TODO: out\n}\n",
        ),
        (
            "a.rs",
            "//",
            "default impl A for B {\n  // TODO: in\n}\n",
            "fn f() {\n  // TODO: out\n}\n",
        ),
    ] {
        let head = match name {
            "a.go" => "package a\n",
            "a.php" => "<?php\n",
            _ => "",
        };
        let text = format!("{head}{mark} guildhall: allow(debt-comment) a reason\n{item}{after}");
        held_back(name, &text, 1);
    }
    // What is no item ends with its line, whatever follows.
    for (name, text) in [
        (
            "a.go",
            "package a\n// guildhall: allow(debt-comment) r\nconst x = 5\nfunc f() {\n\t// TODO: out\n}\n",
        ),
        (
            "a.js",
            "// guildhall: allow(debt-comment) r\nconst x = require('x')\nfunction g() {\n  // TODO: out\n}\n",
        ),
        (
            "a.ts",
            "// guildhall: allow(debt-comment) r\ntype A = string\nexport class B {\n  // TODO: out\n}\n",
        ),
    ] {
        held_back(name, text, 0);
    }
}

/// Scans a file in which one debt is left, and so many are suppressed.
#[cfg(feature = "grammars")]
fn held_back(name: &str, text: &str, suppressed: usize) {
    let folder = Folder::new();
    folder.write(name, text);
    let report = folder.scan();
    let debts = report.findings.iter();
    let debts = debts
        .filter(|finding| finding.rule == "debt-comment")
        .count();
    assert_eq!(
        (debts, report.suppressed.len()),
        (1, suppressed),
        "{name}\n{text}"
    );
}
