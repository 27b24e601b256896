//! A tree is walked again where anything says that it may hold other files.

use super::*;

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
