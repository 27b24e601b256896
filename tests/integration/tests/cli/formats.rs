//! One scan in every format, held against golden files; and what of it may differ
//! from run to run.

use guildhall_schema::Schema;
use serde_json::Value;

use crate::support::{Ran, Sandbox, assert_golden};

/// The fixture with the files that no repository could hold unharmed.
fn shop() -> Sandbox {
    let sandbox = Sandbox::with_fixture("shop");
    sandbox.write(
        "src/windows.rs",
        "//! Lines end as on Windows.\r\n\r\n// XXX: says who?\r\n",
    );
    sandbox.write("src/latin1.rs", b"//! Caf\xE9\n");
    sandbox
}

fn scan(sandbox: &Sandbox, format: &str) -> Ran {
    sandbox.run(["scan", "--format", format]).ended(0)
}

/// Fails unless the run is what the golden file says.
#[track_caller]
fn check(name: &str, sandbox: &Sandbox, ran: &Ran) {
    assert_golden(name, &sandbox.filtered(&ran.to_string()));
}

#[test]
fn text_is_what_it_was() {
    let sandbox = shop();
    let ran = sandbox.run(["scan"]).ended(0);
    check("scan.text", &sandbox, &ran);
}

#[test]
fn verbose_text_gives_reasons_and_measures() {
    let sandbox = shop();
    let ran = sandbox.run(["scan", "--verbose"]).ended(0);
    check("scan-verbose.text", &sandbox, &ran);
}

#[test]
fn text_fits_eighty_columns() {
    let sandbox = shop();
    let long = format!(
        "pub fn {}(a: bool) {{ if a {{ }} }}\n",
        "very_long_name_".repeat(8)
    );
    sandbox.write(
        "a/rather/deep/folder/in/a/rather/deep/folder/with/a/file_that_has_a_long_name.rs",
        long,
    );
    let ran = sandbox.run(["scan"]).ended(0);
    for line in ran.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(
        ran.stdout.contains("…"),
        "the long names are shortened: {ran}"
    );
}

#[test]
fn json_is_what_it_was() {
    let sandbox = shop();
    let ran = scan(&sandbox, "json");
    let mut report = ran.json();
    let run = report.as_object_mut().unwrap().remove("run").unwrap();
    assert_golden("scan.json", &sandbox.filtered(&format!("{report:#}\n")));
    assert_eq!(run["root"], sandbox.work().to_str().unwrap());
    assert_eq!(run["host_version"], env!("CARGO_PKG_VERSION"));
    assert!(
        run["duration_ms"].is_number() && run["started_at"].is_string(),
        "{run}"
    );
    assert_eq!(
        run["agents"]["tech-debt-scanner"]["version"],
        env!("CARGO_PKG_VERSION")
    );
}

#[test]
fn sarif_is_what_it_was() {
    let sandbox = shop();
    let ran = scan(&sandbox, "sarif");
    let sarif = ran.json();
    assert_eq!(sarif["version"], "2.1.0");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 9);
    check("scan.sarif", &sandbox, &ran);
}

#[test]
fn markdown_is_what_it_was() {
    let sandbox = shop();
    check("scan.md", &sandbox, &scan(&sandbox, "markdown"));
}

#[test]
fn html_is_what_it_was_and_loads_nothing() {
    let sandbox = shop();
    let ran = scan(&sandbox, "html");
    let page = without(&without(&ran.stdout, "style"), "script");
    assert_golden("scan.html", &sandbox.filtered(&page));
    for attribute in [
        "src=", "srcset=", "@import", "url(", "<link", "<iframe", "<object", "fetch(",
    ] {
        assert!(
            !ran.stdout.contains(attribute),
            "the page has a {attribute}"
        );
    }
    for (at, _) in ran.stdout.match_indices("href=\"") {
        let rest = &ran.stdout[at + 6..];
        assert!(
            rest.starts_with('#'),
            "a link leads out: {}",
            &rest[..40.min(rest.len())]
        );
    }
}

#[test]
fn json_is_valid_by_the_published_schema() {
    let sandbox = shop();
    let schema = sandbox.run(["schema", "report"]).ended(0).json();
    let schema = Schema::compile(&schema).unwrap();
    let mut report = scan(&sandbox, "json").json();
    assert_eq!(schema.validate(&report), Ok(()));
    report["findings"][0]["severity"] = Value::from("dreadful");
    assert!(!schema.is_valid(&report), "the schema lets everything pass");
}

#[test]
fn only_what_stands_under_run_differs_from_run_to_run() {
    let sandbox = shop();
    let stable = |arguments: &[&str]| {
        let all = [&["scan", "--format", "json"], arguments].concat();
        let text = sandbox.run(all).ended(0).stdout;
        // The bytes, not the values: `run` stands last.
        let (stable, run) = text
            .split_once("\n  \"run\": ")
            .expect("the report has a run");
        assert!(run.contains("started_at"), "{run}");
        stable.to_owned()
    };
    let first = stable(&[]);
    assert_eq!(first, stable(&[]));
    assert_eq!(first, stable(&["--threads", "1"]));
    assert_eq!(first, stable(&["--threads", "4"]));
}

#[test]
fn formats_that_show_no_run_are_the_same_bytes_every_time() {
    let sandbox = shop();
    for format in ["text", "sarif", "markdown"] {
        assert_eq!(
            scan(&sandbox, format).stdout,
            scan(&sandbox, format).stdout,
            "{format}"
        );
    }
}

/// `page` without the content of this element.
fn without(page: &str, element: &str) -> String {
    let (before, rest) = page
        .split_once(&format!("<{element}>"))
        .expect("the page has it");
    let (_, after) = rest
        .split_once(&format!("</{element}>"))
        .expect("the element ends");
    format!("{before}{after}")
}
