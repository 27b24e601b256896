//! What a file is written in: by its name, or by the interpreter that it asks for.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Bytes of a file in which its interpreter is looked for.
const FIRST_LINE: usize = 256;

/// A programming language.
///
/// ```
/// use guildhall_source::language::Language;
///
/// assert_eq!(Language::of_path("src/lib.rs".as_ref()), Some(Language::Rust));
/// assert_eq!(Language::of_path("Rakefile".as_ref()), Some(Language::Ruby));
/// assert_eq!(
///     Language::of_first_line(b"#!/usr/bin/env python3\n"),
///     Some(Language::Python),
/// );
/// assert_eq!(Language::of_path("notes.txt".as_ref()), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Language {
    /// Rust.
    Rust,
    /// Python, type stubs included.
    Python,
    /// JavaScript, with or without elements.
    JavaScript,
    /// TypeScript without elements.
    TypeScript,
    /// TypeScript with elements, which is a syntax of its own.
    Tsx,
    /// Go.
    Go,
    /// Java.
    Java,
    /// C. A header `.h` counts as C, since its name does not say more; its text may.
    C,
    /// C++.
    Cpp,
    /// C#.
    CSharp,
    /// Ruby.
    Ruby,
    /// PHP.
    Php,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Rust,
        Self::Python,
        Self::JavaScript,
        Self::TypeScript,
        Self::Tsx,
        Self::Go,
        Self::Java,
        Self::C,
        Self::Cpp,
        Self::CSharp,
        Self::Ruby,
        Self::Php,
    ];

    /// Its name as people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
            Self::TypeScript => "TypeScript",
            Self::Tsx => "TSX",
            Self::Go => "Go",
            Self::Java => "Java",
            Self::C => "C",
            Self::Cpp => "C++",
            Self::CSharp => "C#",
            Self::Ruby => "Ruby",
            Self::Php => "PHP",
        }
    }

    /// The language that a file's name says: its extension, in the case that is usual
    /// for it, or a whole name that only one language uses.
    pub fn of_path(path: &Path) -> Option<Self> {
        match path.extension() {
            Some(extension) => Self::of_extension(extension.to_str()?),
            None => Self::of_name(path.file_name()?.to_str()?),
        }
    }

    /// The language that the first line of a file asks an interpreter for: `#!` and a
    /// program, directly or through `env`.
    pub fn of_first_line(text: &[u8]) -> Option<Self> {
        let line = text
            .strip_prefix(b"#!")?
            .split(|byte| *byte == b'\n')
            .next()?;
        let line = str::from_utf8(line).ok()?;
        let mut words = line.split_whitespace();
        let mut program = base(words.next()?);
        if program == "env" {
            let is_other = |word: &&str| word.starts_with('-') || word.contains('=');
            program = base(words.find(|word| !is_other(word))?);
        }
        Self::of_interpreter(program)
    }

    /// The language that a file's name says, or, where it has no extension, its first
    /// line. `path` is opened in that case, so it should be known to be a regular file.
    ///
    /// # Errors
    /// Where the file has to be looked at and cannot be read.
    pub fn of_file(path: &Path) -> io::Result<Option<Self>> {
        let by_name = Self::of_path(path);
        if by_name.is_some() || path.extension().is_some() {
            return Ok(by_name);
        }
        let mut first = Vec::with_capacity(FIRST_LINE);
        let start = File::open(path)?.take(FIRST_LINE as u64);
        { start }.read_to_end(&mut first)?;
        // The limit may fall within a character of the arguments, which do not matter.
        let whole = first.utf8_chunks().next();
        let whole = whole.map_or("", |chunk| chunk.valid());
        Ok(Self::of_first_line(whole.as_bytes()))
    }

    /// Whether a file is one of tests by its path, as the usual tools of the language look
    /// for them. `path` has `/` between its parts.
    ///
    /// ```
    /// use guildhall_source::language::Language;
    ///
    /// assert!(Language::Go.is_test_path("cart/price_test.go"));
    /// assert!(Language::TypeScript.is_test_path("src/__tests__/cart.ts"));
    /// assert!(!Language::Java.is_test_path("src/main/java/Latest.java"));
    /// ```
    pub fn is_test_path(self, path: &str) -> bool {
        let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
        let is_folder =
            |folder| matches!(folder, "tests" | "test" | "__tests__" | "spec" | "benches");
        if folders.split('/').any(is_folder) {
            return true;
        }
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let ends = |ends: &[&str]| ends.iter().any(|end| stem.ends_with(end));
        let whole = matches!(stem, "test" | "tests");
        match self {
            Self::Rust => whole || ends(&["_test", "_tests"]),
            Self::Python => {
                stem.starts_with("test_") || whole || ends(&["_test"]) || stem == "conftest"
            }
            Self::JavaScript | Self::TypeScript | Self::Tsx => whole || ends(&[".test", ".spec"]),
            Self::Go => ends(&["_test"]),
            Self::Java | Self::CSharp | Self::Php => ends(&["Test", "Tests", "TestCase"]),
            Self::C | Self::Cpp => {
                stem.starts_with("test_") || whole || ends(&["_test", "_tests", "_unittest"])
            }
            Self::Ruby => stem.starts_with("test_") || ends(&["_test", "_spec"]),
        }
    }

    fn of_extension(extension: &str) -> Option<Self> {
        Some(match extension {
            "rs" => Self::Rust,
            "py" | "pyi" | "pyw" => Self::Python,
            "js" | "mjs" | "cjs" | "jsx" => Self::JavaScript,
            "ts" | "mts" | "cts" => Self::TypeScript,
            "tsx" => Self::Tsx,
            "go" => Self::Go,
            "java" => Self::Java,
            "c" | "h" => Self::C,
            "cc" | "cpp" | "cxx" | "c++" | "C" | "hh" | "hpp" | "hxx" | "h++" | "H" => Self::Cpp,
            "cs" | "csx" => Self::CSharp,
            "rb" | "rake" | "gemspec" | "ru" => Self::Ruby,
            "php" | "phtml" => Self::Php,
            _ => return None,
        })
    }

    fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "Rakefile" | "Gemfile" | "Guardfile" | "Capfile" | "Vagrantfile" | "Brewfile" => {
                Self::Ruby
            }
            "SConstruct" | "SConscript" | "wscript" => Self::Python,
            "Jakefile" => Self::JavaScript,
            _ => return None,
        })
    }

    fn of_interpreter(program: &str) -> Option<Self> {
        // `python3.12` is Python.
        let name = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        Some(match name {
            "python" | "pypy" => Self::Python,
            "node" | "nodejs" => Self::JavaScript,
            "deno" | "ts-node" | "tsx" => Self::TypeScript,
            "ruby" | "jruby" => Self::Ruby,
            "php" => Self::Php,
            "rust-script" => Self::Rust,
            _ => return None,
        })
    }
}

fn base(program: &str) -> &str {
    let name = Path::new(program).file_name().and_then(OsStr::to_str);
    name.unwrap_or(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_the_language() {
        for (path, language) in [
            ("a.rs", Some(Language::Rust)),
            ("a.b.py", Some(Language::Python)),
            ("a.tsx", Some(Language::Tsx)),
            ("a.h", Some(Language::C)),
            ("a.hpp", Some(Language::Cpp)),
            ("dir.rs/Gemfile", Some(Language::Ruby)),
            ("a.RS", None),
            ("rs", None),
            (".rs", None),
            ("Makefile", None),
            ("", None),
        ] {
            assert_eq!(Language::of_path(Path::new(path)), language, "{path}");
        }
    }

    #[test]
    fn files_of_tests_are_known_by_their_paths() {
        for (language, path, is_test) in [
            (Language::Rust, "tests/a.rs", true),
            (Language::Rust, "src/latest.rs", false),
            (Language::Python, "a/test_b.py", true),
            (Language::Python, "contest.py", false),
            (Language::JavaScript, "a.spec.js", true),
            (Language::JavaScript, "aspec.js", false),
            (Language::Go, "a_test.go", true),
            (Language::Go, "test_a.go", false),
            (Language::Java, "src/test/java/A.java", true),
            (Language::CSharp, "CartTests.cs", true),
            (Language::CSharp, "Latest.cs", false),
            (Language::Php, "CartTest.php", true),
            (Language::Cpp, "cart_unittest.cc", true),
            (Language::C, "testing.c", false),
            (Language::Ruby, "cart_spec.rb", true),
            (Language::Ruby, "inspect.rb", false),
        ] {
            assert_eq!(language.is_test_path(path), is_test, "{path}");
        }
    }

    #[test]
    fn an_interpreter_is_found_directly_and_through_env() {
        for (line, language) in [
            ("#!/usr/bin/python3.12 -u\nx", Some(Language::Python)),
            (
                "#! /usr/bin/env -S A=b node --x",
                Some(Language::JavaScript),
            ),
            ("#!/usr/bin/env ruby\r\n", Some(Language::Ruby)),
            ("#!/bin/sh", None),
            ("#!", None),
            ("#!/usr/bin/env", None),
            ("/usr/bin/python", None),
            ("\n#!/usr/bin/python", None),
        ] {
            assert_eq!(Language::of_first_line(line.as_bytes()), language, "{line}");
        }
    }

    #[test]
    fn only_a_file_without_an_extension_is_looked_into() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["tool", "tool.txt"] {
            std::fs::write(folder.path().join(name), "#!/usr/bin/env python3\n").unwrap();
        }
        let of = |name: &str| Language::of_file(&folder.path().join(name)).unwrap();
        assert_eq!(of("tool"), Some(Language::Python));
        assert_eq!(of("tool.txt"), None);
        assert_eq!(of("missing.rs"), Some(Language::Rust));
        assert!(Language::of_file(&folder.path().join("missing")).is_err());
    }
}
