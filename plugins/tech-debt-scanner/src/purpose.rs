//! What a file is for, by its path, in every language but Rust: whether it ships, is a test,
//! or goes along.
//!
//! The conventions are those of each language's usual tools. Of Rust more is known: the crate
//! and the module that a file belongs to ([`crate::crates`]), and which paths the ranking was
//! measured with ([`crate::rank::production`]).

use std::path::Path;

use guildhall_core::path_text;
use guildhall_source::language::Language;

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A part of a library or program.
    Source,
    Test,
    /// Examples, benchmarks, tools of the project, what is from others, and what a program
    /// wrote.
    Other,
}

/// Folders of tests in any language, beyond those that the tools of each look for.
const TEST_FOLDERS: &[&str] = &[
    "__fixtures__",
    "__mocks__",
    "__snapshots__",
    "e2e",
    "fixture",
    "fixtures",
    "integration-tests",
    "integration_tests",
    "specs",
    "test-data",
    "test-utils",
    "test_cases",
    "test_data",
    "test_support",
    "test_utils",
    "testdata",
    "testutil",
    "testutils",
];

/// Folders whose files were written elsewhere.
const VENDORED: &[&str] = &[
    "3rdparty",
    "Godeps",
    "_vendor",
    "bower_components",
    "node_modules",
    "site-packages",
    "third-party",
    "third_party",
    "thirdparty",
    "vendor",
    "vendored",
    "vendors",
];

/// Folders whose files a program wrote.
const GENERATED: &[&str] = &["__generated__", "dist", "generated", "generated-sources"];

/// Folders of what shows or measures the project.
const BESIDE: &[&str] = &[
    "_examples",
    "bench",
    "benchmark",
    "benchmarks",
    "demo",
    "demos",
    "example",
    "examples",
    "sample",
    "samples",
];

/// Folders at the top for those who work on the project; `deps` holds copies of others' work.
const TOP_FOLDERS: &[&str] = &[
    "build", "ci", "deps", "doc", "docs", "hack", "script", "scripts", "tool", "tools", "website",
    "xtask",
];

/// Ends of the names that generators give.
const GENERATED_ENDS: &[(Language, &[&str])] = &[
    (
        Language::Go,
        &[
            ".pb.go",
            ".pb.gw.go",
            ".gen.go",
            "_generated.go",
            "_gen.go",
            "_string.go",
        ],
    ),
    (Language::Python, &["_pb2.py", "_pb2.pyi", "_pb2_grpc.py"]),
    (
        Language::JavaScript,
        &[
            "_pb.js",
            ".min.js",
            ".bundle.js",
            ".generated.js",
            ".gen.js",
        ],
    ),
    (
        Language::TypeScript,
        &["_pb.ts", ".generated.ts", ".gen.ts"],
    ),
    (Language::Tsx, &[".generated.tsx", ".gen.tsx"]),
    (
        Language::C,
        &[".pb-c.c", ".pb-c.h", ".pb.h", ".tab.c", ".tab.h", ".yy.c"],
    ),
    (Language::Cpp, &[".pb.cc", ".pb.h", ".pb.cpp"]),
    (
        Language::CSharp,
        &[".g.cs", ".g.i.cs", ".Designer.cs", ".generated.cs"],
    ),
];

/// What the file at `path`, with `/` between its parts, is for.
pub(crate) fn of_path(path: &str, language: Language) -> Purpose {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_in = |known: &[&str]| folders.split('/').any(|folder| known.contains(&folder));
    // What a generator or another project wrote is so in a folder of tests too.
    if is_in(VENDORED) || is_in(GENERATED) || is_generated_name(name, language) {
        return Purpose::Other;
    }
    if language.is_test_path(path) || is_in(TEST_FOLDERS) || is_test_folder(folders, language) {
        return Purpose::Test;
    }
    let top = folders.split('/').next().unwrap_or_default();
    match is_in(BESIDE) || TOP_FOLDERS.contains(&top) || is_for_building(name, language) {
        true => Purpose::Other,
        false => Purpose::Source,
    }
}

/// The language that the path of a file says.
pub(crate) fn language_of(path: &[u8]) -> Option<Language> {
    let text = String::from_utf8_lossy(path);
    Language::of_path(Path::new(text.as_ref()))
}

/// A path as `path_text` writes it, with the language that was found in its file.
pub(crate) fn of_file(name: &str, language: Language) -> Purpose {
    of_path(&path_text::decode(name).to_string_lossy(), language)
}

fn is_generated_name(name: &str, language: Language) -> bool {
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    let mut known = GENERATED_ENDS.iter();
    // Kubernetes' generators put this in front.
    name.starts_with("zz_generated") || known.any(|(of, known)| *of == language && ends(known))
}

/// Folders that hold a whole project of tests, as is usual for these languages.
fn is_test_folder(folders: &str, language: Language) -> bool {
    let ends: &[&str] = match language {
        Language::CSharp => &[
            ".Test",
            ".Tests",
            ".UnitTests",
            ".IntegrationTests",
            ".Benchmarks",
        ],
        Language::Java => &[
            "androidTest",
            "integrationTest",
            "testFixtures",
            "-tests",
            "-test",
        ],
        _ => return false,
    };
    let is_one = |folder: &str| ends.iter().any(|end| folder.ends_with(end));
    folders.split('/').any(is_one)
}

/// What builds or configures the project instead of being a part of it.
fn is_for_building(name: &str, language: Language) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    match language {
        Language::Python => matches!(name, "setup.py" | "noxfile.py" | "SConstruct" | "wscript"),
        Language::JavaScript | Language::TypeScript => {
            stem.ends_with(".config") || matches!(stem, "Gruntfile" | "gulpfile" | "Jakefile")
        }
        Language::Ruby => !name.ends_with(".rb"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_conventions() {
        for (path, purpose) in [
            ("cmd/serve/main.go", Purpose::Source),
            ("web/latest.go", Purpose::Source),
            ("web/price_test.go", Purpose::Test),
            ("web/testdata/a.go", Purpose::Test),
            ("api/v1/cart.pb.go", Purpose::Other),
            ("vendor/x/tests/a.go", Purpose::Other),
            ("hack/release.go", Purpose::Other),
            ("web/hack/release.go", Purpose::Source),
            ("shop/cart.py", Purpose::Source),
            ("shop/contest.py", Purpose::Source),
            ("shop/test_cart.py", Purpose::Test),
            ("shop/conftest.py", Purpose::Test),
            ("setup.py", Purpose::Other),
            ("docs/conf.py", Purpose::Other),
            ("shop/docs/conf.py", Purpose::Source),
            ("shop/cart_pb2.py", Purpose::Other),
            ("src/cart.ts", Purpose::Source),
            ("src/cart.spec.ts", Purpose::Test),
            ("src/__tests__/cart.tsx", Purpose::Test),
            ("vite.config.ts", Purpose::Other),
            ("dist/cart.js", Purpose::Other),
            ("lib/cart.min.js", Purpose::Other),
            ("src/main/java/Cart.java", Purpose::Source),
            ("src/test/java/Cart.java", Purpose::Test),
            ("src/CartTest.java", Purpose::Test),
            ("src/Shop/Cart.cs", Purpose::Source),
            ("test/Shop.Tests/Cart.cs", Purpose::Test),
            ("Shop.UnitTests/Cart.cs", Purpose::Test),
            ("Shop/Cart.Designer.cs", Purpose::Other),
            ("lib/cart.rb", Purpose::Source),
            ("spec/cart_spec.rb", Purpose::Test),
            ("Rakefile", Purpose::Other),
            ("src/Cart.php", Purpose::Source),
            ("tests/CartTest.php", Purpose::Test),
            ("src/cart.c", Purpose::Source),
            ("deps/lua/lua.c", Purpose::Other),
            ("src/deps/cart.c", Purpose::Source),
            ("src/cart_unittest.cc", Purpose::Test),
            ("src/cart.pb.cc", Purpose::Other),
        ] {
            let language = language_of(path.as_bytes()).unwrap();
            assert_eq!(of_path(path, language), purpose, "{path}");
        }
    }
}
