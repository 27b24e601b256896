//! Crates of some size with hardly any tests.

use std::collections::BTreeMap;

use guildhall_report::{Finding, Location, Rule, Severity};

use crate::crates::Role;
use crate::settings::Settings;
use crate::tree::Tree;

const ID: &str = "few-tests";

/// Lines of code: of smaller crates many are glue that the tests of others run.
const DEFAULT: u32 = 1000;

/// A crate with more than one line of tests for so many of code is not reported.
const LINES_FOR_ONE: u32 = 50;

pub(super) fn rule() -> Rule {
    Rule::new(
        ID,
        Severity::Info,
        "Crate has hardly any tests",
        "Reports packages with more lines of code than the threshold and less than one line of \
         tests for fifty of them.",
        "What no test runs is changed by hoping. Tests of other crates may cover it, but whoever \
         changes this crate alone does not see them.",
    )
    .with_example(
        "# file: Cargo.toml\n[package]\nname = \"parcel\"\n# file: src/lib.rs\n\
         pub fn weigh(items: &[u32]) -> u32 {\n    items.iter().sum()\n}\n",
        "# file: Cargo.toml\n[package]\nname = \"parcel\"\n# file: src/lib.rs\n\
         pub fn weigh(items: &[u32]) -> u32 {\n    items.iter().sum()\n}\n\
         # file: tests/weigh.rs\n#[test]\nfn nothing_weighs_nothing() {\n    assert_eq!(parcel::weigh(&[]), 0);\n}\n",
    )
    .with_measured(
        "Lines of code of a package, tests, examples, benchmarks and build scripts aside, and \
         lines of code of its tests: what is compiled for tests only, and all below `tests`. \
         Tests in other languages, in documentation and in other packages are not seen, which is \
         why a finding is for information. Proc-macro crates and those without a library or \
         program of some size are found as any other.\n\nRemediation: 120 minutes, and 30 for \
         each 1,000 lines above the threshold.",
    )
    .with_threshold(f64::from(DEFAULT), format!("scan.rules.{ID}.threshold"))
}

/// What a package has of code and tests, in lines of code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tested {
    pub(crate) code: u32,
    pub(crate) test_code: u32,
    /// Functions that are tests.
    pub(crate) tests: u32,
}

/// By package.
pub(crate) fn tested(tree: &Tree) -> BTreeMap<Option<usize>, Tested> {
    let mut all: BTreeMap<Option<usize>, Tested> = BTreeMap::new();
    let files = tree.files.iter().enumerate();
    // Tests of other languages are not told from the rest.
    for (at, file) in files.filter(|(_, file)| file.is_rust()) {
        let tested = all.entry(tree.crates.package_of[at]).or_default();
        let (code, smells) = (file.facts.lines.code, &file.facts.smells);
        tested.tests += smells.tests;
        match tree.crates.role_of[at] {
            Role::Test => tested.test_code += code,
            Role::Source => {
                let tests = smells.test_lines.min(code);
                tested.test_code += tests;
                tested.code += code - tests;
            }
            Role::Other => {}
        }
    }
    all
}

/// The packages with hardly any tests.
pub(super) fn check(tree: &Tree, settings: &Settings) -> Vec<Finding> {
    let Some(threshold) = settings.threshold(ID) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for (package, tested) in tested(tree) {
        let Some(package) = package else {
            continue;
        };
        let has_enough = tested.test_code.saturating_mul(LINES_FOR_ONE) >= tested.code;
        if tested.code <= threshold || has_enough {
            continue;
        }
        let manifest = tree.crates.manifests[package].name.as_str();
        let name = tree.crates.package_name(Some(package));
        let message = match tested.test_code {
            0 => format!("{} lines of code, and no test in Rust", tested.code),
            lines => format!("{} lines of code, and {lines} of tests", tested.code),
        };
        let minutes = (tested.code - threshold) / 1000 * 30 + 120;
        findings.push(
            Finding::new(ID, Severity::Info, Location::file(manifest), message)
                .with_subject(name)
                .with_reason("Who changes this crate is told of no mistake by its own tests.")
                .with_value(f64::from(tested.code))
                .with_threshold(f64::from(threshold))
                .with_remediation_minutes(minutes)
                .with_identity(&[name], 0)
                .with_content(&[name]),
        );
    }
    findings
}
