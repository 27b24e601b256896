//! The README shows what a scan prints.

use crate::support::Sandbox;

const README: &str = include_str!("../../../../README.md");

/// The example's first line; the last one says that it goes on.
const COMMAND: &str = "$ cargo xtask scan tests/fixtures/shop\n";

#[test]
fn the_scan_in_the_readme_begins_as_a_scan_does() {
    let (_, example) = README.split_once(COMMAND).expect("the README shows a scan");
    let (shown, _) = example.split_once("...\n```").expect("it goes on after it");
    let ran = Sandbox::with_fixture("shop").run(["scan"]).ended(0);
    assert!(
        shown.lines().count() > 5 && ran.stdout.starts_with(shown),
        "copy the first lines of this into the README:\n{}",
        ran.stdout
    );
}
