//! Suspects in repositories that the tests make: who is first, and what is told of it.

mod made;

use incident_responder::{
    ResponderError, SuspectHooks, SuspectSettings, SuspectsRequest, suspects,
};
use serde_json::json;

use made::{Found, Made};

const LOCK: &str =
    "fn lock() {\n    start();\n    run_while_the_descriptor_is_open();\n    end();\n}\n";

/// A history in which one commit broke the lock, with others before and behind it.
fn broken() -> (Made, String) {
    let made = Made::with_history();
    let culprit = made.commit(
        &[("src/lock.rs", LOCK)],
        "lock: keep the descriptor open\n\nSo that fewer system calls are needed.",
    );
    made.commit(
        &[("src/parser.rs", "fn parser() {\n    start();\n}\n")],
        "parser: simpler",
    );
    made.commit(&[("README.md", "readme\n")], "docs: say less");
    (made, culprit)
}

#[test]
fn the_commit_that_broke_it_is_first() {
    let (made, culprit) = broken();
    let found = made.find("The lock cannot be taken\nthe descriptor stays open, at src/lock.rs:3");
    assert_eq!(found.commits()[0], culprit);
    assert_eq!(found.commits().len(), 13);
    assert!(found.term(&culprit, "frame") > 0.0);
    assert!(found.term(&culprit, "blame") > 0.0);
    assert_eq!(found.at("/ranked/0/high"), true);
    assert_eq!(found.at("/ranked/0/revert/result"), "clean");
    let why = found.report.tables[0].rows[0].last().unwrap().to_string();
    assert!(why.contains("descriptor"), "{why}");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (made, _) = broken();
    let json = || {
        let found = made.find("the lock is broken: descriptor at src/lock.rs:3");
        serde_json::to_string(&found.report).unwrap()
    };
    assert_eq!(json(), json());
}

#[test]
fn nothing_is_written_to_the_repository() {
    let (made, _) = broken();
    let state = || {
        let objects = made.git(&["count-objects", "--verbose"]);
        let status = made.git(&["status", "--porcelain=v2", "--ignored"]);
        let refs = made.git(&["for-each-ref"]);
        (
            objects,
            status,
            refs,
            std::fs::read(made.path().join(".git/index")).unwrap(),
        )
    };
    let before = state();
    let mut request = made.request("the lock is broken: descriptor");
    request.reverts = Some(100);
    let found = Found::of(&request).unwrap();
    let tried = found.report.extra["incident"].to_string();
    assert!(
        tried.contains("\"clean\"") && tried.contains("\"conflict\""),
        "{tried}"
    );
    assert_eq!(state(), before);
}

#[test]
fn a_revert_in_conflict_names_the_files() {
    let made = Made::with_history();
    let culprit = made.commit(&[("src/lock.rs", LOCK)], "lock: keep the descriptor open");
    let again = LOCK.replace("run_while", "walk_while");
    made.commit(&[("src/lock.rs", &again)], "rename");
    let mut request = made.request("descriptor is open, lock cannot be taken");
    request.reverts = Some(20);
    let found = Found::of(&request).unwrap();
    let at = found
        .commits()
        .iter()
        .position(|id| *id == culprit)
        .unwrap();
    let revert = found.at(&format!("/ranked/{at}/revert"));
    assert_eq!(
        revert,
        json!({"result": "conflict", "conflicts": ["src/lock.rs"]})
    );
}

#[test]
fn told_releases_cut_the_window_and_the_text_may_tell_them() {
    let made = Made::with_history();
    made.git(&["tag", "v1.0.0"]);
    let culprit = made.commit(&[("src/lock.rs", LOCK)], "lock: keep it open");
    made.git(&["tag", "v1.1.0"]);
    made.commit(
        &[("src/lock.rs", "fn lock() {}\n")],
        "lock: descriptor and open",
    );
    let all = made.find("the descriptor is open");
    assert_eq!(all.commits().len(), 12);
    assert_eq!(all.at("/window/rule"), "releases");

    let mut request = made.request("the descriptor is open");
    (request.last_good, request.first_bad) = (Some("1.0.0".to_owned()), Some("v1.1.0".to_owned()));
    let told = Found::of(&request).unwrap();
    assert_eq!(told.commits(), std::slice::from_ref(&culprit));
    assert_eq!(told.at("/window/from"), "v1.0.0");

    let text = made.find("the descriptor is open\nIt works in 1.0.0, but not since 1.1.0.");
    assert_eq!(text.commits(), std::slice::from_ref(&culprit));
    assert_eq!(text.at("/window/rule"), "text");
    let bad_alone = made.find("the descriptor is open since v1.1.0");
    assert_eq!(bad_alone.commits(), [culprit]);
}

#[test]
fn releases_far_back_are_found_whatever_the_limit() {
    let made = Made::with_history();
    made.git(&["tag", "v0.9.0"]);
    let culprit = made.commit(&[("src/lock.rs", LOCK)], "lock: keep the descriptor open");
    made.git(&["tag", "v1.0.0"]);
    for number in 0..6 {
        let name = format!("src/after{number}.rs");
        made.commit(&[(&name, "fn lock() {}\n")], "lock: descriptor and open");
    }
    let mut request = made.request("the descriptor is open");
    request.most_commits = Some(3);
    (request.last_good, request.first_bad) = (Some("v0.9.0".to_owned()), Some("v1.0.0".to_owned()));
    let found = Found::of(&request).unwrap();
    assert_eq!(found.commits(), [culprit]);
    assert_eq!(found.at("/window/notes"), json!([]));

    request.first_bad = None;
    let cut = Found::of(&request).unwrap();
    assert_eq!(cut.commits().len(), 3);
    let notes = cut.at("/window/notes").to_string();
    assert!(
        notes.contains("only the newest 3 of the commits"),
        "{notes}"
    );
    request.most_commits = Some(7);
    let all = Found::of(&request).unwrap();
    assert_eq!(all.at("/window/notes"), json!([]), "the control");
}

#[test]
fn a_release_on_a_branch_of_its_own_cuts_where_the_branch_began() {
    let made = Made::with_history();
    made.git(&["tag", "v0.9.0"]);
    let culprit = made.commit(&[("src/lock.rs", LOCK)], "lock: keep the descriptor open");
    made.git(&["checkout", "-q", "-b", "release"]);
    made.commit(&[("release.txt", "the descriptor\n")], "release: 1.0");
    made.git(&["tag", "v1.0.0"]);
    made.git(&["checkout", "-q", "-"]);
    made.commit(
        &[("src/after.rs", "fn lock() {}\n")],
        "lock: descriptor and open",
    );
    let mut request = made.request("the descriptor is open");
    (request.last_good, request.first_bad) = (Some("v0.9.0".to_owned()), Some("v1.0.0".to_owned()));
    assert_eq!(Found::of(&request).unwrap().commits(), [culprit]);
}

#[test]
fn a_release_that_is_told_and_not_there_is_an_error_by_a_flag_and_a_note_in_a_text() {
    let (made, _) = broken();
    let mut request = made.request("the descriptor is open");
    request.last_good = Some("9.9".to_owned());
    let error = Found::of(&request).err().unwrap();
    assert!(matches!(&error, ResponderError::UnknownCommit { name } if name == "9.9"));
    let found = made.find("the descriptor is open since 9.9.9");
    assert_eq!(found.commits().len(), 13);
    assert!(
        found
            .words()
            .contains("9.9.9 was told, but no tag is called so")
    );
}

#[test]
fn a_release_on_a_branch_counts_by_its_merge_base() {
    let made = Made::with_history();
    let old = made.git(&["rev-parse", "HEAD"]);
    made.git(&["checkout", "--quiet", "-b", "release"]);
    made.commit(&[("VERSION", "1\n")], "release 1.0.0");
    made.git(&["tag", "v1.0.0"]);
    made.git(&["checkout", "--quiet", "main"]);
    let new = made.commit(&[("src/lock.rs", LOCK)], "lock: keep the descriptor open");
    let found = made.find("the descriptor is open");
    assert_eq!(found.term(&new, "release"), 0.0);
    assert!((found.term(&old, "release") + 2_f64.ln()).abs() < 1e-9);
}

#[test]
fn an_ignored_revision_is_not_blamed() {
    let made = Made::with_history();
    let culprit = made.commit(&[("src/lock.rs", LOCK)], "lock: keep the descriptor open");
    let spaced = LOCK.replace("start();", "start(1);");
    let format = made.commit(&[("src/lock.rs", &spaced)], "format everything");
    let text = "it is broken\nat src/lock.rs:2";
    assert!(made.find(text).term(&format, "blame") > 0.0);
    let list = format!("# formatting\n{format} # all\n{}\nno id\n", "7".repeat(40));
    made.commit(&[(".git-blame-ignore-revs", &list)], "pass over formatting");
    let found = made.find(text);
    assert_eq!(found.term(&format, "blame"), 0.0);
    assert!(found.term(&culprit, "blame") > 0.0);
}

#[test]
fn a_weak_answer_is_withheld_and_says_what_would_decide_it() {
    let made = Made::new();
    for at in 0..40 {
        let text = format!("fn step() {{ {at} }}\n");
        made.commit(&[("src/step.rs", &text)], &format!("step: number {at}"));
    }
    made.git(&["tag", "v1.0.0", "HEAD~4"]);
    let mut request = made.request("it is slow");
    request.show_withheld = false;
    let found = Found::of(&request).unwrap();
    assert!(found.commits().is_empty() && found.report.tables[0].rows.is_empty());
    let words = found.words();
    for part in [
        "no",
        "`--last-good v1.0.0` cuts 40 commits to 4",
        "a stack trace",
        "8 builds at the most",
        "--show-withheld",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    request.show_withheld = true;
    let shown = Found::of(&request).unwrap();
    assert_eq!(shown.commits().len(), 40);
    assert!(shown.at("/withheld/reason").is_string());
}

#[test]
fn a_commit_with_missing_objects_does_not_end_the_history() {
    let (made, culprit) = broken();
    let blob = made.git(&["rev-parse", "HEAD~1:src/parser.rs"]);
    let object = format!(".git/objects/{}/{}", &blob[..2], &blob[2..]);
    std::fs::remove_file(made.path().join(object)).unwrap();
    let found = made.find("the lock cannot be taken: descriptor open");
    assert_eq!(found.commits().len(), 13);
    assert_eq!(found.commits()[0], culprit);
    assert_eq!(found.report.skipped[0].code, "missing-object");
    let parser = made.git(&["rev-parse", "HEAD~1"]);
    assert!(made.find("parser is slow").term(&parser, "path") > 0.0);
}

#[test]
fn a_history_that_is_cut_off_gives_no_sure_answer() {
    let (made, culprit) = broken();
    let from = format!("file://{}", made.path().display());
    made.git(&["clone", "--quiet", "--depth=3", &from, "../shallow"]);
    let mut request = made.request("The lock cannot be taken: descriptor open, src/lock.rs:3");
    assert_eq!(Found::of(&request).unwrap().at("/ranked/0/high"), true);
    let shallow = made.path().with_file_name("shallow");
    request.repo = Some(shallow.to_str().unwrap().to_owned());
    let found = Found::of(&request).unwrap();
    assert_eq!(found.commits()[0], culprit);
    assert_eq!(found.at("/ranked/0/high"), false);
    assert!(found.words().contains("git fetch --unshallow"));
}

#[test]
fn a_symptom_is_read_from_json_and_from_any_text() {
    let (made, culprit) = broken();
    let symptom = json!({
        "title": "lock cannot be taken", "text": "descriptor open",
        "frames": [{"path": "src/lock.rs", "line": 3}],
    });
    // As an alert it is read as `incident assess` reads it.
    let event = json!({
        "event_id": "1", "timestamp": 1_750_000_000,
        "exception": {"values": [{
            "type": "Error", "value": "lock cannot be taken",
            "stacktrace": {"frames": [{"filename": "src/lock.rs", "lineno": 3, "in_app": true}]},
        }]},
    });
    for (name, text) in [
        ("a.json", symptom.to_string()),
        ("event.json", event.to_string()),
        ("a.txt", "lock cannot be taken\nsrc/lock.rs:3\n".to_owned()),
    ] {
        let mut request = made.request("");
        (request.text, request.path) = (None, Some(made.beside(name, &text)));
        let found = Found::of(&request).unwrap();
        assert_eq!(found.commits()[0], culprit, "{name}");
        assert!(found.term(&culprit, "blame") > 0.0, "{name}");
    }
}

#[test]
fn what_cannot_be_searched_says_why() {
    let (made, _) = broken();
    let error = |request: &SuspectsRequest| Found::of(request).err().unwrap().to_string();
    assert!(error(&made.request(" the \n")).contains("no word to look for"));
    assert!(error(&SuspectsRequest::default()).contains("no word to look for"));
    let mut request = made.request("");
    (request.text, request.path) = (None, Some(made.beside("x", "") + "y"));
    assert!(error(&request).contains("cannot be read"));
    let mut request = made.request("lock");
    request.base = Some("nowhere".to_owned());
    assert!(error(&request).starts_with("\"nowhere\" is no commit"));
    let empty = Made::new();
    assert!(error(&empty.request("lock")).contains("no commit yet"));
    let folder = tempfile::tempdir().unwrap();
    request.repo = Some(folder.path().to_str().unwrap().to_owned());
    assert!(error(&request).contains("in no git repository"));
}

#[test]
fn an_older_base_knows_nothing_of_later_commits_and_a_bare_repository_will_do() {
    let (made, culprit) = broken();
    let mut request = made.request("the descriptor is open");
    request.base = Some(format!("{culprit}~1"));
    let found = Found::of(&request).unwrap();
    assert_eq!(found.commits().len(), 10);
    assert!(!found.commits().contains(&culprit));
    made.git(&["clone", "--quiet", "--bare", ".", "../bare"]);
    let bare = made.path().with_file_name("bare");
    let mut request = made.request("the descriptor is open");
    request.repo = Some(bare.to_str().unwrap().to_owned());
    assert_eq!(Found::of(&request).unwrap().commits()[0], culprit);
}

#[test]
fn whoever_waits_no_more_ends_the_search() {
    struct Gone;
    impl SuspectHooks for Gone {
        fn progress(&self, _: u64, _: u64) {}

        fn is_cancelled(&self) -> bool {
            true
        }
    }
    let (made, _) = broken();
    let error = suspects(&made.request("lock"), &SuspectSettings::default(), &Gone).unwrap_err();
    assert_eq!(error.to_string(), "it was cancelled");
}
