//! Golden files: what a user sees, word for word.

use std::fs;
use std::path::{Path, PathBuf};

/// A small code base to scan.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures")
        .join(name)
}

/// Fails unless `actual` is what the golden file says; with `GUILDHALL_BLESS` set the
/// file is written instead.
#[track_caller]
pub(crate) fn assert_golden(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cli/snapshots")
        .join(name);
    if std::env::var_os("GUILDHALL_BLESS").is_some() {
        fs::write(&path, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if expected != actual {
        let differs = expected
            .lines()
            .zip(actual.lines())
            .position(|(a, b)| a != b);
        let line = differs.unwrap_or(expected.lines().count().min(actual.lines().count())) + 1;
        panic!(
            "{name} differs from line {line} on; it is now\n{actual}\nif that is right, run the tests with GUILDHALL_BLESS=1"
        );
    }
}
