//! `guildhall metrics`: measurements in every format.

use crate::support::{Plugin, Sandbox};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Scanner]);
    sandbox.write(
        "src/lib.rs",
        "pub fn f(a: bool, b: bool) -> bool {\n    a && b\n}\n",
    );
    sandbox.write("src/other.rs", "fn g() {}\n");
    sandbox
}

#[test]
fn all_is_in_json_and_a_table_in_every_other_format() {
    let sandbox = sandbox();
    let report = sandbox.run(["metrics", "--format", "json"]).ended(0).json();
    let table = &report["tables"][0];
    assert_eq!(table["id"], "metrics");
    assert_eq!(
        table["rows"][0],
        serde_json::json!(["src/lib.rs", "f", 1, 2, 0, 2, 3, 1, 3])
    );
    assert_eq!(table["rows"].as_array().unwrap().len(), 2);
    for format in ["text", "markdown", "html"] {
        let shown = sandbox.run(["metrics", "--format", format]).ended(0).stdout;
        for part in ["Metrics by function", "Cognitive", "other.rs"] {
            assert!(shown.contains(part), "{format}: {shown}");
        }
    }
}

#[test]
fn a_path_and_a_level_can_be_given() {
    let sandbox = sandbox();
    let ran = sandbox.run(["metrics", "src", "--by", "file", "--format", "json"]);
    let report = ran.ended(0).json();
    let names: Vec<&str> = report["tables"][0]["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row[0].as_str().unwrap())
        .collect();
    assert_eq!(names, ["lib.rs", "other.rs"]);
    let ran = sandbox.run(["metrics", "--by", "galaxy"]).ended(2);
    assert!(
        ran.stderr.contains("function, type, file, module, crate"),
        "{ran}"
    );
    let ran = sandbox.run(["metrics", "no/such"]);
    assert!(ran.stderr.contains("`no/such` can't be scanned"), "{ran}");
    assert_ne!(ran.code, Some(0));
}
