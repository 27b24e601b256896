//! What the compiler says, as cargo hands it on: a line of JSON each.

use std::collections::BTreeSet;

use guildhall_source::cargo::{BuiltTarget, CargoMessage, Diagnostic, messages};

use crate::plan::ProbeSite;

/// Warnings that a new version of a crate brings.
const WARNINGS: [&str; 3] = ["deprecated", "unused_imports", "unused_mut"];

/// How many macros may lead to one another until the place where they were called.
const DEEPEST: usize = 100;

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

impl Checked {
    /// Reads what cargo wrote for the project at `root`, which is written as the compiler does.
    /// Lines that are no message are passed over: build scripts may write what they like.
    pub fn read(output: &[u8], root: &str) -> Self {
        let mut checked = Self::default();
        for message in messages(output).flatten() {
            checked.take(&message, root);
        }
        let failed = &checked.failed;
        checked.passed.retain(|manifest| !failed.contains(manifest));
        checked
    }

    fn take(&mut self, it: &CargoMessage, root: &str) {
        let manifest = it.manifest_path.as_deref();
        let manifest = manifest.and_then(|path| below(path, root));
        match (it.reason.as_str(), &it.message) {
            ("compiler-artifact", _) if is_build_script(it.target.as_ref()) => {}
            ("compiler-artifact", _) => self.passed.extend(manifest),
            ("build-finished", _) => self.is_success = it.success == Some(true),
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

/// Whether what was built is a build script: it is built before what the package needs, and so
/// also where that is refused.
fn is_build_script(target: Option<&BuiltTarget>) -> bool {
    target.is_some_and(|target| target.kind.iter().any(|kind| kind == "custom-build"))
}

/// The place in the project that a message is about: of an error within a macro of another
/// crate that where it was called.
fn site(message: &Diagnostic, root: &str) -> Option<ProbeSite> {
    let code = message.code();
    let code = match message.level.as_str() {
        "error" => code.unwrap_or("error"),
        "warning" => code.filter(|code| WARNINGS.contains(code))?,
        _ => return None,
    };
    let mut spans = message.primary()?.outwards().take(DEEPEST);
    spans.find_map(|span| {
        Some(ProbeSite {
            path: below(&span.file_name, root)?,
            line: span.line_start,
            column: span.column_start,
            code: code.to_owned(),
            message: message.message.clone(),
        })
    })
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
        json!({"file_name": file, "line_start": line, "column_start": 5, "line_end": line,
               "column_end": 9, "is_primary": true, "expansion": null})
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
    fn a_build_script_that_was_built_is_no_package_that_passed() {
        let artifact = |kind: &str| {
            json!({"reason": "compiler-artifact", "manifest_path": "/p/a/Cargo.toml",
                   "target": {"kind": [kind]}})
        };
        assert_eq!(read(&[artifact("custom-build")]).passed, BTreeSet::new());
        let passed = read(&[artifact("custom-build"), artifact("lib")]).passed;
        assert_eq!(passed, BTreeSet::from(["a/Cargo.toml".to_owned()]));
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
