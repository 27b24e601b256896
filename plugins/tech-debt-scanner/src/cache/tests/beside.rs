//! What is read beside the sources belongs to what a report is made of.

use super::*;

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
