//! A scan with a cache gives what a scan without one gives, whatever was done to the files
//! and to the cache.

use std::fs::{self, File};
use std::path::Path;

use guildhall_core::path_text;
use guildhall_report::{Report, ScanRequest};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::*;
use crate::clippy::Messages;
use crate::listing::{self, Origin};
use crate::scan::{Told, answer_with};
use crate::settings::Settings;
use crate::{Hooks, rules};

struct Quiet;

impl Hooks for Quiet {
    fn progress(&self, _: u64, _: u64, _: &Path) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

/// A tree and a cache.
struct Place {
    tree: TempDir,
    cache: TempDir,
    settings: Map<String, Value>,
    threads: u32,
}

impl Place {
    fn new() -> Self {
        Self {
            tree: tempfile::tempdir().unwrap(),
            cache: tempfile::tempdir().unwrap(),
            settings: settings(json!({})),
            threads: 2,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.tree.path().join(name)
    }

    /// Writes until the system tells that from what was there before, which takes as long as
    /// its clock stands.
    fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        let stamp = || {
            fs::metadata(&path)
                .ok()
                .map(|metadata| Stamp::of(&metadata))
        };
        let before = stamp();
        loop {
            fs::write(&path, content).unwrap();
            if stamp() != before {
                return;
            }
        }
    }

    fn cold(&self) -> Report {
        self.scan(Cache::off())
    }

    /// As if a long time had passed between all changes and this scan, so that files are
    /// known again without being read.
    fn warm(&self) -> Report {
        let report = self.scan(self.open_ahead());
        self.tick();
        report
    }

    fn open_ahead(&self) -> Cache {
        let mut cache = self.open();
        cache.ahead = 3600;
        cache
    }

    /// Comes back when the file system's clock has gone on, so that what is done now has
    /// another time than what was done before.
    fn tick(&self) {
        let probe = tempfile::NamedTempFile::new_in(self.cache.path()).unwrap();
        let time = || probe.as_file().metadata().unwrap().modified().unwrap();
        let before = time();
        while time() == before {
            fs::write(probe.path(), "").unwrap();
        }
    }

    /// Whether the next scan need not walk.
    fn knows_the_walk(&self) -> bool {
        let listing = listing::list(self.tree.path(), &self.open_ahead(), 2, &Quiet);
        matches!(listing.unwrap().origin, Origin::Known)
    }

    fn open(&self) -> Cache {
        let folder = self.cache.path().join("agent");
        Cache::open(
            folder,
            self.tree.path(),
            self.read_settings().max_cache_bytes,
        )
    }

    fn scan(&self, cache: Cache) -> Report {
        self.scan_at(self.tree.path(), None, cache)
    }

    fn scan_at(&self, root: &Path, clippy: Option<&Messages>, cache: Cache) -> Report {
        let request = self.request(root);
        let answer = answer_with(&request, &self.read_settings(), clippy, cache, &Quiet);
        answer.unwrap().told.into_report().unwrap()
    }

    fn request(&self, root: &Path) -> ScanRequest {
        ScanRequest {
            root: path_text::encode(root),
            threads: Some(self.threads),
            settings: self.settings.clone(),
            ..ScanRequest::default()
        }
    }

    fn read_settings(&self) -> Settings {
        Settings::read(&self.settings, &rules::all()).unwrap()
    }

    /// The only file of the cache.
    fn stored(&self) -> PathBuf {
        let files = fs::read_dir(self.cache.path().join("agent")).unwrap();
        let files: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }
}

/// Settings of the agent's own. Git is not asked: there is no repository here.
fn settings(own: Value) -> Map<String, Value> {
    let mut own = own.as_object().unwrap().clone();
    own.insert("history".to_owned(), json!(false));
    Map::from_iter([("tech-debt-scanner".to_owned(), Value::Object(own))])
}

/// The bytes that may not differ.
fn lasting(report: &Report) -> String {
    let lasting = Report {
        run: Map::new(),
        ..report.clone()
    };
    serde_json::to_string(&lasting).unwrap()
}

fn count(report: &Report, fact: &str) -> u64 {
    report.run[fact].as_u64().unwrap()
}

fn assert_same(place: &Place, warm: &Report) {
    assert_eq!(lasting(warm), lasting(&place.cold()));
}

#[test]
fn nothing_is_read_again_and_of_one_change_only_its_file_is_analysed() {
    let place = Place::new();
    for name in ["a.rs", "b.rs", "c.rs"] {
        place.write(name, &format!("fn f() {{}} // {}: {name}\n", "TODO"));
    }
    let first = place.warm();
    assert_eq!(
        (count(&first, "files_read"), count(&first, "files_analysed")),
        (3, 3)
    );
    assert_eq!(first.run["report_kept"], json!(false));
    let second = place.warm();
    assert_eq!(
        (
            count(&second, "files_read"),
            count(&second, "files_analysed")
        ),
        (0, 0)
    );
    assert_eq!(second.run["report_kept"], json!(true));
    assert_same(&place, &second);
    place.write("b.rs", "fn f() { if a {} }\n");
    let third = place.warm();
    assert_eq!(
        (count(&third, "files_read"), count(&third, "files_analysed")),
        (1, 1)
    );
    assert_same(&place, &third);
    // Touched: read, and known by its content.
    place.write("b.rs", "fn f() { if a {} }\n");
    let fourth = place.warm();
    assert_eq!(
        (
            count(&fourth, "files_read"),
            count(&fourth, "files_analysed")
        ),
        (1, 0)
    );
    assert_eq!(fourth.run["report_kept"], json!(true));
    // Changed and changed back: its facts are still there.
    place.write("b.rs", "fn f() {}\n");
    place.warm();
    place.write("b.rs", "fn f() { if a {} }\n");
    let sixth = place.warm();
    assert_eq!(
        (count(&sixth, "files_analysed"), &sixth.run["report_kept"]),
        (0, &json!(false))
    );
    assert_same(&place, &sixth);
}

#[test]
fn what_was_written_just_before_is_read_again() {
    let place = Place::new();
    fs::write(place.path("a.rs"), "fn a() {}").unwrap();
    place.scan(place.open());
    let second = place.scan(place.open());
    assert_eq!(count(&second, "files_read"), 1);
    // The same length, and perhaps the same time: nothing of its stamp need have changed.
    fs::write(place.path("a.rs"), "fn b() {}").unwrap();
    let third = place.scan(place.open());
    assert_eq!(count(&third, "files_analysed"), 1);
    assert_same(&place, &third);
}

#[test]
fn no_damage_of_the_file_changes_what_is_reported() {
    let place = Place::new();
    place.write("a.rs", &format!("fn f() {{ if a {{}} }} // {}: b", "FIXME"));
    place.write("b.rs", "fn broken( {");
    place.warm();
    let stored = place.stored();
    let whole = fs::read(&stored).unwrap();
    let expected = lasting(&place.cold());
    // Some places of each part; what reads the file is tried with any bytes by itself.
    for at in (0..whole.len()).step_by(whole.len() / 60) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x20;
        for bytes in [&damaged[..], &whole[..at]] {
            fs::write(&stored, bytes).unwrap();
            let report = place.warm();
            assert_eq!(lasting(&report), expected, "byte {at}");
        }
    }
    // The control: it is the file that makes scans quick.
    fs::write(&stored, &whole).unwrap();
    let report = place.warm();
    assert_eq!(report.run["report_kept"], json!(true));
    assert!(!report.run.contains_key("cache_problem"));
}

#[test]
fn damage_is_said_and_mended() {
    let place = Place::new();
    place.write("a.rs", "fn f() {}");
    place.warm();
    let stored = place.stored();
    let cases = [
        (3, "damaged"),
        (21, "another version"),
        (40, "damaged"),
        (300, "damaged"),
    ];
    for (at, expected) in cases {
        let mut bytes = fs::read(&stored).unwrap();
        bytes[at] ^= 1;
        fs::write(&stored, bytes).unwrap();
        let problem = place.warm().run["cache_problem"].clone();
        assert!(problem.as_str().unwrap().contains(expected), "{problem}");
        assert_eq!(place.warm().run["report_kept"], json!(true), "byte {at}");
    }
    // The last part: facts, which only a change asks for.
    let mut bytes = fs::read(&stored).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&stored, bytes).unwrap();
    place.write("b.rs", "fn g() {}");
    let report = place.warm();
    assert_eq!(count(&report, "files_analysed"), 2);
    assert_same(&place, &report);
    let next = place.warm();
    assert_eq!(
        (count(&next, "files_read"), &next.run["report_kept"]),
        (0, &json!(true))
    );
}

#[test]
fn a_cache_that_cannot_be_written_only_costs_time() {
    let place = Place::new();
    place.write("a.rs", "fn f() {}");
    // A file is in the folder's place, which holds back root as well.
    fs::write(place.cache.path().join("agent"), "").unwrap();
    for _ in 0..2 {
        let report = place.warm();
        let problem = report.run["cache_problem"].as_str().unwrap();
        assert!(problem.contains("cannot be written"), "{problem}");
        assert_same(&place, &report);
    }
}

#[test]
fn what_cannot_replace_the_file_leaves_nothing_behind() {
    let place = Place::new();
    place.write("a.rs", "fn f() {}");
    place.warm();
    let stored = place.stored();
    fs::remove_file(&stored).unwrap();
    fs::create_dir(&stored).unwrap();
    fs::write(stored.join("x"), "").unwrap();
    let report = place.warm();
    assert!(report.run.contains_key("cache_problem"));
    assert_eq!(place.stored(), stored);
    assert_same(&place, &report);
}

#[test]
fn what_a_killed_scan_left_behind_is_removed_when_it_is_old() {
    let place = Place::new();
    place.write("a.rs", "fn f() {}");
    let agent = place.cache.path().join("agent");
    fs::create_dir(&agent).unwrap();
    let old = File::create(agent.join("x.1-0.new")).unwrap();
    old.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let young = agent.join("x.2-0.new");
    fs::write(&young, "").unwrap();
    place.warm();
    assert!(!agent.join("x.1-0.new").exists());
    assert!(young.exists());
}

#[test]
fn the_folder_keeps_to_its_limit_and_the_longest_unused_goes_first() {
    let one = Place::new();
    one.write("a.rs", "fn f() {}");
    one.warm();
    let agent = one.cache.path().join("agent");
    let size = fs::metadata(one.stored()).unwrap().len();
    let mut roots = Vec::new();
    for number in 0..3 {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("a.rs"), "fn f() {}").unwrap();
        let name = Folder::new(agent.clone(), root.path());
        name.replace([b"", b"", &vec![0; size as usize]]).unwrap();
        let file = name.open().unwrap().unwrap();
        let used = std::time::UNIX_EPOCH + std::time::Duration::from_secs(number);
        file.set_modified(used).unwrap();
        roots.push((root, name));
    }
    let most = 3 * size;
    Folder::new(agent, one.tree.path()).shrink(most).unwrap();
    let exists = |number: usize| roots[number].1.open().unwrap().is_some();
    assert!(!exists(0) && !exists(1) && exists(2));
    assert_eq!(one.warm().run["report_kept"], json!(true));
}

#[test]
fn more_than_the_limit_is_not_written() {
    let mut place = Place::new();
    place.write("a.rs", "fn f() {}");
    place.settings = settings(json!({"max-cache-bytes": 10}));
    let report = place.warm();
    let problem = report.run["cache_problem"].as_str().unwrap();
    assert!(problem.contains("max-cache-bytes"), "{problem}");
    assert!(fs::read_dir(place.cache.path()).unwrap().next().is_none());
}

#[test]
fn facts_of_no_use_are_kept_for_a_while_only() {
    let place = Place::new();
    place.write("a.rs", "fn a() {}");
    place.write("b.rs", "fn b() {}");
    // So much is of use that there is room for what is not.
    place.write("c.rs", &"fn c() { if a {} }\n".repeat(200));
    place.warm();
    fs::remove_file(place.path("b.rs")).unwrap();
    place.warm();
    assert_eq!(place.open().index.facts.len(), 3);
    for number in 0..=LONGEST_UNUSED {
        place.write("a.rs", &format!("fn a{number:03}() {{}}"));
        place.warm();
    }
    let facts = place.open().index.facts;
    assert_eq!(facts.len(), 2 + LONGEST_UNUSED as usize);
    assert!(facts.values().all(|kept| kept.unused <= LONGEST_UNUSED));
}

#[test]
fn facts_of_no_use_take_no_more_bytes_than_those_of_use() {
    let place = Place::new();
    place.write("a.rs", "fn a() {}");
    place.write("b.rs", &"fn b() { if a {} }\n".repeat(200));
    place.warm();
    fs::remove_file(place.path("b.rs")).unwrap();
    place.warm();
    assert_eq!(place.open().index.facts.len(), 1);
}

#[test]
fn two_scans_at_once_are_both_right() {
    let place = Place::new();
    for number in 0..20 {
        place.write(
            &format!("{number}.rs"),
            &format!("fn f{number}() {{ if a {{}} }}"),
        );
    }
    let expected = lasting(&place.cold());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    assert_eq!(lasting(&place.warm()), expected);
                }
            });
        }
    });
    assert_eq!(place.warm().run["report_kept"], json!(true));
}

#[test]
fn a_tree_is_walked_again_where_anything_has_changed_that_says_what_is_in_it() {
    let place = Place::new();
    fs::create_dir_all(place.path("a/b")).unwrap();
    fs::create_dir_all(place.path("target/c")).unwrap();
    for name in ["a/a.rs", "a/b/b.rs", "target/c/c.rs"] {
        place.write(name, "fn f() { if a {} }");
    }
    place.warm();
    assert!(place.knows_the_walk());
    // Other files do not matter, nor what is in them.
    place.write("a/a.rs", "fn g() { if a {} }");
    assert!(place.knows_the_walk());
    assert_same(&place, &place.warm());
    let tag = "Signature: 8a477f597d28d172789f06886806bc55";
    type Change<'a> = (&'a str, &'a dyn Fn(&Path) -> std::io::Result<()>);
    let changes: [Change<'_>; 14] = [
        ("a/c.rs", &|path| fs::write(path, "fn c() {}")),
        ("a/b/c.rs", &|path| fs::write(path, "fn c() {}")),
        ("a/b/c.rs", &|path| fs::remove_file(path)),
        ("a/.gitignore", &|path| fs::write(path, "b.rs")),
        ("a/.gitignore", &|path| fs::write(path, "c.rs")),
        ("a/.ignore", &|path| fs::write(path, "!c.rs")),
        ("a/.ignore", &|path| fs::remove_file(path)),
        ("target/CACHEDIR.TAG", &|path| fs::write(path, "another")),
        ("target/CACHEDIR.TAG", &|path| fs::write(path, tag)),
        ("target/CACHEDIR.TAG", &|path| fs::write(path, "none")),
        ("a/Cargo.toml", &|path| fs::write(path, "[package]")),
        ("a/link.rs", &|path| {
            std::os::unix::fs::symlink("a.rs", path)
        }),
        ("a/b", &|path| fs::rename(path, path.with_file_name("d"))),
        ("a/d", &|path| fs::remove_dir_all(path)),
    ];
    for (name, change) in changes {
        change(&place.path(name)).unwrap();
        assert!(!place.knows_the_walk(), "{name}");
        assert_same(&place, &place.warm());
        assert!(place.knows_the_walk(), "{name}");
        assert_same(&place, &place.warm());
    }
}

#[test]
fn what_git_passes_over_counts_from_wherever_it_is_said() {
    let place = place_with_git();
    fs::create_dir(place.path("a")).unwrap();
    let folder = Place {
        tree: tempfile::tempdir_in(place.path("a")).unwrap(),
        ..Place::new()
    };
    folder.write("c.rs", "fn c() { if a {} }");
    folder.warm();
    assert!(folder.knows_the_walk());
    for name in [".gitignore", "a/.ignore", ".git/info/exclude"] {
        fs::write(place.path(name), "c.rs").unwrap();
        assert!(!folder.knows_the_walk(), "{name}");
        let report = folder.warm();
        assert_eq!(report.skipped[0].code, "nothing-to-scan", "{name}");
        assert_same(&folder, &report);
        fs::remove_file(place.path(name)).unwrap();
        assert_same(&folder, &folder.warm());
        assert!(folder.knows_the_walk(), "{name}");
    }
    // Where it is in a work tree no more, the files above say nothing.
    fs::rename(place.path(".git"), place.path(".gone")).unwrap();
    assert!(!folder.knows_the_walk());
    assert_same(&folder, &folder.warm());
}

#[test]
fn a_walk_that_was_just_after_a_change_is_not_believed() {
    let place = Place::new();
    place.write("a.rs", "fn f() {}");
    place.scan(place.open());
    assert!(!place.knows_the_walk());
}

#[test]
fn who_has_the_report_is_told_that_it_is_the_same_only_where_it_is() {
    let place = Place::new();
    place.write("a.rs", "fn f() { if a {} }");
    let ask = |known: Option<&str>| {
        let request = ScanRequest {
            known: known.map(str::to_owned),
            ..place.request(place.tree.path())
        };
        let settings = place.read_settings();
        let answer = answer_with(&request, &settings, None, place.open_ahead(), &Quiet);
        place.tick();
        answer.unwrap()
    };
    let first = ask(Some("another"));
    assert!(matches!(first.told, Told::Made(_)) && !first.standing.unchanged);
    let state = first.standing.state.unwrap();
    let again = ask(Some(&state));
    assert!(matches!(again.told, Told::Unchanged(_)) && again.standing.unchanged);
    assert_eq!(again.standing.state.as_ref(), Some(&state));
    // Who asks for it gets it.
    assert!(matches!(ask(None).told, Told::Kept(_)));
    place.write("a.rs", "fn f() { if a { b } }");
    let changed = ask(Some(&state));
    assert!(matches!(changed.told, Told::Made(_)));
    assert_ne!(changed.standing.state, Some(state));
}

/// A tree with what git keeps of a repository, by hand.
fn place_with_git() -> Place {
    let place = Place::new();
    place.write("a.rs", "fn f() {}");
    let git = place.path(".git");
    for folder in [
        "objects/info",
        "objects/pack",
        "refs/heads",
        "info",
        "reftable",
    ] {
        fs::create_dir_all(git.join(folder)).unwrap();
    }
    fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    fs::write(git.join("refs/heads/main"), "1").unwrap();
    place
}

#[test]
fn whatever_decides_which_history_there_is_makes_another_report() {
    let place = place_with_git();
    place.warm();
    assert_eq!(place.warm().run["report_kept"], json!(true));
    for (number, name) in [
        ".git/refs/heads/main",
        ".git/packed-refs",
        ".git/shallow",
        ".git/index",
        ".git/config",
        ".git/config.worktree",
        ".git/info/grafts",
        ".git/info/attributes",
        ".git/objects/info/alternates",
        ".git/reftable/tables.list",
        ".git/objects/pack/a.promisor",
        ".git/objects/pack/a.pack",
        ".mailmap",
        ".gitattributes",
        ".git-blame-ignore-revs",
        ".git/HEAD",
    ]
    .into_iter()
    .enumerate()
    {
        fs::write(place.path(name), format!("{number}")).unwrap();
        assert_eq!(place.warm().run["report_kept"], json!(false), "{name}");
        assert_eq!(place.warm().run["report_kept"], json!(true), "{name}");
    }
}

#[test]
fn what_decides_no_history_makes_no_other_report() {
    let place = place_with_git();
    place.warm();
    for name in [
        // A branch that is not checked out, and a pack of a clone that has all.
        ".git/refs/heads/other",
        ".git/objects/pack/a.pack",
        ".git/COMMIT_EDITMSG",
    ] {
        fs::write(place.path(name), "6").unwrap();
        assert_eq!(place.warm().run["report_kept"], json!(true), "{name}");
    }
}

#[test]
fn a_reference_that_names_another_one_is_followed() {
    let place = place_with_git();
    let git = place.path(".git");
    fs::write(git.join("refs/heads/main"), "ref: refs/heads/next").unwrap();
    fs::write(git.join("refs/heads/next"), "1").unwrap();
    place.warm();
    assert_eq!(place.warm().run["report_kept"], json!(true));
    fs::write(git.join("refs/heads/next"), "2").unwrap();
    assert_eq!(place.warm().run["report_kept"], json!(false));
}

#[test]
fn the_users_own_settings_of_git_are_part_of_a_history() {
    let place = place_with_git();
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join(".config/git")).unwrap();
    fs::create_dir_all(home.path().join("xdg/git")).unwrap();
    let digest = || {
        repository::digest(place.tree.path(), &|variable| match variable {
            "HOME" => Some(home.path().into()),
            "XDG_CONFIG_HOME" => Some(home.path().join("xdg").into()),
            _ => None,
        })
    };
    let mut before = digest();
    assert_eq!(before, digest());
    for name in [".gitconfig", ".config/git/config", "xdg/git/config"] {
        fs::write(home.path().join(name), "[blame]").unwrap();
        let after = digest();
        assert_ne!(before, after, "{name}");
        before = after;
    }
}

/// Runs git in the tree of `place`, as Ada, so many days after a fixed one.
fn git(place: &Place, day: i64, arguments: &[&str]) {
    let date = format!("{} +0000", 1_700_000_000 + day * 86_400);
    let output = std::process::Command::new("git")
        .args(arguments)
        .current_dir(place.tree.path())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs(["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"].map(|name| (name, &date)))
        .envs(["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"].map(|name| (name, "Ada")))
        .envs(["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"].map(|name| (name, "ada@x")))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
}

/// A repository with a package, whose one note of debt was moved by the second commit.
fn repository() -> Place {
    let mut place = Place::new();
    place.settings = Map::new();
    fs::create_dir(place.path("src")).unwrap();
    git(&place, 0, &["init", "--quiet", "--initial-branch=main"]);
    place.write("Cargo.toml", "[package]\nname = \"first\"\n");
    place.write("Cargo.lock", "version = 4\n");
    let code = "fn f() {\n    g().unwrap();\n}\n".repeat(20);
    place.write("src/lib.rs", &format!("// {}: mend\n{code}", "TODO"));
    place.write("src/b.rs", &code.replace("fn f", "fn h"));
    git(&place, 0, &["add", "--all"]);
    git(&place, 0, &["commit", "--quiet", "-m", "one"]);
    place.write("src/lib.rs", &format!("  // {}: mend\n{code}", "TODO"));
    git(&place, 9, &["commit", "--quiet", "-a", "-m", "two"]);
    place
}

/// What `git rev-parse` gives for a name.
fn commit_id(place: &Place, name: &str) -> String {
    let output = std::process::Command::new("git")
        .args(["rev-parse", name])
        .current_dir(place.tree.path())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn all_that_is_read_beside_the_sources_changes_what_is_reported() {
    let place = repository();
    let twice = ["1.0.0", "2.0.0"].map(|version| {
        format!(
            "[[package]]\nname = \"twice\"\nversion = \"{version}\"\n\
             source = \"registry+https://example.org\"\n"
        )
    });
    let locked = format!(
        "version = 4\n[[package]]\nname = \"other\"\nversion = \"0.1.0\"\n\
         dependencies = [\"twice 1.0.0\", \"twice 2.0.0\"]\n{}",
        twice.concat()
    );
    let ignored = commit_id(&place, "HEAD");
    type Change<'a> = (&'a str, &'a dyn Fn());
    let changes: [Change<'_>; 6] = [
        ("a manifest", &|| {
            place.write("Cargo.toml", "[package]\nname = \"other\"\n");
        }),
        ("a lock file", &|| {
            place.write("Cargo.lock", &locked);
        }),
        ("other names of authors", &|| {
            place.write(".mailmap", "Grace <grace@x> <ada@x>\n");
        }),
        ("commits that are passed over", &|| {
            place.write(".git-blame-ignore-revs", &ignored);
        }),
        ("which files are tracked", &|| {
            git(&place, 9, &["rm", "--quiet", "--cached", "src/b.rs"]);
        }),
        ("a commit", &|| {
            git(&place, 20, &["commit", "--quiet", "-m", "three"]);
        }),
    ];
    let mut before = lasting(&place.warm());
    for (what, change) in changes {
        assert_eq!(
            place.warm().run["report_kept"],
            json!(true),
            "before {what}"
        );
        change();
        let warm = place.warm();
        assert_eq!(warm.run["report_kept"], json!(false), "{what}");
        assert_same(&place, &warm);
        assert_ne!(lasting(&warm), before, "{what}");
        assert_eq!(count(&warm, "files_analysed"), 0, "{what}");
        before = lasting(&warm);
    }
}

#[test]
fn manifests_above_and_ignored_ones_and_attributes_are_part_of_the_key() {
    let place = repository();
    place.write(".gitignore", "src/Cargo.toml");
    let scan = || {
        let root = place.path("src");
        let mut cache = Cache::open(place.cache.path().join("agent"), &root, u64::MAX);
        cache.ahead = 3600;
        place.scan_at(&root, None, cache)
    };
    scan();
    assert_eq!(scan().run["report_kept"], json!(true));
    for name in ["Cargo.toml", "src/Cargo.toml", "src/.gitattributes"] {
        place.write(name, "[package]\nname = \"else\"\n");
        let warm = scan();
        assert_eq!(warm.run["report_kept"], json!(false), "{name}");
        let cold = place.scan_at(&place.path("src"), None, Cache::off());
        assert_eq!(lasting(&warm), lasting(&cold), "{name}");
        assert_eq!(scan().run["report_kept"], json!(true), "{name}");
    }
}

#[test]
fn messages_of_clippy_are_part_of_the_key() {
    let place = Place::new();
    place.write("a.rs", "fn f() { return; }\n");
    let message = |lint: &str| {
        json!({
            "reason": "compiler-message",
            "message": {
                "code": {"code": lint}, "level": "warning", "message": "said",
                "spans": [{"file_name": "a.rs", "line_start": 1, "column_start": 10,
                    "line_end": 1, "column_end": 17, "is_primary": true, "expansion": null}],
            },
        })
    };
    let file = place.cache.path().join("clippy.json");
    let scan = |cache: Cache| {
        let messages = Messages::read(&path_text::encode(&file)).unwrap();
        place.scan_at(place.tree.path(), Some(&messages), cache)
    };
    let warm = || {
        let mut cache = place.open();
        cache.ahead = 3600;
        scan(cache)
    };
    let mut before = lasting(&place.warm());
    for lint in ["clippy::needless_return", "clippy::unused_unit"] {
        fs::write(&file, message(lint).to_string()).unwrap();
        let first = warm();
        assert_eq!(first.run["report_kept"], json!(false), "{lint}");
        assert_eq!(lasting(&first), lasting(&scan(Cache::off())), "{lint}");
        assert_ne!(lasting(&first), before, "{lint}");
        assert_eq!(warm().run["report_kept"], json!(true), "{lint}");
        before = lasting(&first);
    }
}

/// Writes to a file when another one has been looked at.
struct Writing<'a> {
    place: &'a Place,
    seen: &'a str,
    written: &'a str,
}

impl Hooks for Writing<'_> {
    fn progress(&self, _: u64, _: u64, path: &Path) {
        if path == Path::new(self.seen) {
            self.place
                .write(self.written, "fn later() { if a { if b {} } }");
        }
    }

    fn is_cancelled(&self) -> bool {
        false
    }
}

#[test]
fn a_report_on_files_that_are_written_to_meanwhile_is_not_kept() {
    let mut place = Place::new();
    place.threads = 1;
    for name in ["a.rs", "b.rs"] {
        place.write(name, "fn early() {}");
    }
    let scan = |hooks: &dyn Hooks| {
        let mut cache = place.open();
        cache.ahead = 3600;
        let request = place.request(place.tree.path());
        answer_with(&request, &place.read_settings(), None, cache, hooks).unwrap();
    };
    // The one that was looked at first is another when the report is made.
    let hooks = Writing {
        place: &place,
        seen: "b.rs",
        written: "a.rs",
    };
    scan(&hooks);
    let warm = place.warm();
    assert_eq!(warm.run["report_kept"], json!(false));
    assert_eq!(count(&warm, "files_analysed"), 1);
    assert_same(&place, &warm);
    // The control: nobody writes.
    fs::remove_dir_all(place.cache.path().join("agent")).unwrap();
    scan(&Quiet);
    assert_eq!(place.warm().run["report_kept"], json!(true));
}

/// What may be done to a tree between two scans.
#[derive(Debug, Clone)]
enum Edit {
    Write(usize, usize),
    Touch(usize),
    Rename(usize, usize),
    Remove(usize),
    Ignore(usize),
    Threshold(u32),
    Threads(u32),
}

const NAMES: [&str; 5] = ["a.rs", "b.rs", "é c.rs", "sub/a.rs", "sub/d.rs"];

/// Several have one length.
const CONTENTS: [&str; 8] = [
    "fn a() {}",
    "fn b() {}",
    "fn a( {} ",
    "fn f() { for a in b { if a { while b { if c { if d {} } } } } }",
    "mod m { fn f(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8) {} }",
    "",
    "\u{feff}// a\r\nfn f() {}\r\n",
    "no\u{0}t rust",
];

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let name = || 0..NAMES.len();
    let edit = prop_oneof![
        4 => (name(), 0..CONTENTS.len() + 2).prop_map(|(name, content)| Edit::Write(name, content)),
        1 => name().prop_map(Edit::Touch),
        2 => (name(), name()).prop_map(|(from, to)| Edit::Rename(from, to)),
        1 => name().prop_map(Edit::Remove),
        1 => name().prop_map(Edit::Ignore),
        1 => (1..4u32).prop_map(Edit::Threshold),
        1 => (1..4u32).prop_map(Edit::Threads),
    ];
    prop::collection::vec(edit, 1..12)
}

fn apply(edit: &Edit, place: &mut Place) {
    match edit {
        Edit::Write(name, content) => {
            let debt = format!("// {}: mend\n// {} b", "TODO", "XXX");
            let more = [debt, "fn f() { a(|| b && c || d) }\n".repeat(400)];
            let all = CONTENTS
                .iter()
                .copied()
                .chain(more.iter().map(String::as_str));
            place.write(NAMES[*name], all.collect::<Vec<_>>()[*content]);
        }
        Edit::Touch(name) => {
            if let Ok(content) = fs::read_to_string(place.path(NAMES[*name])) {
                place.write(NAMES[*name], &content);
            }
        }
        Edit::Rename(from, to) => {
            let _ = fs::rename(place.path(NAMES[*from]), place.path(NAMES[*to]));
        }
        Edit::Remove(name) => {
            let _ = fs::remove_file(place.path(NAMES[*name]));
        }
        Edit::Ignore(name) => place.write(".gitignore", NAMES[*name]),
        Edit::Threshold(threshold) => {
            place.settings = settings(json!({"max-file-bytes": threshold * 30}));
            let rule = json!({"threshold": threshold});
            place
                .settings
                .insert("cognitive-complexity".to_owned(), rule);
        }
        Edit::Threads(threads) => place.threads = *threads,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn after_any_edits_a_scan_with_a_cache_says_what_one_without_says(edits in edits()) {
        let mut place = Place::new();
        fs::create_dir(place.path("sub")).unwrap();
        for edit in &edits {
            apply(edit, &mut place);
            let (warm, cold) = (place.warm(), place.cold());
            prop_assert_eq!(lasting(&warm), lasting(&cold), "after {:?}", edit);
            let again = place.warm();
            prop_assert_eq!(&again.run["report_kept"], &json!(true), "after {:?}", edit);
            prop_assert_eq!(lasting(&again), lasting(&cold));
        }
    }
}
