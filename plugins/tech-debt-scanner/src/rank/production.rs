//! Which files are ranked: those that ship. Tests, examples and generated code are mended
//! too, but nobody plans the work of a year by them.
//!
//! The lists here are for Rust, and those that the ranking was measured with. Other languages
//! have their conventions in [`crate::purpose`].

use guildhall_source::language::Language;

use crate::purpose::{self, Purpose};

/// Folders whose files do not ship.
const FOLDERS: &[&str] = &[
    "test",
    "tests",
    "bench",
    "benches",
    "examples",
    "fixture",
    "fixtures",
    "testdata",
    "test_data",
    "third_party",
    "vendor",
    "target",
    "errorcode",
    "errorcodes",
    "errorscode",
    "errorscodes",
    "error-code",
    "error-codes",
    "errors-code",
    "errors-codes",
];

/// Folders at the top that hold tools for those who work on the project.
const TOP_FOLDERS: &[&str] = &["xtask", "tool", "tools"];

/// Parts of a path that name support for tests.
const PARTS: &[&str] = &[
    "test-utils",
    "test_support",
    "tests-build",
    "tests-integration",
    "stress-test",
];

/// Whether the file at `path`, from the top of the repository, is one that ships.
pub(crate) fn is_production(path: &[u8]) -> bool {
    purpose::language_of(path).is_some_and(|language| ships(path, language))
}

/// The same of a file in this language, whatever its name says.
pub(crate) fn ships(path: &[u8], language: Language) -> bool {
    let text = String::from_utf8_lossy(path);
    if language != Language::Rust {
        return purpose::of_path(&text, language) == Purpose::Source;
    }
    if PARTS.iter().any(|part| text.contains(part)) {
        return false;
    }
    let (folders, name) = text.rsplit_once('/').unwrap_or(("", &text));
    !has_other_name(name) && !is_elsewhere(folders, name)
}

/// Whether it is in a language that is examined.
pub(crate) fn is_source(path: &[u8]) -> bool {
    purpose::language_of(path).is_some()
}

fn has_other_name(name: &str) -> bool {
    let stem = name.strip_suffix(".rs").unwrap_or(name);
    matches!(stem, "test" | "tests" | "build")
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_tests")
}

fn is_elsewhere(folders: &str, name: &str) -> bool {
    let mut parts = folders.split('/').filter(|part| !part.is_empty());
    let Some(top) = parts.next() else {
        return false;
    };
    // What is called so at the top is the project's own matter.
    let is_generated = name == "generated.rs" || parts.any(|part| part == "generated");
    is_generated
        || TOP_FOLDERS.contains(&top)
        || folders.split('/').any(|part| FOLDERS.contains(&part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ships_is_told_from_what_goes_along() {
        for path in [
            "src/lib.rs",
            "crates/a/src/testing.rs",
            "src/latest/x.rs",
            "generated.rs",
            "generated/x.rs",
            "crates/tools/src/a.rs",
            "src/\u{e4}.rs",
            "web/cart.ts",
            "cmd/main.go",
        ] {
            assert!(is_production(path.as_bytes()), "{path}");
        }
        for path in [
            "tests/a.rs",
            "a/benches/b.rs",
            "src/tests.rs",
            "src/test_x.rs",
            "src/x_tests.rs",
            "build.rs",
            "a/generated/b.rs",
            "a/generated.rs",
            "xtask/src/main.rs",
            "tools/a.rs",
            "a/test-utils/src/lib.rs",
            "compiler/error_codes.md",
            "compiler/error-codes/a.rs",
            "src/a.txt",
            "web/cart.spec.ts",
            "cmd/main_test.go",
        ] {
            assert!(!is_production(path.as_bytes()), "{path}");
        }
        assert!(is_production(b"src/\xff.rs"));
    }
}
