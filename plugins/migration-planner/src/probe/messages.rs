//! What the compiler says, as cargo hands it on: a line of JSON each.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::plan::ProbeSite;

/// Warnings that a new version of a crate brings.
const WARNINGS: [&str; 3] = ["deprecated", "unused_imports", "unused_mut"];

/// How many macros may lead to one another until the place where they were called.
const DEEPEST: u32 = 100;

/// What a check came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// The places that it named, in files of the project.
    pub sites: BTreeSet<ProbeSite>,
    /// The manifests, below the root, of packages of which a target was refused.
    pub failed: BTreeSet<String>,
    /// Those of packages of which every target that was begun is fine.
    pub passed: BTreeSet<String>,
    /// Whether all was fine.
    pub is_success: bool,
}

#[derive(Deserialize)]
struct Line {
    reason: String,
    manifest_path: Option<String>,
    message: Option<Message>,
    success: Option<bool>,
}

#[derive(Deserialize)]
struct Message {
    message: String,
    level: String,
    code: Option<Code>,
    #[serde(default)]
    spans: Vec<Span>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

#[derive(Deserialize)]
struct Span {
    file_name: String,
    line_start: u32,
    column_start: u32,
    is_primary: bool,
    expansion: Option<Box<Expansion>>,
}

#[derive(Deserialize)]
struct Expansion {
    span: Span,
}

impl Checked {
    /// Reads what cargo wrote for the project at `root`, which is written as the compiler does.
    /// Lines that are no message are passed over: build scripts may write what they like.
    pub fn read(output: &[u8], root: &str) -> Self {
        let mut checked = Self::default();
        for line in output.split(|byte| *byte == b'\n') {
            if let Ok(line) = serde_json::from_slice::<Line>(line) {
                checked.line(&line, root);
            }
        }
        let failed = &checked.failed;
        checked.passed.retain(|manifest| !failed.contains(manifest));
        checked
    }

    fn line(&mut self, line: &Line, root: &str) {
        let manifest = line.manifest_path.as_deref();
        let manifest = manifest.and_then(|path| below(path, root));
        match (line.reason.as_str(), &line.message) {
            ("compiler-artifact", _) => self.passed.extend(manifest),
            ("build-finished", _) => self.is_success = line.success == Some(true),
            ("compiler-message", Some(message)) => {
                if message.level == "error" {
                    self.failed.extend(manifest);
                }
                self.sites.extend(site(message, root));
            }
            _ => {}
        }
    }
}

/// The place in the project that a message is about.
fn site(message: &Message, root: &str) -> Option<ProbeSite> {
    let code = message.code.as_ref().map(|code| code.code.as_str());
    let code = match message.level.as_str() {
        "error" => code.unwrap_or("error"),
        "warning" => code.filter(|code| WARNINGS.contains(code))?,
        _ => return None,
    };
    let span = message.spans.iter().find(|span| span.is_primary)?;
    let mut span = span;
    for _ in 0..DEEPEST {
        if let Some(path) = below(&span.file_name, root) {
            return Some(ProbeSite {
                path,
                line: span.line_start,
                column: span.column_start,
                code: code.to_owned(),
                message: message.message.clone(),
            });
        }
        // A macro of another crate: what was written here is where it was called.
        span = &span.expansion.as_ref()?.span;
    }
    None
}

/// A path below the root, with `/`: the compiler writes those of the project as they are
/// called from there, and others in full.
fn below(path: &str, root: &str) -> Option<String> {
    let below = match path.strip_prefix(root) {
        Some(below) => below.strip_prefix('/')?,
        None if path.starts_with(['/', '<']) => return None,
        None => path,
    };
    let is_within = below.split('/').all(|part| part != "..");
    (is_within && !below.is_empty()).then(|| below.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn span(file: &str, line: u32) -> Value {
        json!({"file_name": file, "line_start": line, "column_start": 5, "is_primary": true, "expansion": null})
    }

    fn message(level: &str, code: Option<&str>, spans: &Value) -> Value {
        let code = code.map(|code| json!({"code": code}));
        json!({
            "reason": "compiler-message",
            "manifest_path": "/p/a/Cargo.toml",
            "message": {"message": "it broke", "level": level, "code": code, "spans": spans},
        })
    }

    fn read(lines: &[Value]) -> Checked {
        let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
        Checked::read(lines.join("\n").as_bytes(), "/p")
    }

    fn places(checked: &Checked) -> Vec<(&str, u32, &str)> {
        let sites = checked.sites.iter();
        sites
            .map(|it| (it.path.as_str(), it.line, it.code.as_str()))
            .collect()
    }

    #[test]
    fn errors_and_the_warnings_of_a_migration_are_places() {
        let checked = read(&[
            message("error", Some("E0432"), &json!([span("a/src/lib.rs", 3)])),
            message(
                "warning",
                Some("deprecated"),
                &json!([span("a/src/lib.rs", 1)]),
            ),
            message(
                "warning",
                Some("dead_code"),
                &json!([span("a/src/lib.rs", 2)]),
            ),
            message("error", None, &json!([])),
            message("note", None, &json!([span("a/src/lib.rs", 9)])),
        ]);
        assert_eq!(
            places(&checked),
            [
                ("a/src/lib.rs", 1, "deprecated"),
                ("a/src/lib.rs", 3, "E0432")
            ]
        );
        assert!(!checked.is_success);
    }

    #[test]
    fn an_error_within_a_macro_of_another_crate_is_where_it_was_called() {
        let mut far = span("/elsewhere/m-1.0.0/lib.rs", 70);
        far["expansion"] = json!({"span": span("a/src/lib.rs", 4)});
        let nowhere = span("<some macros>", 1);
        let checked = read(&[
            message("error", Some("E0308"), &json!([far])),
            message("error", Some("E0001"), &json!([nowhere])),
        ]);
        assert_eq!(places(&checked), [("a/src/lib.rs", 4, "E0308")]);
    }

    #[test]
    fn a_package_with_one_refused_target_has_not_passed() {
        let artifact =
            |manifest: &str| json!({"reason": "compiler-artifact", "manifest_path": manifest});
        let checked = read(&[
            artifact("/p/a/Cargo.toml"),
            artifact("/p/b/Cargo.toml"),
            artifact("/elsewhere/Cargo.toml"),
            message("error", Some("E0432"), &json!([span("/p/a/src/lib.rs", 3)])),
            json!({"reason": "build-finished", "success": false}),
        ]);
        assert_eq!(checked.passed, BTreeSet::from(["b/Cargo.toml".to_owned()]));
        assert_eq!(checked.failed, BTreeSet::from(["a/Cargo.toml".to_owned()]));
        assert_eq!(places(&checked), [("a/src/lib.rs", 3, "E0432")]);
    }

    #[test]
    fn half_a_line_is_passed_over() {
        let whole = json!({"reason": "build-finished", "success": true}).to_string();
        let text = format!("built by hand\n{{\"reason\": \"compil\n{whole}\n");
        let checked = Checked::read(text.as_bytes(), "/p");
        assert!(checked.is_success && checked.sites.is_empty());
    }

    proptest! {
        #[test]
        fn any_output_is_survived(output in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Checked::read(&output, "/p").sites.is_empty());
        }
    }
}
