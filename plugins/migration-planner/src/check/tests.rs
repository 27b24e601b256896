//! What is said of the steps of plans, of small projects.

use std::fs;

use super::*;
use crate::difference::Class;
use crate::evidence::How;
use crate::plan::{
    Blocker, Companion, Found, Rollback, RustVersions, Size, Target, TargetKind, Tier, Use,
};

/// A project with the plan of a migration of `coins` from 1.4.0 to 2.0.0.
struct Place {
    root: tempfile::TempDir,
    plan: MigrationPlan,
}

fn target(name: &str, from: &str, to: &str, kind: TargetKind) -> Target {
    Target {
        name: name.to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        kind,
        source: None,
        features: Vec::new(),
        rust_version: RustVersions::default(),
        yanked: false,
        likely: false,
    }
}

fn step(id: &str, kind: StepKind, crates: &[&str], files: &[&str]) -> Step {
    let texts = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect();
    Step {
        id: id.to_owned(),
        kind,
        title: String::new(),
        crates: texts(crates),
        packages: Vec::new(),
        files: texts(files),
        takes: Vec::new(),
        after: Vec::new(),
        size: Size::default(),
        verify: "true".to_owned(),
        rollback: Rollback {
            how: "git revert".to_owned(),
            cannot: Vec::new(),
        },
        alternative: None,
        instructions: String::new(),
    }
}

fn used(change: &str, class: Class) -> Use {
    Use {
        line: 1,
        column: 1,
        change: change.to_owned(),
        class,
        confidence: 0.9,
        how: How::Path,
    }
}

impl Place {
    fn new(targets: Vec<Target>, steps: Vec<Step>) -> Self {
        let plan = MigrationPlan {
            targets,
            steps,
            ..crate::analyse::empty()
        };
        let root = tempfile::tempdir().unwrap();
        Self { root, plan }
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.root.path().join("project").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn lock(&self, packages: &[(&str, &str)]) {
        let packages = packages.iter().map(|(name, version)| {
            format!("[[package]]\nname = '{name}'\nversion = '{version}'\n")
        });
        self.write(
            "Cargo.lock",
            &format!("version = 4\n{}", packages.collect::<String>()),
        );
    }

    /// A file that must change, as it is now.
    fn file(&mut self, path: &str, text: &str, uses: Vec<Use>) {
        self.write(path, text);
        self.plan.files.push(File {
            path: path.to_owned(),
            tier: Tier::Must,
            score: 0.9,
            uses,
            seen: None,
        });
        seen::note(&mut self.plan, &self.root.path().join("project"));
    }

    fn check(&self) -> Check {
        let file = self.root.path().join("plan.json");
        fs::write(&file, serde_json::to_string(&self.plan).unwrap()).unwrap();
        let request = CheckRequest {
            plan: file.display().to_string(),
            path: Some(self.root.path().join("project").display().to_string()),
            ..CheckRequest::default()
        };
        check(&request).unwrap()
    }

    fn states(&self) -> Vec<State> {
        self.check().steps.iter().map(|it| it.state).collect()
    }
}

fn coins() -> Target {
    target("coins", "1.4.0", "2.0.0", TargetKind::Crate)
}

#[test]
fn what_is_tidied_up_last_is_done_only_when_the_old_version_is_gone() {
    let steps = vec![
        step("bump-1", StepKind::Bump, &["coins"], &[]),
        step("cleanup", StepKind::Cleanup, &["bank"], &[]),
    ];
    let mut place = Place::new(vec![coins()], steps);
    place.plan.blockers.push(Blocker {
        name: "bank".to_owned(),
        version: "1.0.0".to_owned(),
        holds: "coins".to_owned(),
        exposes: Vec::new(),
        ways: Vec::new(),
    });
    place.lock(&[("coins", "1.4.0")]);
    assert_eq!(place.states(), [State::Open, State::Open]);
    place.lock(&[("coins", "1.4.0"), ("coins", "2.0.1")]);
    assert_eq!(place.states(), [State::Done, State::Open]);
    place.lock(&[("coins", "2.0.1")]);
    assert_eq!(place.states(), [State::Done, State::Done]);
}

#[test]
fn a_companion_has_to_be_at_its_version_too() {
    let steps = vec![step("bump-1", StepKind::Bump, &["bank"], &[])];
    let mut place = Place::new(vec![coins()], steps);
    place.plan.companions.push(Companion {
        name: "bank".to_owned(),
        from: "1.0.0".to_owned(),
        to: Some("2.1.0".to_owned()),
        because: Vec::new(),
        found: Found::Index,
    });
    for (bank, state) in [
        ("1.0.0", State::Open),
        ("2.0.0", State::Open),
        ("2.1.3", State::Done),
    ] {
        place.lock(&[("coins", "2.0.0"), ("bank", bank)]);
        assert_eq!(place.states(), [state], "{bank}");
    }
}

#[test]
fn a_step_is_done_by_the_changes_that_it_takes() {
    let mut prepare = step("prepare-1", StepKind::Prepare, &[], &["a.rs"]);
    prepare.takes = vec!["coins::value".to_owned()];
    let steps = vec![
        prepare,
        step("bump-1", StepKind::Bump, &["coins"], &["a.rs"]),
    ];
    let mut place = Place::new(vec![coins()], steps);
    let uses = vec![
        used("coins::value", Class::Deprecated),
        used("coins::Purse", Class::Removed),
    ];
    place.file("a.rs", "value(Purse)", uses);
    place.lock(&[("coins", "1.4.0")]);
    assert_eq!(place.states(), [State::Open, State::Open]);
    place.write("a.rs", "worth(Purse)");
    assert_eq!(place.states(), [State::Done, State::Open]);
    place.write("a.rs", "worth(Sack)");
    assert_eq!(place.states(), [State::Done, State::Begun]);
    place.lock(&[("coins", "2.0.0")]);
    assert_eq!(place.states(), [State::Done, State::Done]);
}

#[test]
fn an_edition_is_reached_when_every_package_that_moves_is_of_it() {
    let mut edition = step("edition", StepKind::Bump, &[], &[]);
    edition.packages = vec!["a".to_owned(), "b".to_owned()];
    let mut format = step("format", StepKind::Format, &[], &["a/src/lib.rs"]);
    format.packages.clone_from(&edition.packages);
    let to = target("edition", "2021", "2024", TargetKind::Edition);
    let mut place = Place::new(vec![to], vec![edition, format]);
    place.file("a/src/lib.rs", "fn a() {}\n", Vec::new());
    let member = |name: &str, rest: &str| {
        let text = format!("[package]\nname = '{name}'\nversion = '0.1.0'\n{rest}\n");
        place.write(&format!("{name}/Cargo.toml"), &text);
    };
    let root = |edition: &str| {
        let text = format!(
            "[workspace]\nmembers = ['a', 'b']\n[workspace.package]\nedition = '{edition}'\n"
        );
        place.write("Cargo.toml", &text);
    };
    root("2021");
    member("a", "edition.workspace = true");
    // Without a word it is of the first edition.
    member("b", "");
    assert_eq!(place.states(), [State::Open, State::Open]);
    root("2024");
    assert_eq!(place.states(), [State::Open, State::Open]);
    member("b", "edition = '2024'");
    // Whatever is done to the files: that they are laid out anew only the formatter says.
    place.write("a/src/lib.rs", "fn a() { }\n");
    assert_eq!(place.states(), [State::Done, State::Open]);
    assert_eq!(place.check().steps[1].open, [BY_COMMAND]);
}

#[test]
fn a_framework_is_looked_for_where_the_plan_found_it() {
    let to = target("react", "17.0.2", "18", TargetKind::Framework);
    let place = Place::new(vec![to], vec![step("bump-1", StepKind::Bump, &[], &[])]);
    let asks = |name: &str, version: &str| {
        let text = format!("{{\"dependencies\": {{\"react\": \"{version}\"}}}}");
        place.write(name, &text);
    };
    place.write("package.json", "{\"dependencies\": {}}");
    asks("packages/web/package.json", "^17.0.2");
    asks("node_modules/other/package.json", "^18.0.0");
    assert_eq!(place.states(), [State::Open]);
    asks("packages/web/package.json", "^18.2.0");
    assert_eq!(place.states(), [State::Done]);
}

#[test]
fn a_step_of_which_nothing_can_be_seen_is_not_done() {
    let place = Place::new(
        Vec::new(),
        vec![step("bump-1", StepKind::Bump, &["coins"], &[])],
    );
    place.lock(&[("coins", "1.4.0")]);
    assert_eq!(place.states(), [State::Open]);
    assert_eq!(place.check().steps[0].open, [BY_COMMAND]);
}
