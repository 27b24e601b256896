//! What a file is for, by its path alone. The ranking's weights were fitted with exactly
//! these classes, so they are its own and not the scanner's.

/// Ends of names that no person writes or that are no text.
const NOT_READ: [&str; 16] = [
    ".lock",
    ".snap",
    ".svg",
    ".min.js",
    ".map",
    ".po",
    ".pb.go",
    "package-lock.json",
    "go.sum",
    ".sum",
    ".csv",
    ".txt.gz",
    ".ttf",
    ".png",
    ".otf",
    ".jpg",
];

/// Folders of others' work.
const VENDORED: [&str; 4] = ["vendor", "third_party", "node_modules", "deps"];

/// Extensions of source code.
const SOURCE: [&str; 22] = [
    "c", "cc", "cpp", "cs", "go", "h", "hpp", "java", "js", "jsx", "kt", "m4", "php", "py", "pyi",
    "rb", "rs", "scala", "swift", "ts", "tsx", "vue",
];

/// Folders of tests, and of what shows the project.
const TESTS: [&str; 13] = [
    "test",
    "tests",
    "spec",
    "specs",
    "__tests__",
    "testdata",
    "fixtures",
    "benches",
    "example",
    "examples",
    "doc",
    "docs",
    "unittests",
];

/// Whether the lines of a file say nothing: locks, snapshots, others' work, no text.
pub(crate) fn is_unread(path: &str) -> bool {
    let ends = NOT_READ.iter().any(|end| path.ends_with(end));
    ends || folders(path).any(|folder| VENDORED.contains(&folder))
}

/// Whether words in a file are not even counted.
pub(crate) fn is_uncounted(path: &str) -> bool {
    NOT_READ[..3].iter().any(|end| path.ends_with(end))
}

/// Whether it is source code.
pub(crate) fn is_source(path: &str) -> bool {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| SOURCE.binary_search(&extension).is_ok())
}

/// Whether it is a test, an example or documentation.
pub(crate) fn is_test(path: &str) -> bool {
    let ends = ["_test.", ".test.", ".spec."];
    let ends = ends.iter().any(|part| path.contains(part));
    // In "latest_version" no word begins with it.
    let mut begins = path.match_indices("test_");
    let begins = begins.any(|(at, _)| !path[..at].ends_with(char::is_alphanumeric));
    begins || ends || path.split('/').any(|part| TESTS.contains(&part))
}

/// Whether two paths may be of one file: they are equal, or one is the end of the other.
pub(crate) fn may_be_one(one: &str, other: &str) -> bool {
    one == other || ends_in(one, other) || ends_in(other, one)
}

fn ends_in(long: &str, short: &str) -> bool {
    let before = long.strip_suffix(short);
    before.is_some_and(|before| before.ends_with('/'))
}

fn folders(path: &str) -> impl Iterator<Item = &str> {
    let end = path.rfind('/').unwrap_or(0);
    path[..end].split('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_what_a_file_is_for() {
        assert!(is_source("src/a.rs") && !is_source("src/a.txt") && !is_source("rs"));
        assert!(is_test("crates/x/tests/a.rs") && is_test("a_test.go") && is_test("docs/a.md"));
        assert!(is_test("src/test_lock.py") && is_test("src/unit-test_lock.py"));
        assert!(is_test("test_lock.py") && is_test("src/a.spec.ts") && is_test("a.test.js"));
        assert!(!is_test("src/attest.rs") && !is_test("src/latest_version.rs"));
        assert!(is_unread("Cargo.lock") && is_unread("vendor/a.rs") && !is_unread("src/vendor.rs"));
        assert!(SOURCE.is_sorted());
    }

    #[test]
    fn a_trace_may_name_less_or_more_of_a_path() {
        assert!(may_be_one("src/a.rs", "crates/x/src/a.rs"));
        assert!(may_be_one("/srv/x/src/a.rs", "x/src/a.rs"));
        assert!(!may_be_one("bsrc/a.rs", "src/a.rs"));
    }
}
