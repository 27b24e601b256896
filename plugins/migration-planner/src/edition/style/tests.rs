//! The format step, by the formatter of this machine and by programs that play one.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use super::*;

/// A text whose imports the style of 2024 sorts otherwise.
const SORTED_BEFORE: &str = "use a::{a, z10, z9, B};\n";
const SORTED_AFTER: &str = "use a::{B, a, z9, z10};\n";

/// A project, with a folder beside it in which programs are run.
struct Place {
    root: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["project/sub", "empty"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        Self { root }
    }

    fn setting(&self) -> Setting {
        let passed = ["PATH", "HOME", "RUSTUP_HOME", "CARGO_HOME"];
        let passed = passed
            .iter()
            .filter_map(|name| Some(((*name).into(), std::env::var_os(name)?)));
        Setting {
            program: "cargo".into(),
            leading: Vec::new(),
            folder: self.root.path().join("empty"),
            environment: passed.collect(),
        }
    }

    /// A program that says this of its version, and beyond that does `then`.
    fn program(&self, version: &str, then: &str) -> OsString {
        let path = self.root.path().join("formatter");
        let text = format!(
            "#!/bin/sh\nif [ \"$1\" = --version ]; then echo '{version}'; exit; fi\n{then}\n"
        );
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.into()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.root.path().join("project").join(name), text).unwrap();
    }

    fn step_by(&self, program: &OsStr, files: &[(&str, &str)]) -> Result<StyleStep, StyleFailure> {
        let is_cancelled = || false;
        let watch = Watch::new(&is_cancelled).within(Duration::from_secs(120));
        let files: Vec<StyleFile> = files
            .iter()
            .map(|(path, text)| StyleFile {
                path: (*path).to_owned(),
                text: (*text).to_owned(),
                from: Edition::E2021,
            })
            .collect();
        let rustfmt = Rustfmt::new(program, &self.setting(), &watch)?;
        let project = self.root.path().join("project");
        rustfmt.step(&project, &files, Edition::E2024, 2, &watch)
    }

    fn step(&self, files: &[(&str, &str)]) -> StyleStep {
        self.step_by(OsStr::new("rustfmt"), files).unwrap()
    }
}

#[test]
fn files_that_both_styles_lay_out_alike_are_not_in_the_step() {
    let place = Place::new();
    let step = place.step(&[
        ("b.rs", SORTED_BEFORE),
        ("c.rs", "fn f() {}\n"),
        ("a.rs", SORTED_BEFORE),
    ]);
    assert_eq!(step.files, ["a.rs", "b.rs"]);
    assert!(step.is_followed() && step.unclean.is_empty());
    assert_eq!(step.looked_at, 3);
    assert!(step.version.starts_with("rustfmt 1."), "{}", step.version);
}

#[test]
fn a_pinned_style_has_no_format_step() {
    let place = Place::new();
    place.write("sub/.rustfmt.toml", "style_edition = \"2021\"\n");
    let files = [("a.rs", SORTED_BEFORE), ("sub/b.rs", SORTED_BEFORE)];
    let step = place.step(&files);
    assert_eq!(step.files, ["a.rs"]);
    assert_eq!(
        step.pinned,
        [("sub/b.rs".to_owned(), "sub/.rustfmt.toml".to_owned())]
    );
    place.write("sub/.rustfmt.toml", "edition = \"2021\"\n");
    assert_eq!(
        place.step(&files).files.len(),
        2,
        "an edition pins no style"
    );
}

#[test]
fn the_projects_own_settings_are_obeyed() {
    let place = Place::new();
    let wide = "fn f() {\n    let aaaaaaaaaaaaaaaaaaaaaaaaaaaaa = bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb(ccccccccccccccccccccccccccccccccccc, 1);\n}\n";
    assert_eq!(place.step(&[("a.rs", wide)]).unclean, ["a.rs"]);
    place.write("rustfmt.toml", "max_width = 140\n");
    assert_eq!(place.step(&[("a.rs", wide)]).unclean, [""; 0]);
}

#[test]
fn a_project_that_does_not_follow_the_formatter_need_not_follow_it_now() {
    let place = Place::new();
    let step = place.step(&[("a.rs", "fn  f( ) { }\n"), ("b.rs", SORTED_BEFORE)]);
    assert_eq!(
        (step.unclean.as_slice(), step.is_followed()),
        (&["a.rs".to_owned()][..], false)
    );
    assert_eq!(step.files, ["b.rs"], "layout alone is not the other style");
    assert_eq!(place.step(&[("b.rs", SORTED_AFTER)]).unclean, ["b.rs"]);
}

#[test]
fn what_is_not_rust_is_refused_and_the_rest_laid_out() {
    let place = Place::new();
    let step = place.step(&[("a.rs", "fn f( {"), ("b.rs", SORTED_BEFORE)]);
    assert_eq!(step.files, ["b.rs"]);
    assert_eq!(step.refused[0].0, "a.rs");
    assert!(!step.refused[0].1.is_empty());
    assert_eq!(step.looked_at, 1);
}

#[test]
fn no_formatter_and_an_old_one_are_told() {
    let place = Place::new();
    let missing = place.root.path().join("no-such-program");
    let failure = place.step_by(missing.as_os_str(), &[]).unwrap_err();
    assert!(
        failure.to_string().contains("rustup component add rustfmt"),
        "{failure}"
    );
    let old = place.program("rustfmt 1.7.1-stable", "cat");
    let failure = place.step_by(&old, &[]).unwrap_err();
    assert!(
        failure.to_string().contains("this is rustfmt 1.7.1-stable"),
        "{failure}"
    );
    let new = place.program("rustfmt 1.8.0-stable", "cat");
    assert!(place.step_by(&new, &[]).is_ok());
}

#[test]
fn a_formatter_that_fails_gives_its_reason() {
    let place = Place::new();
    let broken = place.program(
        "rustfmt 1.9.0",
        "echo 'Warning: unstable' >&2; echo 'no memory' >&2; exit 1",
    );
    let step = place.step_by(&broken, &[("a.rs", "")]).unwrap();
    assert_eq!(step.refused, [("a.rs".to_owned(), "no memory".to_owned())]);
}

#[test]
fn one_that_hangs_is_ended_when_the_caller_wants_it() {
    let place = Place::new();
    let started = place.root.path().join("started");
    let hanging = place.program(
        "rustfmt 1.9.0",
        &format!("touch '{}'; exec sleep 600", started.display()),
    );
    let is_cancelled = || started.exists();
    let watch = Watch::new(&is_cancelled).within(Duration::from_secs(120));
    let rustfmt = Rustfmt::new(&hanging, &place.setting(), &watch).unwrap();
    let file = |path: &str| StyleFile {
        path: path.to_owned(),
        text: String::new(),
        from: Edition::E2021,
    };
    let files = [file("a.rs"), file("b.rs"), file("c.rs")];
    let ended = rustfmt.step(place.root.path(), &files, Edition::E2024, 2, &watch);
    assert!(matches!(
        ended,
        Err(StyleFailure::Ended(SourceError::Cancelled))
    ));
}

#[test]
fn settings_that_are_a_link_or_no_toml_are_none() {
    let place = Place::new();
    let secret = place.root.path().join("secret");
    fs::write(&secret, "style_edition = \"2021\"\n").unwrap();
    std::os::unix::fs::symlink(&secret, place.root.path().join("project/rustfmt.toml")).unwrap();
    assert_eq!(place.step(&[("a.rs", SORTED_BEFORE)]).files, ["a.rs"]);
    place.write("sub/rustfmt.toml", "max_width = [");
    assert_eq!(
        place.step(&[("sub/a.rs", SORTED_BEFORE)]).files,
        ["sub/a.rs"]
    );
}
