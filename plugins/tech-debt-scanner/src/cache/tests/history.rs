//! Whatever decides which history there is belongs to what a report is made of.

use super::*;

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
