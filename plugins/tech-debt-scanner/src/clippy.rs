//! Findings of clippy, taken from what `cargo clippy --message-format=json` has written.
//!
//! Clippy needs a build, and a build runs code of the project and of what it depends on, so
//! it is never run here. Who builds anyway hands over the messages, and gets all findings in
//! one report and one baseline.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use guildhall_core::path_text;
use guildhall_report::{Finding, Location, Position, Rule, Severity, Skipped};
use guildhall_source::cargo::{CargoMessage, messages};
use guildhall_source::read::{ReadFailure, read_file};

use crate::tree::Tree;

/// What the ids of clippy's lints begin with.
const PREFIX: &str = "clippy::";

/// Largest file of messages in bytes.
const LARGEST: u64 = 256 * 1024 * 1024;

/// What was written, not yet looked at.
#[derive(Debug)]
pub(crate) struct Messages {
    /// The file, as it was named.
    name: String,
    bytes: Vec<u8>,
}

/// What came of the messages.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) findings: Vec<Finding>,
    /// One for each lint that has found something, ordered by id.
    pub(crate) rules: Vec<Rule>,
    /// That lines were no messages, where some were not.
    pub(crate) skipped: Vec<Skipped>,
}

/// Why messages cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("the option `with_clippy`: {path} {problem}")]
pub struct ClippyError {
    /// The file as it was named.
    pub path: String,
    /// What is wrong with it, and what would be right.
    pub problem: String,
}

/// A lint at a place, as it is ordered and told from others.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    path: String,
    start: Position,
    end: Position,
    lint: String,
    message: String,
    severity: Severity,
}

impl Messages {
    /// Reads the file.
    ///
    /// # Errors
    /// [`ClippyError`] where it cannot be read.
    pub(crate) fn read(path: &str) -> Result<Self, ClippyError> {
        let problem = |problem: String| ClippyError {
            path: format!("`{path}`"),
            problem,
        };
        if path == "-" {
            return Err(problem(
                "would be standard input, which an agent does not have; write what cargo prints \
                 to a file and name that"
                    .to_owned(),
            ));
        }
        let bytes = read_file(&path_text::decode(path), LARGEST).map_err(|failure| {
            let reason = match failure {
                ReadFailure::Unreadable(error) => error.to_string(),
                other => other.skipped(path).reason,
            };
            problem(format!(
                "cannot be read: {reason}; name a file with what `cargo clippy \
                 --message-format=json` has printed"
            ))
        })?;
        Ok(Self {
            name: path.to_owned(),
            bytes,
        })
    }

    /// The file that they are from.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// All that is in it.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The lints in files of `tree`, which is that of `root`.
    pub(crate) fn take(&self, root: &Path, tree: &Tree) -> Taken {
        let known = tree.files.iter().map(|file| file.name.as_str()).collect();
        let places = Places::new(root, known);
        let mut hits = BTreeSet::new();
        let mut malformed = 0_u64;
        for message in messages(&self.bytes) {
            match message {
                // A file is checked once for each target that it is part of.
                Some(message) => hits.extend(hit(message, &places)),
                None => malformed += 1,
            }
        }
        Taken {
            rules: rules(&hits),
            findings: findings(hits),
            skipped: (malformed > 0)
                .then(|| self.malformed(malformed))
                .into_iter()
                .collect(),
        }
    }

    fn malformed(&self, lines: u64) -> Skipped {
        let lines = match lines {
            1 => "1 line is no message".to_owned(),
            lines => format!("{lines} lines are no messages"),
        };
        let reason = format!("{lines} of cargo; write standard output alone to the file");
        Skipped::new(&self.name, "malformed-messages", reason)
    }
}

fn hit(it: CargoMessage, places: &Places<'_>) -> Option<Hit> {
    let message = it.message.filter(|_| it.reason == "compiler-message")?;
    let lint = message.code().filter(|code| code.starts_with(PREFIX))?;
    // The call of the outermost macro, where the code comes from one: what the macro is made of
    // may be another's.
    let span = message.primary()?.outwards().last()?;
    let path = places.name_of(&span.file_name, it.manifest_path.as_deref())?;
    let position = |line, column| Position { line, column };
    Some(Hit {
        path,
        start: position(span.line_start, span.column_start),
        end: position(span.line_end, span.column_end),
        lint: lint.to_owned(),
        severity: match message.level.as_str() {
            "error" => Severity::Major,
            "warning" => Severity::Minor,
            _ => Severity::Info,
        },
        message: message.message,
    })
}

fn findings(hits: BTreeSet<Hit>) -> Vec<Finding> {
    let mut namesakes: BTreeMap<(String, String, String), u32> = BTreeMap::new();
    let findings = hits.into_iter().map(|hit| {
        let name = (hit.path.clone(), hit.lint.clone(), hit.message.clone());
        let ordinal = namesakes.entry(name).or_default();
        let place = Location::range(&hit.path, hit.start, hit.end);
        let mut finding = Finding::new(&hit.lint, hit.severity, place, &hit.message)
            .with_identity(&[&hit.message], *ordinal);
        "clippy has found it when the project was built".clone_into(&mut finding.reason);
        *ordinal += 1;
        finding
    });
    findings.collect()
}

fn rules(hits: &BTreeSet<Hit>) -> Vec<Rule> {
    let lints: BTreeSet<&str> = hits.iter().map(|hit| hit.lint.as_str()).collect();
    lints.into_iter().map(rule).collect()
}

fn rule(lint: &str) -> Rule {
    let name = lint.trim_start_matches(PREFIX);
    let title = format!("Clippy's lint {name}");
    let what = "What clippy says of the code, as a build has reported it.";
    let why = format!(
        "Clippy explains it at https://rust-lang.github.io/rust-clippy/master/index.html#{name}."
    );
    let measured = "By clippy, in the build whose messages were given with `--with-clippy`. Its \
                    errors are major, its warnings minor, all else is info.";
    Rule::new(lint, Severity::Minor, title, what, why)
        .with_measured(measured)
        .with_language("rust")
}

/// Finds the files of a tree by the names that the compiler has for them.
struct Places<'a> {
    root: PathBuf,
    known: BTreeSet<&'a str>,
}

impl<'a> Places<'a> {
    fn new(root: &Path, known: BTreeSet<&'a str>) -> Self {
        Self {
            root: root.canonicalize().unwrap_or_else(|_| root.to_owned()),
            known,
        }
    }

    /// The name in the tree. The compiler's are relative to the workspace, which is the
    /// package's folder or one above, or above the root where the messages come from
    /// another machine.
    fn name_of(&self, file_name: &str, manifest: Option<&str>) -> Option<String> {
        let file = Path::new(file_name);
        let package = manifest.map(Path::new).and_then(Path::parent);
        let around_package = package.into_iter().flat_map(Path::ancestors);
        let mut workspaces = around_package.chain(self.root.ancestors());
        workspaces.find_map(|workspace| self.known_name(&workspace.join(file)))
    }

    fn known_name(&self, path: &Path) -> Option<String> {
        let path = without_dots(path);
        let below = path.strip_prefix(&self.root).ok()?;
        let name = path_text::encode(below);
        self.known.contains(name.as_str()).then_some(name)
    }
}

/// The path as it reads, without `.` and `..`.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::cargo::CargoFiles;
    use crate::facts;

    fn tree(names: &[&str]) -> Tree {
        let file = |name: &&str| facts::File {
            name: (*name).to_owned(),
            ..facts::File::default()
        };
        Tree::new(
            names.iter().map(file).collect(),
            Vec::new(),
            CargoFiles::default(),
        )
    }

    fn span(file: &str, line: u32) -> Value {
        json!({"file_name": file, "line_start": line, "column_start": 5, "line_end": line,
               "column_end": 9, "is_primary": true, "expansion": null, "text": []})
    }

    fn message(lint: &str, level: &str, span: &Value) -> Value {
        json!({"reason": "compiler-message", "manifest_path": "/w/a/Cargo.toml",
               "message": {"code": {"code": lint}, "level": level, "message": "said",
                           "spans": [span], "children": []}})
    }

    fn take(root: &str, names: &[&str], lines: &[Value]) -> Taken {
        let text: Vec<String> = lines.iter().map(Value::to_string).collect();
        let messages = Messages {
            name: "clippy.json".to_owned(),
            bytes: text.join("\n").into_bytes(),
        };
        messages.take(Path::new(root), &tree(names))
    }

    /// Rule, place and severity of each finding.
    fn short(taken: &Taken) -> Vec<String> {
        let line = |finding: &Finding| {
            let place = finding.location.as_ref().unwrap();
            let start = place.start.unwrap();
            format!(
                "{} {}:{} {}",
                finding.rule, place.path, start.line, finding.severity
            )
        };
        taken.findings.iter().map(line).collect()
    }

    #[test]
    fn lints_become_findings_and_other_messages_do_not() {
        let lines = [
            message(
                "clippy::needless_return",
                "warning",
                &span("a/src/lib.rs", 3),
            ),
            message("clippy::unwrap_used", "error", &span("a/src/lib.rs", 1)),
            message("unused_variables", "warning", &span("a/src/lib.rs", 4)),
            json!({"reason": "build-finished", "success": true}),
            json!({"reason": "compiler-artifact", "manifest_path": "/w/a/Cargo.toml"}),
        ];
        let taken = take("/w", &["a/src/lib.rs"], &lines);
        assert_eq!(
            short(&taken),
            [
                "clippy::unwrap_used a/src/lib.rs:1 major",
                "clippy::needless_return a/src/lib.rs:3 minor",
            ]
        );
        let rules: Vec<&str> = taken.rules.iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!(rules, ["clippy::needless_return", "clippy::unwrap_used"]);
        assert!(taken.skipped.is_empty());
    }

    #[test]
    fn a_file_of_two_targets_has_its_lints_once_and_copies_are_told_apart() {
        let one = message("clippy::x", "warning", &span("a/src/lib.rs", 3));
        let other = message("clippy::x", "warning", &span("a/src/lib.rs", 9));
        let taken = take("/w", &["a/src/lib.rs"], &[one.clone(), other, one]);
        assert_eq!(taken.findings.len(), 2);
        assert_ne!(taken.findings[0].fingerprint, taken.findings[1].fingerprint);
    }

    #[test]
    fn what_comes_from_a_macro_is_where_the_outermost_call_stands() {
        let mut within = span("/rustc/library/core/src/macros.rs", 3);
        let mut between = span("a/src/macros.rs", 4);
        between["expansion"] = json!({"span": span("a/src/lib.rs", 7)});
        within["expansion"] = json!({"span": between});
        let lines = [message("clippy::x", "warning", &within)];
        let taken = take("/w", &["a/src/lib.rs", "a/src/macros.rs"], &lines);
        assert_eq!(short(&taken), ["clippy::x a/src/lib.rs:7 minor"]);
    }

    #[test]
    fn only_files_of_the_tree_have_findings_however_they_are_named() {
        let found = |root: &str, file: &str| {
            let lines = [message("clippy::x", "warning", &span(file, 1))];
            let taken = take(root, &["src/lib.rs", "src/b.rs"], &lines);
            taken
                .findings
                .first()
                .map(|finding| finding.path().unwrap().to_owned())
        };
        let lib = Some("src/lib.rs".to_owned());
        // Relative to the workspace, whose folder may be scanned or one below.
        assert_eq!(found("/w/a", "a/src/lib.rs"), lib);
        assert_eq!(found("/w/a", "src/lib.rs"), lib);
        assert_eq!(found("/w/a", "/w/a/src/lib.rs"), lib);
        assert_eq!(found("/w/a", "a/src/../src/./lib.rs"), lib);
        // Of another machine.
        assert_eq!(found("/elsewhere/w/a", "a/src/lib.rs"), lib);
        for outside in [
            "b/src/lib.rs",
            "/w/b/src/lib.rs",
            "../b/src/lib.rs",
            "a/target/x.rs",
            "",
        ] {
            assert_eq!(found("/w/a", outside), None, "{outside}");
        }
    }

    #[test]
    fn lines_that_are_no_messages_are_counted() {
        let messages = Messages {
            name: "clippy.json".to_owned(),
            bytes: b"warning: x\n\n{\"reason\": 3}\n\xff\n{\"reason\": \"other\"}\r\n".to_vec(),
        };
        let taken = messages.take(Path::new("/w"), &tree(&[]));
        assert_eq!(taken.skipped.len(), 1);
        assert!(
            taken.skipped[0]
                .reason
                .starts_with("3 lines are no messages")
        );
    }

    #[test]
    fn standard_input_and_what_is_no_file_are_refused() {
        for (path, expected) in [
            ("-", "standard input"),
            ("no/such/file", "cannot be read"),
            (".", "no regular file"),
        ] {
            let error = Messages::read(path).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains(path), "{error}");
        }
    }
}
