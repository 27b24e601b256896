//! Every format as the git of this machine writes it, of a repository with all that is
//! hard: names with line breaks and without UTF-8, renames, merges, empty commits.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

mod support;

use guildhall_git::blame::Blame;
use guildhall_git::diff::{DiffRecord, Hunks, NumstatDiff, RawDiff};
use guildhall_git::log::{Commit, Log, LogRecord, NumstatLog};
use guildhall_git::objects::{self, AnswerPart, Answers};
use guildhall_git::refs::{BRANCHES, Refs, TAGS};
use guildhall_git::tree::Tree;
use guildhall_git::{FileKind, ObjectKind, Status};

use support::{HARD, ODD, Repository};

/// The commits of a history, oldest first, each with its changes.
fn by_commit<C>(records: Vec<LogRecord<C>>) -> Vec<(Commit, Vec<C>)> {
    let mut commits: Vec<(Commit, Vec<C>)> = Vec::new();
    for record in records {
        match record {
            LogRecord::Commit(commit) => commits.push((commit, Vec::new())),
            LogRecord::Change(change) => commits.last_mut().unwrap().1.push(change),
        }
    }
    commits.reverse();
    commits
}

fn texts<'a>(paths: impl IntoIterator<Item = &'a Vec<u8>>) -> Vec<String> {
    paths
        .into_iter()
        .map(|path| path.escape_ascii().to_string())
        .collect()
}

fn subjects<C>(commits: &[(Commit, Vec<C>)]) -> Vec<String> {
    texts(commits.iter().map(|(commit, _)| &commit.subject))
}

#[test]
fn a_history_has_every_commit_with_what_it_changed() {
    let repository = Repository::new();
    let commits = by_commit(repository.records(Log::default(), &["--topo-order", "HEAD"]));
    assert_eq!(
        subjects(&commits),
        ["first", "empty", "move", "on a branch", "merge"]
    );
    let changed: Vec<_> = commits.iter().map(|(_, changes)| changes.len()).collect();
    assert_eq!(changed, [4, 0, 2, 1, 0]);
    let parents: Vec<_> = commits
        .iter()
        .map(|(commit, _)| commit.parents.len())
        .collect();
    assert_eq!(parents, [0, 1, 1, 1, 2]);
    assert_eq!(commits[0].0.time, Some(1_700_000_000));
    assert_eq!(commits[0].0.author_name, "Ada Löve".as_bytes());
    assert_eq!(commits[0].0.author_mail, b"ada@example.org");
    let first = &commits[0].1;
    assert!(
        first
            .iter()
            .all(|change| change.status == Status::Added && change.old_id.is_null())
    );
    assert_eq!(
        texts(first.iter().map(|change| &change.path)),
        texts(
            [
                &b"link".to_vec(),
                &b"lines".to_vec(),
                &HARD.to_vec(),
                &ODD.to_vec()
            ]
            .into_iter()
            .collect::<std::collections::BTreeSet<_>>()
        )
    );
    let moved = &commits[2].1;
    let rename = moved
        .iter()
        .find(|change| change.status == Status::Renamed)
        .unwrap();
    assert_eq!(rename.old_path.as_deref(), Some(HARD));
    assert_eq!(rename.path, [b"moved/", HARD].concat());
    assert_eq!(rename.similarity, Some(100));
}

#[test]
fn counts_of_lines_are_those_of_the_changes() {
    let repository = Repository::new();
    let commits = by_commit(repository.records(NumstatLog::default(), &["--topo-order", "HEAD"]));
    let changed: Vec<_> = commits.iter().map(|(_, changes)| changes.len()).collect();
    assert_eq!(changed, [4, 0, 2, 1, 0]);
    let odd = commits[0]
        .1
        .iter()
        .find(|counts| counts.path == ODD)
        .unwrap();
    assert_eq!(odd.lines, None, "it holds a zero byte");
    let lines = commits[0]
        .1
        .iter()
        .find(|counts| counts.path == b"lines")
        .unwrap();
    assert_eq!(lines.lines, Some((4, 0)));
    let rename = commits[2]
        .1
        .iter()
        .find(|counts| counts.old_path.is_some())
        .unwrap();
    assert_eq!(
        (rename.lines, rename.old_path.as_deref()),
        (Some((0, 0)), Some(HARD))
    );
}

#[test]
fn a_configuration_changes_nothing() {
    let plain = Repository::new();
    let set = Repository::new();
    let every_commit = set.git(&["rev-list", "HEAD"]);
    set.write(b".git/ignored", &every_commit);
    for (key, value) in [
        ("log.showRoot", "false"),
        ("log.showSignature", "true"),
        ("log.diffMerges", "on"),
        ("log.follow", "true"),
        ("diff.renames", "false"),
        ("diff.noPrefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("diff.context", "9"),
        ("diff.interHunkContext", "9"),
        ("diff.algorithm", "patience"),
        ("diff.orderFile", "missing"),
        ("diff.relative", "true"),
        ("color.ui", "always"),
        ("core.quotePath", "false"),
        ("core.abbrev", "5"),
        ("i18n.logOutputEncoding", "ISO-8859-1"),
        ("blame.showEmail", "true"),
        ("blame.ignoreRevsFile", ".git/ignored"),
        ("blame.markUnblamableLines", "true"),
        ("format.pretty", "oneline"),
    ] {
        set.git(&["config", key, value]);
    }
    let log = |repository: &Repository| repository.records(Log::default(), &["HEAD"]);
    assert_eq!(log(&plain), log(&set));
    let counts = |repository: &Repository| repository.records(NumstatLog::default(), &["HEAD"]);
    assert_eq!(counts(&plain), counts(&set));
    let hunks =
        |repository: &Repository| repository.records(Hunks::default(), &["main~1", "main", "--"]);
    assert_eq!(hunks(&plain), hunks(&set));
    let blame = |repository: &Repository| {
        repository.records(Blame::incremental(), &["HEAD", "--", "lines"])
    };
    assert_eq!(blame(&plain), blame(&set));
}

#[test]
fn each_line_is_from_the_commit_that_wrote_it() {
    let repository = Repository::new();
    for parser in [Blame::incremental(), Blame::porcelain()] {
        let mut found: Vec<(u32, String, u32)> = Vec::new();
        for lines in repository.records(parser, &["HEAD", "--", "lines"]) {
            assert_eq!(&lines.original_path[..], b"lines");
            assert_eq!(lines.commit.author_mail, b"ada@example.org");
            for at in 0..lines.count {
                let summary = String::from_utf8(lines.commit.summary.clone()).unwrap();
                found.push((lines.line + at, summary, lines.original_line + at));
            }
        }
        found.sort();
        let expected = [
            (1, "first", 1),
            (2, "on a branch", 2),
            (3, "first", 3),
            (4, "first", 4),
            (5, "move", 5),
        ];
        let expected = expected.map(|(line, summary, from)| (line, summary.to_owned(), from));
        assert_eq!(found, expected);
    }
}

#[test]
fn a_moved_line_knows_its_old_path() {
    let repository = Repository::new();
    let path = [b"moved/", HARD].concat();
    for parser in [Blame::incremental(), Blame::porcelain()] {
        let lines = repository.records_of(parser, &["HEAD", "--"], &path);
        assert_eq!(&lines[0].original_path[..], HARD);
        assert_eq!(lines[0].commit.author_time, Some(1_700_000_000));
    }
}

#[test]
fn files_of_a_commit_have_their_sizes() {
    let repository = Repository::new();
    let entries = repository.records(Tree::default(), &["HEAD"]);
    let kinds: Vec<_> = entries.iter().map(|entry| entry.mode.kind()).collect();
    assert_eq!(
        kinds,
        [
            FileKind::Regular,
            FileKind::Symlink,
            FileKind::Regular,
            FileKind::Regular
        ]
    );
    let odd = entries.iter().find(|entry| entry.path == ODD).unwrap();
    assert_eq!((odd.kind, odd.size), (ObjectKind::Blob, Some(3)));
    assert!(
        entries
            .iter()
            .any(|entry| entry.path == [b"moved/", HARD].concat())
    );
}

#[test]
fn two_commits_differ_where_lines_were_changed() {
    let repository = Repository::new();
    let between = ["main~2", "main", "--"];
    let files = repository.records(RawDiff::default(), &between);
    let counts = repository.records(NumstatDiff::default(), &between);
    assert_eq!(
        texts(files.iter().map(|change| &change.path)),
        texts(counts.iter().map(|counts| &counts.path))
    );
    let mut file = Vec::new();
    let mut places = Vec::new();
    for record in repository.records(Hunks::default(), &between) {
        match record {
            DiffRecord::File(next) => file = next.new_path.unwrap(),
            DiffRecord::Hunk(hunk) => places.push((
                String::from_utf8(file.clone()).unwrap(),
                (hunk.old.start, hunk.old.count),
                (hunk.new.start, hunk.new.count),
            )),
        }
    }
    let lines = || "lines".to_owned();
    assert_eq!(
        places,
        [(lines(), (2, 1), (2, 1)), (lines(), (4, 0), (5, 1))]
    );
}

#[test]
fn odd_names_are_read_in_every_form_of_a_difference() {
    let repository = Repository::new();
    let empty = repository.git(&["hash-object", "-t", "tree", "/dev/null"]);
    let empty = String::from_utf8(empty).unwrap();
    let all = [empty.trim(), "HEAD", "--"];
    let files = repository.records(RawDiff::default(), &all);
    let files = texts(files.iter().map(|change| &change.path));
    assert_eq!(files.len(), 4);
    let counts = repository.records(NumstatDiff::default(), &all);
    assert_eq!(texts(counts.iter().map(|counts| &counts.path)), files);
    let heads = repository.records(Hunks::default(), &all);
    let heads: Vec<_> = heads
        .iter()
        .filter_map(|record| match record {
            DiffRecord::File(file) => file.new_path.clone(),
            DiffRecord::Hunk(_) => None,
        })
        .collect();
    assert_eq!(texts(&heads), files);
}

#[test]
fn branches_and_tags_are_listed_with_what_they_lead_to() {
    let repository = Repository::new();
    let branches = repository.records(Refs::default(), &[BRANCHES]);
    let names = texts(branches.iter().map(|branch| &branch.name));
    assert_eq!(names, ["refs/heads/main", "refs/heads/side"]);
    let tags = repository.records(Refs::default(), &[TAGS]);
    let kinds: Vec<_> = tags.iter().map(|tag| (tag.kind, tag.peeled().1)).collect();
    assert_eq!(
        kinds,
        [
            (ObjectKind::Tag, ObjectKind::Commit),
            (ObjectKind::Commit, ObjectKind::Commit)
        ]
    );
    assert_eq!(tags[0].peeled().0, tags[1].id);
    assert_eq!(tags[0].time, Some(1_700_000_000));
}

#[test]
fn contents_are_those_that_were_committed() {
    let repository = Repository::new();
    let entries = repository.records(Tree::default(), &["HEAD"]);
    let missing = "1".repeat(40).parse().unwrap();
    let wanted: Vec<_> = entries
        .iter()
        .map(|entry| entry.id)
        .chain([missing])
        .collect();
    let requests: Vec<u8> = wanted.iter().flat_map(objects::request).collect();
    let output = repository.run(objects::ARGUMENTS, &requests);
    let mut contents = Vec::new();
    let mut gone = 0;
    let mut answers = Answers::default();
    let _ = answers
        .push(&output, &mut |part| {
            match part {
                AnswerPart::Missing => gone += 1,
                AnswerPart::Begins { .. } => contents.push(Vec::new()),
                AnswerPart::Content(piece) => {
                    contents.last_mut().unwrap().extend_from_slice(piece);
                }
                AnswerPart::Ends => {}
            }
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    answers.finish().unwrap();
    let sizes: Vec<_> = contents
        .iter()
        .map(|content| Some(content.len() as u64))
        .collect();
    let expected: Vec<_> = entries.iter().map(|entry| entry.size).collect();
    assert_eq!((sizes, gone), (expected, 1));
    assert!(contents.contains(&b"a\0b".to_vec()));
}
