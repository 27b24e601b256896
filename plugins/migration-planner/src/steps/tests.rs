//! Tests of the steps: each has a way back and a command, and no edge without a reason.

use super::*;
use crate::difference::Class;
use crate::evidence::How;
use crate::plan::{Shown, StepKind, TargetKind};

fn target(name: &str) -> Target {
    Target {
        name: name.to_owned(),
        from: "0.2.9".to_owned(),
        to: "1.1.0".to_owned(),
        kind: TargetKind::Crate,
        source: None,
        features: Vec::new(),
        rust_version: crate::plan::RustVersions::default(),
        yanked: false,
        likely: false,
    }
}

fn change(id: &str, class: Class, to: Option<&str>) -> Change {
    Change {
        id: id.to_owned(),
        class,
        old: None,
        new: None,
        to: to.map(str::to_owned),
        covers: 1,
        note: None,
    }
}

fn file(path: &str, uses: &[(u32, &str, How)]) -> File {
    let uses = uses.iter().map(|(line, change, how)| Use {
        line: *line,
        column: 1,
        change: (*change).to_owned(),
        class: Class::Removed,
        confidence: 0.9,
        how: *how,
    });
    File {
        path: path.to_owned(),
        tier: Tier::Must,
        score: 0.9,
        uses: uses.collect(),
        seen: None,
    }
}

fn part(name: &str, folder: &str, needs: &[&str]) -> Part {
    Part {
        name: name.to_owned(),
        folder: folder.to_owned(),
        requires: ["http".to_owned()].into(),
        needs: needs.iter().map(|name| (*name).to_owned()).collect(),
        ..Part::default()
    }
}

/// A workspace of two packages, with a name that the old version has a successor for.
struct Case {
    targets: Vec<Target>,
    blockers: Vec<Blocker>,
    files: Vec<File>,
    changes: Vec<Change>,
    parts: Vec<Part>,
    offered: &'static [&'static str],
}

fn case() -> Case {
    Case {
        targets: vec![target("http")],
        blockers: Vec::new(),
        files: vec![
            file(
                "a/src/lib.rs",
                &[(3, "http::Body", How::Path), (9, "http::old", How::Path)],
            ),
            file("b/src/lib.rs", &[(5, "http::Body", How::Path)]),
        ],
        changes: vec![
            change("http::Body", Class::Removed, None),
            change("http::old", Class::Deprecated, Some("http::new")),
        ],
        parts: vec![part("a", "a", &[]), part("b", "b", &["a"])],
        offered: &["http::new"],
    }
}

fn steps_of(case: &Case) -> Vec<Step> {
    steps(&Facts {
        targets: &case.targets,
        updates: &[],
        companions: &[],
        blockers: &case.blockers,
        files: &case.files,
        changes: &case.changes,
        parts: &case.parts,
        offers: &|path| case.offered.contains(&path),
        edition: None,
    })
}

fn ids(steps: &[Step]) -> Vec<&str> {
    steps.iter().map(|step| step.id.as_str()).collect()
}

#[test]
fn packages_that_can_move_alone_have_a_step_each() {
    let steps = steps_of(&case());
    assert_eq!(ids(&steps), ["prepare-1", "bump-1", "bump-2"]);
    assert_eq!(steps[1].files, ["a/src/lib.rs"]);
    assert_eq!(steps[2].files, ["b/src/lib.rs"]);
}

#[test]
fn preparation_needs_nothing_and_comes_before_the_step_of_its_files() {
    let steps = steps_of(&case());
    assert!(steps[0].after.is_empty());
    assert_eq!(steps[0].kind, StepKind::Prepare);
    assert_eq!(steps[0].size.places, 1);
    assert_eq!(steps[1].after[0].step, "prepare-1");
    assert!(steps[2].after.is_empty(), "its files were not prepared");
}

#[test]
fn a_successor_that_the_old_version_has_not_is_no_preparation() {
    let case = Case {
        offered: &[],
        ..case()
    };
    assert_eq!(ids(&steps_of(&case)), ["bump-1", "bump-2"]);
}

#[test]
fn packages_that_exchange_types_are_one_step_which_says_why() {
    let mut case = case();
    case.parts[0].shows = vec![Shown {
        name: "http".to_owned(),
        item: "http::Body".to_owned(),
        place: "a::serve".to_owned(),
    }];
    let steps = steps_of(&case);
    assert_eq!(ids(&steps), ["prepare-1", "bump-1"]);
    assert_eq!(steps[1].files.len(), 2);
    let told = &steps[1].instructions;
    assert!(
        told.contains("b moves with a: a::serve shows `http::Body`"),
        "{told}"
    );
}

#[test]
fn every_file_that_must_change_is_in_exactly_one_step_that_moves() {
    let mut case = case();
    // One that needs the crate's users by another package only, and one of no package.
    for (name, needs) in [("mid", "b"), ("app", "mid")] {
        let mut more = part(name, name, &[needs]);
        more.requires.clear();
        case.parts.push(more);
    }
    for path in ["app/src/main.rs", "tools/x.rs"] {
        case.files.push(file(path, &[(1, "http::Body", How::Path)]));
    }
    let steps = steps_of(&case);
    for file in &case.files {
        let moving = steps.iter().filter(|step| step.kind == StepKind::Bump);
        let with_it = moving.filter(|step| step.files.contains(&file.path));
        assert_eq!(with_it.count(), 1, "{}", file.path);
    }
    // `app` comes to `b` by way of `mid`, and to `a` by way of `b`.
    assert!(steps[1].files.contains(&"app/src/main.rs".to_owned()));
}

#[test]
fn every_step_has_a_way_back_and_a_command() {
    let mut case = case();
    case.blockers = vec![Blocker {
        name: "web".to_owned(),
        version: "4.0.0".to_owned(),
        holds: "http".to_owned(),
        exposes: vec!["http::Request".to_owned()],
        ways: Vec::new(),
    }];
    let steps = steps_of(&case);
    assert_eq!(ids(&steps).last(), Some(&"cleanup"));
    for step in &steps {
        assert!(!step.rollback.how.is_empty(), "{step:?}");
        assert!(step.verify.contains("cargo "), "{step:?}");
        assert!(step.instructions.contains(&step.verify), "{step:?}");
    }
    let last = steps.last().unwrap();
    assert_eq!(
        last.verify,
        "cargo check --workspace --all-targets && \
         ! cargo tree --workspace --target all --invert http@0.2"
    );
    assert_eq!(last.after[0].because, "http::Request");
}

#[test]
fn what_cannot_be_taken_back_is_said() {
    let mut case = case();
    case.targets[0].rust_version.new = Some("1.9".to_owned());
    case.targets[0].rust_version.yours = Some("1.10".to_owned());
    let cannot = |case: &Case| steps_of(case)[1].rollback.cannot.clone();
    assert!(cannot(&case).is_empty(), "1.10 is newer than 1.9");
    case.targets[0].rust_version.new = Some("1.10.0".to_owned());
    assert!(cannot(&case).is_empty(), "1.10.0 is 1.10");
    case.targets[0].rust_version.new = Some("1.80.1".to_owned());
    assert_eq!(cannot(&case), [crate::plan::Irreversible::RustVersion]);
}

#[test]
fn an_edition_is_a_step_and_its_layout_another_after_it() {
    let work = EditionWork {
        to: "2024".to_owned(),
        packages: vec!["a".to_owned()],
        all_packages: 2,
        code: vec!["a/src/lib.rs".to_owned()],
        places: vec!["a/src/lib.rs:3 an attribute".to_owned()],
        format: vec!["a/src/lib.rs".to_owned(), "a/src/b.rs".to_owned()],
        formatter: "rustfmt 1.8.0".to_owned(),
    };
    let steps = steps(&Facts {
        targets: &[],
        updates: &[],
        companions: &[],
        blockers: &[],
        files: &[],
        changes: &[],
        parts: &[],
        offers: &|_| false,
        edition: Some(&work),
    });
    assert_eq!(ids(&steps), ["edition", "format"]);
    assert_eq!(steps[0].verify, "cargo check -p a --all-targets");
    assert_eq!(steps[1].after[0].step, "edition");
    assert!(steps[1].instructions.contains(".git-blame-ignore-revs"));
}

#[test]
fn every_change_of_an_item_is_told() {
    let mut case = case();
    case.changes = vec![
        change("http::Body", Class::Removed, None),
        change("http::old", Class::Deprecated, Some("http::new")),
        change("http::old", Class::Parameter, None),
    ];
    let steps = steps_of(&case);
    assert_eq!(ids(&steps)[0], "prepare-1", "its successor is there");
    let told = &steps[1].instructions;
    assert!(told.matches("http::old").count() >= 3, "{told}");
}

#[test]
fn old_versions_are_named_by_what_is_compatible_with_them() {
    for (version, family) in [
        ("1.2.3", "1"),
        ("0.14.27", "0.14"),
        ("0.0.3", "0.0.3"),
        ("2.0.0-rc.1", "2.0.0-rc.1"),
        ("1.2.3+build", "1"),
        ("no version", "no version"),
    ] {
        assert_eq!(family_of(version), family);
    }
}
