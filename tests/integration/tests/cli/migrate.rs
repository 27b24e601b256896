//! `guildhall migrate`: what a maintainer sees who wants to move to a breaking release. The
//! crates are carried along by the project, so that nothing is downloaded.

mod check;
mod framework;
mod latest;
mod run;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Plugin, Ran, Sandbox, assert_golden};

const WORKSPACE: &str = "[workspace]\nmembers = [\"till\", \"store\"]\nresolver = \"2\"\n";

const LOCK: &str = r#"version = 4

[[package]]
name = "coins"
version = "1.4.0"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "store"
version = "0.1.0"

[[package]]
name = "till"
version = "0.1.0"
dependencies = ["coins", "store"]
"#;

const OLD: &str = "
pub struct Purse { coins: Vec<u32> }
impl Purse {
    pub fn new() -> Purse { Purse { coins: Vec::new() } }
    pub fn put(&mut self, coin: u32) { self.coins.push(coin) }
    pub fn total(&self) -> u32 { self.coins.iter().sum() }
}
#[deprecated(note = \"use `worth`\")]
pub fn value(purse: &Purse) -> u32 { purse.total() }
pub fn worth(purse: &Purse) -> u32 { purse.total() }
pub mod old { pub fn melt() {} }
";

const NEW: &str = "
pub struct Purse { coins: Vec<u32> }
impl Purse {
    pub fn new() -> Purse { Purse { coins: Vec::new() } }
    pub fn put(&mut self, coin: u32, count: u32) { for _ in 0..count { self.coins.push(coin) } }
    pub fn total(&self) -> u32 { self.coins.iter().sum() }
}
pub fn worth(purse: &Purse) -> u32 { purse.total() }
";

/// A workspace in which one package uses the crate `coins` and the other does not.
fn project() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Planner]);
    let manifest = |name: &str, version: &str, rest: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2021\"\n{rest}")
    };
    let needs = "\n[dependencies]\ncoins = \"1.4\"\nstore = { path = \"../store\" }\n";
    for (name, text) in [
        ("Cargo.toml", WORKSPACE.to_owned()),
        ("Cargo.lock", LOCK.to_owned()),
        (
            ".cargo/config.toml",
            "[source.kept]\ndirectory = \"vendor\"\n".to_owned(),
        ),
        (
            "vendor/coins-1.4.0/Cargo.toml",
            manifest("coins", "1.4.0", ""),
        ),
        ("vendor/coins-1.4.0/src/lib.rs", OLD.to_owned()),
        ("vendor/coins/Cargo.toml", manifest("coins", "2.0.0", "")),
        ("vendor/coins/src/lib.rs", NEW.to_owned()),
        ("store/Cargo.toml", manifest("store", "0.1.0", "")),
        ("store/src/lib.rs", "pub fn open() {}\n".to_owned()),
        ("till/Cargo.toml", manifest("till", "0.1.0", needs)),
        (
            "till/src/lib.rs",
            "use coins::Purse;\n\npub fn pay() -> u32 {\n    let mut purse = Purse::new();\n    \
             purse.put(5);\n    coins::value(&purse)\n}\n"
                .to_owned(),
        ),
        (
            "till/src/melt.rs",
            "pub fn melt() {\n    coins::old::melt();\n    store::open();\n}\n".to_owned(),
        ),
    ] {
        sandbox.write(name, text);
    }
    sandbox
}

/// Every file below a folder with its content.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let content = std::fs::read(&path).unwrap();
                    all.insert(path.display().to_string(), content);
                }
            }
        }
    }
    all
}

const PLAN: [&str; 5] = ["migrate", "plan", "--offline", "--crate", "coins@2.0.0"];

#[test]
fn a_plan_says_what_breaks_where_and_in_which_steps() {
    let sandbox = project();
    for (format, golden) in [
        ("text", "migrate-plan.text"),
        ("json", "migrate-plan.json"),
        ("markdown", "migrate-plan.md"),
    ] {
        let ran = sandbox.run([&PLAN[..], &["--format", format]].concat());
        let ran = ran.ended(0);
        assert_golden(golden, &sandbox.filtered(&ran.stdout));
    }
}

#[test]
fn the_checkout_is_only_read_and_two_plans_are_the_same() {
    let sandbox = project();
    let before = contents(&sandbox.work());
    let plan = || {
        sandbox
            .run([&PLAN[..], &["--format", "json"]].concat())
            .ended(0)
            .stdout
    };
    let first = plan();
    assert_eq!(first, plan());
    assert!(
        before == contents(&sandbox.work()),
        "the project was written to"
    );
}

/// Has cargo take the crates that the project carries, so that it can be built.
fn buildable() -> Sandbox {
    let sandbox = project();
    sandbox.write(
        ".cargo/config.toml",
        "[source.crates-io]\nreplace-with = 'kept'\n[source.kept]\ndirectory = 'vendor'\n",
    );
    for folder in ["vendor/coins", "vendor/coins-1.4.0"] {
        let name = format!("{folder}/.cargo-checksum.json");
        sandbox.write(&name, "{\"files\": {}}");
    }
    sandbox
}

/// The planner's answer where it has the tool chain of whoever runs the tests.
fn with_tool_chain(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    let mut command = sandbox.command(arguments);
    command.env("RUSTUP_HOME", rustup_home());
    Ran::of(command.output().unwrap())
}

/// Where the tool chain of whoever runs the tests is.
fn rustup_home() -> PathBuf {
    let home = std::env::var_os("HOME").unwrap_or_default();
    let usual = Path::new(&home).join(".rustup");
    std::env::var_os("RUSTUP_HOME").map_or(usual, PathBuf::from)
}

/// The plan with a probe.
fn probed(sandbox: &Sandbox) -> Value {
    let arguments = [&PLAN[..], &["--probe", "--format", "json"]].concat();
    let ran = with_tool_chain(sandbox, &arguments);
    ran.ended(0).json()["migration"].clone()
}

/// The tier of a file of a plan, and what its places cite.
fn said_of<'a>(plan: &'a Value, path: &str) -> (&'a str, Vec<&'a str>) {
    let files = plan["files"].as_array().unwrap();
    let file = files.iter().find(|file| file["path"] == path).unwrap();
    let uses = file["uses"].as_array().unwrap().iter();
    let cited = uses.map(|it| it["change"].as_str().unwrap());
    (file["tier"].as_str().unwrap(), cited.collect())
}

#[test]
fn the_probe_adds_what_the_compiler_says_and_leaves_the_checkout_as_it_was() {
    let sandbox = buildable();
    // A use that only types tell, and one that the compiler has nothing against.
    sandbox.write(
        "till/src/lib.rs",
        "pub mod hidden;\nmod melt;\nuse coins::Purse;\n\npub fn pay() -> u32 {\n    let mut purse \
         = Purse::new();\n    hidden::fill(&mut purse);\n    coins::worth(&purse)\n}\n",
    );
    sandbox.write(
        "till/src/hidden.rs",
        "macro_rules! call { ($it:expr, $name:ident) => { $it.$name(5) } }\n\
         pub fn fill(it: &mut coins::Purse) {\n    call!(it, put)\n}\n",
    );
    let before = contents(&sandbox.work());
    let plan = probed(&sandbox);
    assert!(
        before == contents(&sandbox.work()),
        "the project was written to"
    );
    assert_eq!(plan["probe"]["built_before"], true, "{plan:#}");
    let (tier, cited) = said_of(&plan, "till/src/hidden.rs");
    assert_eq!((tier, cited), ("must", vec!["coins", "E0061"]));
    let without = sandbox.run([&PLAN[..], &["--format", "json"]].concat());
    let without = without.ended(0).json()["migration"].clone();
    assert_eq!(said_of(&without, "till/src/hidden.rs").0, "may");
    let (tier, cited) = said_of(&plan, "till/src/melt.rs");
    assert_eq!((tier, cited), ("must", vec!["coins::old::melt"]));
    // The compiler takes part in what is told, and in the step.
    let text = with_tool_chain(&sandbox, &[&PLAN[..], &["--probe"]].concat());
    let text = text.ended(0).stdout;
    assert!(text.contains("The project builds as it is"), "{text}");
    assert!(text.contains("till/src/hidden.rs:3"), "{text}");
}

#[test]
fn a_file_that_the_compiler_passes_may_change_only() {
    let sandbox = buildable();
    // By name alone this would be the method that has changed.
    sandbox.write(
        "till/src/lib.rs",
        "mod melt;\nuse coins::Purse;\npub struct Own;\nimpl Own { pub fn put(&self, _: u32) {} }\n\
         pub fn all(of: Vec<Own>, _: Purse) { for it in of.into_iter().rev() { it.put(5) } }\n",
    );
    sandbox.write("till/src/melt.rs", "pub fn melt() {}\n");
    let without = sandbox.run([&PLAN[..], &["--format", "json"]].concat());
    let without = without.ended(0).json()["migration"].clone();
    assert_eq!(said_of(&without, "till/src/lib.rs").0, "must");
    let plan = probed(&sandbox);
    assert_eq!(plan["probe"]["built_before"], true, "{plan:#}");
    assert_eq!(plan["probe"]["sites"], json!([]));
    assert_eq!(said_of(&plan, "till/src/lib.rs").0, "may");
}

#[test]
fn where_the_project_does_not_build_the_plan_rests_on_the_sources_and_says_so() {
    let sandbox = buildable();
    sandbox.write(
        "till/src/broken.rs",
        "pub fn f() { nothing_of_that_name() }\n",
    );
    let library = std::fs::read_to_string(sandbox.work().join("till/src/lib.rs")).unwrap();
    sandbox.write("till/src/lib.rs", format!("mod broken;\n{library}"));
    let plan = probed(&sandbox);
    assert_eq!(plan["probe"]["built_before"], false);
    assert_eq!(
        plan["probe"]["sites"],
        json!([]),
        "nothing of a broken package counts"
    );
    let without = sandbox.run([&PLAN[..], &["--format", "json"]].concat());
    let without = without.ended(0).json()["migration"].clone();
    assert_eq!(plan["files"], without["files"]);
    let told = plan["blind"].to_string();
    assert!(
        told.contains("not-probed") && told.contains("till/Cargo.toml"),
        "{told}"
    );
    // Cargo does not even come to the compiler.
    let sandbox = project();
    let plan = probed(&sandbox);
    assert_eq!(plan["probe"], Value::Null);
    assert!(plan["blind"].to_string().contains("not-probed"), "{plan:#}");
}

#[test]
fn what_cannot_be_planned_is_told_with_what_would_do() {
    let sandbox = project();
    for (arguments, code, told) in [
        (&["--crate", "coin@2.0.0"][..], 3, "did you mean `coins`"),
        (&["--crate", "coins@1.0.0"], 3, "name a later version"),
        (&["--crate", "coins@3"], 4, "is not known offline"),
        (
            &["--crate", "coins"],
            3,
            "write the name, `@` and a version",
        ),
        (&[], 3, "give --crate NAME@VERSION"),
        (
            &["--crate", "coins@2.0.0", "--edition", "2024"],
            3,
            "two migrations",
        ),
        (
            &["--crate", "coins@2.0.0", "vendor"],
            3,
            "has no Cargo.toml",
        ),
        (
            &["--crate", "coins@2.0.0", "nowhere"],
            3,
            "name an existing folder",
        ),
    ] {
        let all = [&["migrate", "plan", "--offline"][..], arguments].concat();
        let ran = sandbox.run(all);
        assert!(ran.stderr.contains(told), "{arguments:?}: {ran}");
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran}");
    }
}

#[test]
fn sources_that_are_not_there_make_a_plan_partial() {
    let sandbox = project();
    std::fs::remove_dir_all(sandbox.work().join("vendor/coins")).unwrap();
    let ran = sandbox.run([&PLAN[..], &["--format", "json"]].concat());
    let plan = &ran.ended(0).json()["migration"];
    assert_eq!(plan["complete"], false);
    let kinds: Vec<_> = plan["blind"].as_array().unwrap().iter().collect();
    assert!(
        kinds.iter().any(|blind| blind["kind"] == "missing-sources"),
        "{kinds:?}"
    );
}

#[test]
fn a_file_that_is_no_rust_may_change_where_it_names_the_crate() {
    let sandbox = project();
    sandbox.write("till/src/broken.rs", "fn broken( { coins::value }\n");
    let ran = sandbox.run([&PLAN[..], &["--format", "json"]].concat());
    let plan = ran.ended(0).json()["migration"].clone();
    let files = plan["files"].as_array().unwrap();
    let broken = files
        .iter()
        .find(|file| file["path"] == "till/src/broken.rs");
    assert_eq!(broken.map(|file| &file["tier"]), Some(&json!("may")));
}

#[test]
fn a_plan_that_was_kept_is_shown_whole_by_step_and_by_place() {
    let sandbox = project();
    let plan = sandbox
        .run([&PLAN[..], &["--format", "json"]].concat())
        .ended(0)
        .stdout;
    sandbox.write("plan.json", &plan);
    let show = |arguments: &[&str]| {
        sandbox.run([&["migrate", "show", "plan.json"][..], arguments].concat())
    };
    let first = sandbox.run(PLAN).ended(0).stdout;
    assert_eq!(show(&[]).ended(0).stdout, first);
    let step = show(&["--step", "bump-1"]).ended(0).stdout;
    assert!(step.contains("coins 1.4.0 -> 2.0.0"), "{step}");
    assert!(step.contains("git revert"), "{step}");
    let place = show(&["--at", "till/src/lib.rs:5"]).ended(0).stdout;
    assert!(place.contains("coins::Purse::put"), "{place}");
    assert!(!place.contains("coins::value"), "{place}");
    for (arguments, told) in [
        (&["--step", "bump-9"][..], "it has prepare-1, bump-1"),
        (&["--at", "src/none.rs"], "has no file `src/none.rs`"),
        (&["--at", "x", "--step", "y"], "give --step or --at"),
    ] {
        let ran = show(arguments);
        assert_eq!(ran.code, Some(3), "{ran}");
        assert!(ran.stderr.contains(told), "{ran}");
    }
    sandbox.write("torn.json", &plan[..plan.len() / 2]);
    for (file, told) in [
        (
            "torn.json",
            "`torn.json` is no plan that can be read: it is not JSON",
        ),
        ("none.json", "`none.json` is no plan that can be read"),
        ("Cargo.toml", "guildhall migrate plan --format json"),
    ] {
        let ran = sandbox.run(["migrate", "show", file]);
        assert_eq!(ran.code, Some(3), "{ran}");
        assert!(ran.stderr.contains(told), "{ran}");
    }
}
