//! All incompatible updates at once: what a maintainer sees who has not updated for long. The
//! crates are carried along by the project, and what versions there are is in cargo's copy of
//! an index, so that nothing is downloaded.

use std::fs;

use serde_json::{Value, json};

use super::WORKSPACE;
use crate::support::{Plugin, Sandbox, assert_golden};

const PLAN: [&str; 4] = ["migrate", "plan", "--offline", "--to-latest"];

/// A version of a crate: its name and version, what it needs, and its code.
type Release<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);

const PURSE: &str = "pub struct Purse;\nimpl Purse { pub fn put(&mut self, coin: u32) {} }\n";

/// `bank` shows types of `coins` on both sides, so they move together. `press` showed one of
/// `fonts` and does no more, so `fonts` comes after it. `stamps` holds `gum` at 2, and `ink` is
/// by itself.
const RELEASES: [Release<'_>; 16] = [
    ("coins", "1.4.0", &[], PURSE),
    (
        "coins",
        "2.0.0",
        &[],
        "pub struct Purse;\nimpl Purse { pub fn put(&mut self, coin: u32, count: u32) {} }\n",
    ),
    (
        "bank",
        "1.0.0",
        &[("coins", "^1.4")],
        "pub fn open() -> coins::Purse { coins::Purse }\n",
    ),
    (
        "bank",
        "2.1.0",
        &[("coins", "^2")],
        "pub fn open(name: &str) -> coins::Purse { coins::Purse }\n",
    ),
    (
        "fonts",
        "1.0.0",
        &[],
        "pub struct Font;\npub fn serif() -> Font { Font }\n",
    ),
    ("fonts", "2.0.0", &[], "pub struct Font;\n"),
    (
        "press",
        "1.0.0",
        &[("fonts", "^1")],
        "pub fn print(font: fonts::Font) {}\n",
    ),
    ("press", "2.0.0", &[], "pub fn print(font: &str) {}\n"),
    ("gum", "1.0.0", &[], "pub struct Glue;\npub fn old() {}\n"),
    ("gum", "2.0.0", &[], "pub struct Glue;\npub fn new() {}\n"),
    ("gum", "3.0.0", &[], "pub struct Paste;\n"),
    (
        "stamps",
        "1.0.0",
        &[("gum", "^1")],
        "pub fn lick(glue: gum::Glue) {}\n",
    ),
    (
        "stamps",
        "2.0.0",
        &[("gum", "^2")],
        "pub fn lick(glue: gum::Glue) {}\n",
    ),
    ("ink", "0.3.1", &[], "pub fn dip() {}\n"),
    ("ink", "0.4.0", &[], "pub fn dip(deep: bool) {}\n"),
    ("wax", "1.0.0", &[], "pub fn seal() {}\n"),
];

/// What the till uses, at the versions in its lock file.
const USED: [&str; 8] = [
    "coins", "bank", "fonts", "press", "gum", "stamps", "ink", "wax",
];

fn manifest((name, version, needs, _): Release<'_>) -> String {
    let mut text = format!(
        "[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2021\"\n[dependencies]\n"
    );
    for (needed, requirement) in needs {
        text += &format!("{needed} = \"{requirement}\"\n");
    }
    text
}

/// The first version of a crate, which is the one in use.
fn used(name: &str) -> Release<'static> {
    let mut releases = RELEASES.into_iter();
    releases.find(|it| it.0 == name).unwrap()
}

fn lock() -> String {
    let package = |name: &str| {
        let (_, version, needs, _) = used(name);
        let needs: Vec<String> = needs.iter().map(|(it, _)| format!("\"{it}\"")).collect();
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \
             \"registry+https://github.com/rust-lang/crates.io-index\"\ndependencies = [{}]\n",
            needs.join(", ")
        )
    };
    let used: Vec<String> = USED.iter().map(|name| package(name)).collect();
    let names: Vec<String> = USED.iter().map(|name| format!("\"{name}\"")).collect();
    format!(
        "version = 4\n{}[[package]]\nname = \"till\"\nversion = \"0.1.0\"\ndependencies = [{}]\n",
        used.concat(),
        names.join(", ")
    )
}

/// A version, whether it was taken back, and what it needs.
type Listed<'a> = (&'a str, bool, &'a [(&'a str, &'a str)]);

/// Writes what cargo has last seen of a crate's versions.
fn index(sandbox: &Sandbox, name: &str, versions: &[Listed<'_>]) {
    let pieces = versions.iter().map(|(version, yanked, needs)| {
        let needs: Vec<Value> = needs
            .iter()
            .map(|(name, req)| json!({"name": name, "req": req}))
            .collect();
        let entry = json!({"vers": version, "deps": needs, "yanked": yanked});
        format!("{version}\0{entry}\0")
    });
    let place = match name.len() {
        3 => format!("3/{}/{name}", &name[..1]),
        _ => format!("{}/{}/{name}", &name[..2], &name[2..4]),
    };
    let cache = sandbox
        .root()
        .join("home/.cargo/registry/index/registry-1/.cache");
    let file = cache.join(place);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let text = format!("\u{3}\u{2}\0etag\0{}", pieces.collect::<String>());
    fs::write(file, text).unwrap();
}

/// A package that uses eight crates, of which seven have an incompatible update.
fn project() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Planner]);
    sandbox.write("Cargo.toml", WORKSPACE.replace(", \"store\"", ""));
    sandbox.write("Cargo.lock", lock());
    sandbox.write(
        ".cargo/config.toml",
        "[source.kept]\ndirectory = \"vendor\"\n",
    );
    for release in RELEASES {
        let (name, version, _, code) = release;
        sandbox.write(
            &format!("vendor/{name}-{version}/Cargo.toml"),
            manifest(release),
        );
        sandbox.write(&format!("vendor/{name}-{version}/src/lib.rs"), code);
    }
    for name in USED {
        let of_it = RELEASES.iter().filter(|it| it.0 == name);
        let mut versions: Vec<Listed<'_>> = of_it.map(|it| (it.1, false, it.2)).collect();
        if name == "wax" {
            // What was taken back, and what is not finished, is no update.
            versions.extend([
                ("1.2.0", false, &[][..]),
                ("2.0.0", true, &[]),
                ("3.0.0-rc.1", false, &[]),
            ]);
        }
        index(&sandbox, name, &versions);
    }
    let needs: String = USED
        .iter()
        .map(|name| format!("{name} = \"{}\"\n", used(name).1))
        .collect();
    sandbox.write(
        "till/Cargo.toml",
        format!(
            "[package]\nname = \"till\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n{needs}"
        ),
    );
    sandbox.write(
        "till/src/lib.rs",
        "mod letter;\npub fn pay() {\n    let mut purse = bank::open();\n    purse.put(5);\n}\n",
    );
    sandbox.write(
        "till/src/letter.rs",
        "pub fn write() {\n    ink::dip();\n    press::print(fonts::serif());\n    gum::old();\n    \
         stamps::lick(gum::Glue);\n    wax::seal();\n}\n",
    );
    sandbox
}

fn planned(sandbox: &Sandbox, more: &[&str]) -> Value {
    let arguments = [&PLAN[..], &["--format", "json"], more].concat();
    sandbox.run(arguments).ended(0).json()["migrations"].clone()
}

#[test]
fn families_move_together_and_only_types_force_an_order() {
    let sandbox = project();
    for (format, golden) in [
        ("text", "migrate-latest.text"),
        ("json", "migrate-latest.json"),
        ("markdown", "migrate-latest.md"),
    ] {
        let ran = sandbox.run([&PLAN[..], &["--format", format]].concat());
        assert_golden(golden, &sandbox.filtered(&ran.ended(0).stdout));
    }
    let html = sandbox.run([&PLAN[..], &["--format", "html"]].concat());
    assert!(html.ended(0).stdout.contains("Order of the plans"));
    let all = planned(&sandbox, &[]);
    let plans = all["plans"].as_array().unwrap();
    let crates = |plan: &Value| -> Vec<String> {
        let targets = plan["plan"]["targets"].as_array().unwrap().iter();
        let text = |it: &Value, key: &str| it[key].as_str().unwrap().to_owned();
        targets
            .map(|it| format!("{} {}", text(it, "crate"), text(it, "to")))
            .collect()
    };
    let families: Vec<Vec<String>> = plans.iter().map(crates).collect();
    assert_eq!(
        families,
        [
            vec!["bank 2.1.0", "coins 2.0.0"],
            vec!["gum 2.0.0", "stamps 2.0.0"],
            vec!["ink 0.4.0"],
            vec!["press 2.0.0"],
            vec!["fonts 2.0.0"],
        ]
    );
    assert_eq!(plans[0]["because"][0]["item"], "coins::Purse");
    let edges: Vec<&Value> = plans
        .iter()
        .flat_map(|it| it["after"].as_array().unwrap())
        .collect();
    assert_eq!(
        edges,
        [&json!({"step": "press", "because": "press::print shows fonts::Font"})]
    );
    // When the fonts move, the press has moved and holds nothing back any more.
    assert_eq!(plans[4]["plan"]["blockers"], json!([]));
    let held = &all["held"];
    assert_eq!(
        (
            &held[0]["crate"],
            &held[0]["newest"],
            &held[0]["to"],
            &held[0]["by"]
        ),
        (
            &json!("gum"),
            &json!("3.0.0"),
            &json!("2.0.0"),
            &json!("stamps")
        )
    );
    assert_eq!(
        (&all["current"], &all["complete"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(all, planned(&sandbox, &[]), "the same again");
}

#[test]
fn one_plan_of_all_is_shown_checked_and_handed_over_by_its_name() {
    let sandbox = project();
    let all = sandbox
        .run([&PLAN[..], &["--format", "json"]].concat())
        .ended(0)
        .stdout;
    fs::write(sandbox.root().join("all.json"), all).unwrap();
    let migrate = |command: &str, more: &[&str]| {
        sandbox.run([&["migrate", command, "../all.json"][..], more].concat())
    };
    let whole = sandbox.run(PLAN).ended(0).stdout;
    assert_eq!(migrate("show", &[]).ended(0).stdout, whole);
    let alone = sandbox.run(["migrate", "plan", "--offline", "--crate", "ink@0.4.0"]);
    assert_eq!(
        migrate("show", &["--only", "ink"]).ended(0).stdout,
        alone.ended(0).stdout
    );
    let step = migrate("show", &["--only", "ink", "--step", "bump-1"])
        .ended(0)
        .stdout;
    assert!(step.contains("ink 0.3.1 -> 0.4.0"), "{step}");
    let check = migrate("check", &["--only", "press"]).ended(0).stdout;
    assert!(
        check.contains("press 1.0.0 -> 2.0.0: 0 of 1 steps done"),
        "{check}"
    );
    let by_hand = migrate("run", &["--only", "fonts"]).ended(0).stdout;
    assert!(by_hand.contains("fonts::serif"), "{by_hand}");
    for (command, more, told) in [
        ("check", &[][..], "by --only: bank, gum, ink, press, fonts"),
        ("run", &[], "by --only: bank"),
        (
            "show",
            &["--only", "coins"],
            "the plan has no plan `coins`; name one",
        ),
        ("show", &["--step", "bump-1"], "by --only: bank"),
    ] {
        let ran = migrate(command, more);
        assert_eq!(ran.code, Some(3), "{command} {more:?}: {ran}");
        assert!(ran.stderr.contains(told), "{command} {more:?}: {ran}");
    }
    let one = sandbox.run([
        "migrate",
        "plan",
        "--offline",
        "--crate",
        "ink@0.4.0",
        "--format",
        "json",
    ]);
    fs::write(sandbox.root().join("one.json"), one.ended(0).stdout).unwrap();
    let ran = sandbox.run(["migrate", "show", "../one.json", "--only", "ink"]);
    assert!(ran.stderr.contains("leave --only out"), "{ran}");
}

#[test]
fn versions_that_are_not_known_are_told_and_make_it_partial() {
    let sandbox = project();
    let cache = sandbox
        .root()
        .join("home/.cargo/registry/index/registry-1/.cache");
    fs::remove_file(cache.join("3/i/ink")).unwrap();
    let all = planned(&sandbox, &[]);
    assert_eq!(all["complete"], false);
    assert_eq!(all["plans"].as_array().unwrap().len(), 4);
    let notes = all["notes"].to_string();
    assert!(
        notes.contains("cargo info ink") && notes.contains("cargo's copy of the index"),
        "{notes}"
    );
    // Nothing is known: nothing is planned, and it is said.
    fs::remove_dir_all(&cache).unwrap();
    let text = sandbox.run(PLAN).ended(0).stdout;
    assert!(text.starts_with("No incompatible update"), "{text}");
    assert!(text.contains("This is partial"), "{text}");
}

#[test]
fn all_updates_and_something_else_are_two_requests() {
    let sandbox = project();
    for more in [
        &["--crate", "coins@2.0.0"][..],
        &["--edition", "2024"],
        &["--framework", "react@18"],
    ] {
        let ran = sandbox.run([&PLAN[..], more].concat());
        assert_eq!(ran.code, Some(3), "{more:?}: {ran}");
        assert!(
            ran.stderr.contains("a request of their own"),
            "{more:?}: {ran}"
        );
    }
    for (path, told) in [
        ("vendor", "has no Cargo.toml"),
        ("nowhere", "name an existing folder"),
    ] {
        let ran = sandbox.run([&PLAN[..], &[path]].concat());
        assert_eq!(ran.code, Some(3), "{ran}");
        assert!(ran.stderr.contains(told), "{ran}");
    }
}

#[test]
fn a_compatible_wish_beside_a_moving_one_is_a_step() {
    let sandbox = project();
    let wishes = ["--crate", "ink@0.4.0", "--crate", "wax@1.2.0"];
    let arguments = [
        &["migrate", "plan", "--offline", "--format", "json"][..],
        &wishes,
    ]
    .concat();
    let plan = sandbox.run(arguments).ended(0).json()["migration"].clone();
    let targets = plan["targets"].as_array().unwrap().iter();
    let targets: Vec<&Value> = targets.map(|it| &it["crate"]).collect();
    assert_eq!(targets, ["ink", "wax"]);
    let update = &plan["steps"][0];
    assert_eq!(
        (&update["id"], &update["kind"]),
        (&json!("update-1"), &json!("update"))
    );
    let told = update["instructions"].as_str().unwrap();
    assert!(
        told.contains("cargo update -p wax@1.0.0 --precise 1.2.0"),
        "{told}"
    );
    fs::write(sandbox.root().join("plan.json"), plan.to_string()).unwrap();
    let state = || {
        let ran = sandbox.run(["migrate", "check", "../plan.json", "--format", "json"]);
        let steps = ran.ended(0).json()["migration-check"]["steps"].clone();
        let steps = steps.as_array().unwrap().clone();
        steps
            .iter()
            .map(|it| it["state"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(state(), ["open", "open"]);
    let locked = fs::read_to_string(sandbox.work().join("Cargo.lock")).unwrap();
    let wax = "name = \"wax\"\nversion = \"1.";
    sandbox.write(
        "Cargo.lock",
        locked.replace(&format!("{wax}0"), &format!("{wax}2")),
    );
    assert_eq!(state(), ["done", "open"]);
    // Not done is a failure only where the user asks whether it is.
    let ran = sandbox.run(["migrate", "check", "../plan.json", "--done"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(
        ran.stdout.contains("1 not done") || ran.stderr.contains("1 not done"),
        "{ran}"
    );
}
