//! Measurements without thresholds: every function, and what they add up to.

use guildhall_core::path_text;
use guildhall_report::Report;
use serde_json::{Map, Value, json};
use tech_debt_scanner::{Level, MetricsRequest, ScanError, metrics};

use crate::support::{Folder, Quiet, skipped};

/// Two packages; the values are worked out in the comments of the tests.
fn shop() -> Folder {
    let folder = Folder::new();
    folder
        .write(
            "Cargo.toml",
            "[workspace]\nmembers = [\"my-shop\", \"till\"]\n",
        )
        .write("my-shop/Cargo.toml", "[package]\nname = \"my-shop\"\n")
        .write(
            "my-shop/src/lib.rs",
            "mod cart;\npub fn open(a: bool, b: bool) -> bool {\n    a && b\n}\n",
        )
        .write(
            "my-shop/src/cart.rs",
            "\
struct Cart;
impl Cart {
    fn add(&self, n: u8) {
        if n > 1 {
            for _ in 0..n {}
        }
        fn inner(b: bool) {
            if b {}
        }
    }
}
impl Drop for Cart {
    fn drop(&mut self) {}
}
#[cfg(test)]
mod tests {
    trait Check {
        fn check(&self) {
            loop {}
        }
        fn without_body(&self);
    }
}
",
        )
        .write("my-shop/tests/it.rs", "#[test]\nfn it() {}\n")
        .write("till/Cargo.toml", "[package]\nname = \"till\"\n")
        .write("till/src/main.rs", "fn main() {}\n");
    folder
}

fn request(folder: &Folder, by: Level) -> MetricsRequest {
    MetricsRequest {
        path: Some(path_text::encode(folder.path())),
        by,
        threads: Some(2),
    }
}

fn measured(folder: &Folder, by: Level) -> Report {
    metrics(&request(folder, by), &Quiet).unwrap()
}

/// The rows of the one table, each by the titles of its columns.
fn rows(report: &Report) -> Vec<Map<String, Value>> {
    let table = &report.tables[0];
    assert_eq!((report.tables.len(), table.id.as_str()), (1, "metrics"));
    let titles = || table.columns.iter().map(|column| column.title.clone());
    let row = |row: &Vec<Value>| titles().zip(row.iter().cloned()).collect();
    table.rows.iter().map(row).collect()
}

/// Some columns of each row.
fn picked(report: &Report, titles: &[&str]) -> Vec<Value> {
    let pick = |row: &Map<String, Value>| titles.iter().map(|title| row[*title].clone()).collect();
    rows(report).iter().map(pick).collect()
}

#[test]
fn every_function_has_a_row_and_the_hardest_is_first() {
    let report = measured(&shop(), Level::Function);
    let titles = ["File", "Function", "Start", "End"];
    // `add` costs 1 + 2 for its own branches, and 2 for that of `inner`, one level deeper.
    // Of the three that cost 1 all have two paths, so their places decide.
    let expected = [
        json!(["my-shop/src/cart.rs", "Cart::add", 3, 10]),
        json!(["my-shop/src/cart.rs", "Cart::add::inner", 7, 9]),
        json!(["my-shop/src/cart.rs", "tests::Check::check", 18, 20]),
        json!(["my-shop/src/lib.rs", "open", 2, 4]),
        json!(["my-shop/src/cart.rs", "<Cart as Drop>::drop", 13, 13]),
        json!(["my-shop/tests/it.rs", "it", 2, 2]),
        json!(["till/src/main.rs", "main", 1, 1]),
    ];
    assert_eq!(picked(&report, &titles), expected);
    let titles = ["Cognitive", "Cyclomatic", "Nesting", "Parameters", "Lines"];
    let numbers = picked(&report, &titles);
    assert_eq!(numbers[0], json!([5, 3, 2, 2, 8]));
    assert_eq!(numbers[1], json!([1, 2, 1, 1, 3]));
    assert_eq!(numbers[3], json!([1, 2, 0, 2, 3]));
}

#[test]
fn a_type_is_the_sum_of_its_methods_in_a_file() {
    let report = measured(&shop(), Level::Type);
    let titles = [
        "File",
        "Type",
        "Functions",
        "Cyclomatic sum",
        "Cyclomatic max",
    ];
    // `add`, `inner` and `drop`: 3 + 2 + 1.
    let expected = [
        json!(["my-shop/src/cart.rs", "Cart", 3, 6, 3]),
        json!(["my-shop/src/cart.rs", "tests::Check", 1, 2, 2]),
    ];
    assert_eq!(picked(&report, &titles), expected);
    let titles = ["Cyclomatic mean", "Cognitive sum", "Cognitive mean"];
    // What `inner` costs to read is held by `add`, and counted once in the sum.
    assert_eq!(picked(&report, &titles)[0], json!([2.0, 5, 2.0]));
}

#[test]
fn a_file_without_functions_is_a_row_without_a_mean() {
    let folder = Folder::new();
    folder
        .write("a.rs", "struct A;\n")
        .write("b.rs", "fn b() {}\n");
    let report = measured(&folder, Level::File);
    let titles = ["File", "Lines", "Functions", "Lines sum", "Lines mean"];
    let expected = [
        json!(["a.rs", 1, 0, 0, null]),
        json!(["b.rs", 1, 1, 1, 1.0]),
    ];
    assert_eq!(picked(&report, &titles), expected);
}

#[test]
fn modules_are_those_of_files_and_those_within_them() {
    let report = measured(&shop(), Level::Module);
    let titles = ["Module", "Files", "Functions", "Cognitive sum"];
    let expected = [
        json!(["my_shop::cart", 1, 3, 5]),
        json!(["my_shop", 1, 1, 1]),
        json!(["my_shop::cart::tests", 0, 1, 1]),
        json!(["my_shop/tests/it", 1, 1, 0]),
        json!(["till", 1, 1, 0]),
    ];
    assert_eq!(picked(&report, &titles), expected);
}

#[test]
fn crates_are_named_as_their_manifests_name_them() {
    let report = measured(&shop(), Level::Crate);
    let titles = ["Crate", "Files", "Lines", "Functions"];
    let expected = [json!(["my-shop", 3, 29, 6]), json!(["till", 1, 1, 1])];
    assert_eq!(picked(&report, &titles), expected);
}

#[test]
fn a_folder_or_file_within_a_package_belongs_to_it() {
    let folder = shop();
    for path in ["my-shop/src", "my-shop/src/cart.rs"] {
        let request = MetricsRequest {
            path: Some(path_text::encode(&folder.path().join(path))),
            by: Level::Module,
            threads: None,
        };
        let report = metrics(&request, &Quiet).unwrap();
        assert_eq!(rows(&report)[0]["Module"], "my_shop::cart", "{path}");
    }
}

#[test]
fn a_manifest_that_is_not_understood_is_told_and_costs_no_file() {
    let folder = shop();
    folder.write("till/Cargo.toml", "[package\n");
    let report = measured(&folder, Level::Crate);
    assert_eq!(skipped(&report), [("till/Cargo.toml", "manifest")]);
    let crates = picked(&report, &["Crate", "Files"]);
    assert_eq!(crates, [json!(["my-shop", 3]), json!(["crate", 1])]);
}

#[test]
fn what_cannot_be_measured_is_listed_and_is_no_row() {
    let folder = Folder::new();
    folder
        .write("a.rs", "fn a( {")
        .write("b.rs", b"\xff")
        .write("c.rs", "fn c() {}");
    let report = measured(&folder, Level::File);
    let expected = [("a.rs", "unparsable"), ("b.rs", "not-utf8")];
    assert_eq!(skipped(&report), expected);
    assert_eq!(picked(&report, &["File"]), [json!(["c.rs"])]);
    let empty = measured(&Folder::new(), Level::Function);
    assert_eq!(skipped(&empty), [(".", "nothing-to-scan")]);
}

#[test]
fn a_path_that_is_not_there_is_named() {
    let request = MetricsRequest {
        path: Some("no/such/folder".to_owned()),
        ..MetricsRequest::default()
    };
    let error = metrics(&request, &Quiet).unwrap_err();
    assert!(matches!(error, ScanError::Root { .. }));
    assert!(error.to_string().contains("no/such/folder"));
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let folder = shop();
    for by in [
        Level::Function,
        Level::Type,
        Level::File,
        Level::Module,
        Level::Crate,
    ] {
        let with = |threads| {
            let request = MetricsRequest {
                threads: Some(threads),
                ..request(&folder, by)
            };
            metrics(&request, &Quiet).unwrap()
        };
        assert_eq!(with(1), with(7));
    }
}

#[test]
fn a_file_that_is_broken_in_part_is_measured_as_far_as_a_scan_measures_it() {
    let folder = Folder::new();
    let broken = "int odd(int a { ( [ ;\n".repeat(6);
    folder.write(
        "a.c",
        format!("int whole(int a) {{\n    return a;\n}}\n\n{broken}"),
    );
    let report = measured(&folder, Level::Function);
    assert_eq!(skipped(&report), [("a.c", "partly-unparsable")]);
    assert_eq!(picked(&report, &["Function"]), [json!(["whole"])]);
    let scanned = crate::support::figure(&folder.scan(), "functions");
    assert_eq!(rows(&report).len() as f64, scanned);
}

#[test]
fn a_name_that_nobody_would_read_is_cut() {
    let folder = Folder::new();
    let name = "x".repeat(5_000);
    folder.write("a.rs", format!("mod {name} {{ fn {name}() {{}} }}\n"));
    let report = measured(&folder, Level::Function);
    let cut = format!("{}…", "x".repeat(200));
    assert_eq!(
        picked(&report, &["Function"]),
        [json!([format!("{cut}::{cut}")])]
    );
}
