//! Git for plugins on real repositories: facts, records, contents, and that git ends and
//! runs nobody's code.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::cell::RefCell;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use guildhall_source::SourceError;
use guildhall_source::git::ObjectId;
use guildhall_source::git::diff::{Hunks, NumstatDiff};
use guildhall_source::git::log::{Log, LogRecord};
use guildhall_source::git::tree::Tree;
use guildhall_source::language::Language;
use guildhall_source::repository::{Fetched, Repository, Watch};
use guildhall_source::walk::{Wanted, walk};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, openat};
use rustix::io::Errno;

const NEVER: &dyn Fn() -> bool = &|| false;
const NEVER_SYNC: &(dyn Fn() -> bool + Sync) = &|| false;

struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    /// A folder with a repository `r` of two commits.
    fn new() -> Self {
        let bench = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let top = bench.path("r");
        std::fs::create_dir_all(top.join("src/[x]")).unwrap();
        bench.git("r", &["init", "--quiet", "--initial-branch=main"]);
        bench.git("r", &["config", "user.name", "Ada"]);
        bench.git("r", &["config", "user.email", "ada@example.org"]);
        std::fs::write(top.join("a.txt"), "one\n").unwrap();
        std::fs::write(top.join("src/[x]/b.txt"), "b\n").unwrap();
        bench.git("r", &["add", "."]);
        bench.git("r", &["commit", "--quiet", "--message=first"]);
        std::fs::write(top.join("a.txt"), "two\n").unwrap();
        bench.git("r", &["commit", "--quiet", "--all", "--message=second"]);
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    /// Git as a user runs it.
    fn git(&self, folder: &str, arguments: &[&str]) {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(self.path(folder))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_DATE", "1700000000 +0000")
            .env("GIT_COMMITTER_DATE", "1700000000 +0000")
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
    }

    fn repository(&self, folder: &str) -> Repository {
        Repository::discover(&self.path(folder), &Watch::new(NEVER)).unwrap()
    }
}

/// Paths of a log, newest first, and how many commits there were.
fn history(repository: &Repository, paths: &[&Path]) -> (usize, Vec<String>) {
    let (mut commits, mut changed) = (0, Vec::new());
    let more = ["HEAD", "--"];
    let flow = repository.records(Log::default(), more, paths, &Watch::new(NEVER), |record| {
        match record {
            LogRecord::Commit(_) => commits += 1,
            LogRecord::Change(change) => changed.push(String::from_utf8(change.path).unwrap()),
        }
        ControlFlow::Continue(())
    });
    assert_eq!(flow.unwrap(), ControlFlow::Continue(()));
    (commits, changed)
}

fn contents(repository: &Repository) -> Vec<(ObjectId, u64)> {
    let mut found = Vec::new();
    let watch = Watch::new(NEVER);
    let flow = repository.records(Tree::default(), ["HEAD"], &[], &watch, |entry| {
        found.push((entry.id, entry.size.unwrap()));
        ControlFlow::Continue(())
    });
    assert_eq!(flow.unwrap(), ControlFlow::Continue(()));
    found
}

#[test]
fn a_folder_knows_where_it_lies_in_its_repository() {
    let bench = Bench::new();
    let facts = bench.repository("r/src/[x]").facts().clone();
    assert_eq!(facts.top, Some(bench.path("r")));
    assert_eq!(facts.prefix, Path::new("src/[x]"));
    assert_eq!(facts.git_folder, bench.path("r/.git"));
    assert_eq!(facts.head.unwrap().time, Some(1_700_000_000));
    assert!(!facts.is_bare && !facts.is_shallow && !facts.is_partial);
    let of_file = bench.repository("r/src/[x]/b.txt");
    assert_eq!(*of_file.facts(), facts);
    assert_eq!(bench.repository("r").facts().prefix, Path::new(""));
}

#[test]
fn clones_of_every_kind_say_what_they_are() {
    let bench = Bench::new();
    let origin = format!("file://{}", bench.path("r").display());
    bench.git("r", &["config", "uploadpack.allowFilter", "true"]);
    bench.git("", &["clone", "--quiet", "--bare", &origin, "bare"]);
    bench.git("", &["clone", "--quiet", "--depth=1", &origin, "shallow"]);
    bench.git(
        "",
        &[
            "clone",
            "--quiet",
            "--no-checkout",
            "--filter=blob:none",
            &origin,
            "partial",
        ],
    );
    bench.git("r", &["worktree", "add", "--quiet", "../linked"]);
    let bare = bench.repository("bare");
    assert!(bare.facts().is_bare && bare.facts().top.is_none());
    assert_eq!(history(&bare, &[]).0, 2);
    let shallow = bench.repository("shallow");
    assert!(shallow.facts().is_shallow);
    assert_eq!(history(&shallow, &[]).0, 1);
    let partial = bench.repository("partial");
    assert!(partial.facts().is_partial);
    let linked = bench.repository("linked");
    assert_eq!(linked.facts().top, Some(bench.path("linked")));
    assert_eq!(history(&linked, &[]), history(&bench.repository("r"), &[]));
    bench.git("", &["init", "--quiet", "new"]);
    assert_eq!(bench.repository("new").facts().head, None);
}

#[test]
fn without_a_repository_there_is_no_history() {
    let bench = Bench::new();
    let watch = Watch::new(NEVER);
    let error = Repository::discover(&bench.path(""), &watch).unwrap_err();
    assert!(
        matches!(&error, SourceError::NotARepository { .. }),
        "{error}"
    );
    assert!(error.is_no_history());
    assert!(Repository::open(&bench.path("r"), &watch).is_ok());
    let below = Repository::open(&bench.path("r/src"), &watch).unwrap_err();
    assert!(
        matches!(below, SourceError::NotARepository { .. }),
        "{below}"
    );
}

#[test]
fn paths_are_from_the_top_and_taken_literally() {
    let bench = Bench::new();
    let repository = bench.repository("r/src");
    let (commits, changed) = history(&repository, &[]);
    assert_eq!((commits, changed.len()), (2, 3));
    let prefix = bench.repository("r/src/[x]").facts().prefix.clone();
    assert_eq!(
        history(&repository, &[&prefix]),
        (1, vec!["src/[x]/b.txt".to_owned()])
    );
    assert_eq!(history(&repository, &[Path::new("")]).0, 2);
    assert_eq!(
        history(&repository, &[Path::new("*.txt")]).0,
        0,
        "it is no pattern"
    );
}

#[test]
fn contents_are_read_one_after_another_and_large_ones_passed_over() {
    let bench = Bench::new();
    let large = "x".repeat(300_000);
    std::fs::write(bench.path("r/large"), &large).unwrap();
    bench.git("r", &["add", "."]);
    bench.git("r", &["commit", "--quiet", "--message=large"]);
    let repository = bench.repository("r");
    let watch = Watch::new(NEVER);
    let mut objects = repository.objects();
    let mut read = |id: &ObjectId, most| objects.read(id, most, &watch).unwrap();
    let missing: ObjectId = "1".repeat(40).parse().unwrap();
    for (id, size) in contents(&repository) {
        assert_eq!(read(&missing, 10), Fetched::Missing);
        let Fetched::Found(object) = read(&id, size) else {
            panic!("{id} has {size} bytes");
        };
        assert_eq!((object.id, object.content.len() as u64), (id, size));
        let too_large =
            matches!(read(&id, size - 1), Fetched::TooLarge { size: of, .. } if of == size);
        assert!(too_large, "{id}");
    }
}

#[test]
fn who_has_enough_gets_no_more() {
    let bench = Bench::new();
    let mut taken = 0;
    let watch = Watch::new(NEVER);
    let repository = bench.repository("r");
    let flow = repository.records(Log::default(), ["HEAD"], &[], &watch, |_| {
        taken += 1;
        ControlFlow::Break(())
    });
    assert_eq!((flow.unwrap(), taken), (ControlFlow::Break(()), 1));
}

#[test]
fn a_failure_says_what_git_says_and_not_without_end() {
    let bench = Bench::new();
    let repository = bench.repository("r");
    let watch = Watch::new(NEVER);
    let run = |revision: &str| {
        repository.stream(["rev-parse", revision], &watch, |_| {
            ControlFlow::Continue(())
        })
    };
    let error = run("no-such-commit").unwrap_err().to_string();
    assert!(
        error.starts_with("`git rev-parse no-such-commit` failed: fatal: "),
        "{error}"
    );
    let SourceError::Command { reason, .. } = run(&"x".repeat(100_000)).unwrap_err() else {
        panic!("git accepts a name that is none");
    };
    assert!(reason.len() <= 16 << 10, "{}", reason.len());
}

/// A pipe that git reads and that nobody writes, so that git waits for ever.
struct Pipe(PathBuf);

impl Pipe {
    fn new(bench: &Bench) -> Self {
        let path = bench.path("r/pipe");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        Self(path)
    }

    /// The writing end, if somebody has the pipe open for reading.
    fn writer(&self) -> Option<File> {
        match openat(
            CWD,
            &self.0,
            OFlags::WRONLY | OFlags::NONBLOCK,
            Mode::empty(),
        ) {
            Ok(end) => Some(end.into()),
            Err(error) => {
                assert_eq!(error, Errno::NXIO);
                None
            }
        }
    }
}

#[test]
fn a_cancelled_git_is_gone() {
    let bench = Bench::new();
    let pipe = Pipe::new(&bench);
    let repository = bench.repository("r");
    // Held, so that git does not see the end of the pipe by itself.
    let writer = RefCell::new(None);
    let is_cancelled = || {
        let mut writer = writer.borrow_mut();
        *writer = writer.take().or_else(|| pipe.writer());
        writer.is_some()
    };
    let watch = Watch::new(&is_cancelled);
    let ended = repository.stream(["hash-object", "pipe"], &watch, |_| {
        ControlFlow::Continue(())
    });
    assert!(matches!(ended, Err(SourceError::Cancelled)), "{ended:?}");
    assert!(writer.borrow().is_some(), "git was reading");
    assert!(pipe.writer().is_none(), "git still reads");
}

#[test]
fn a_git_that_takes_too_long_is_gone() {
    let bench = Bench::new();
    let pipe = Pipe::new(&bench);
    let repository = bench.repository("r");
    let watch = Watch::new(NEVER).within(Duration::from_millis(300));
    let ended = repository.stream(["hash-object", "pipe"], &watch, |_| {
        ControlFlow::Continue(())
    });
    let error = ended.unwrap_err();
    assert!(matches!(&error, SourceError::TimedOut { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("`git hash-object pipe` took more than 300ms"),
        "{error}"
    );
    assert!(pipe.writer().is_none(), "git still reads");
}

#[test]
fn nothing_that_a_repository_names_is_run() {
    let bench = Bench::new();
    let marks = bench.path("marks");
    std::fs::create_dir(&marks).unwrap();
    std::fs::write(
        bench.path("r/.git/info/attributes"),
        "*.txt diff=evil filter=evil\n",
    )
    .unwrap();
    for key in [
        "core.fsmonitor",
        "core.pager",
        "core.alternateRefsCommand",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.odd=name.process",
        "gpg.program",
    ] {
        let value = format!("touch {}/{key}; cat; true", marks.display());
        bench.git("r", &["config", key, &value]);
    }
    bench.git("r", &["config", "log.showSignature", "true"]);
    std::fs::write(bench.path("r/a.txt"), "three\n").unwrap();
    let repository = bench.repository("r");
    let watch = Watch::new(NEVER);
    history(&repository, &[]);
    for revision in [&["HEAD~1", "HEAD", "--"][..], &["HEAD", "--"]] {
        let flow = repository.records(Hunks::default(), revision, &[], &watch, |_| {
            ControlFlow::Continue(())
        });
        assert!(flow.unwrap().is_continue());
        let flow = repository.records(NumstatDiff::default(), revision, &[], &watch, |_| {
            ControlFlow::Continue(())
        });
        assert!(flow.unwrap().is_continue());
    }
    let count = || std::fs::read_dir(&marks).unwrap().count();
    assert_eq!(count(), 0);
    bench.git("r", &["diff", "HEAD"]);
    assert!(count() > 0, "git as it is runs them");
}

/// Names of the committed files below a folder, and of what was left out.
fn committed(repository: &Repository, folder: &str) -> (Vec<String>, Vec<(String, String)>) {
    let watch = Watch::new(NEVER);
    let head = repository.facts().head.unwrap().id;
    let wanted = Wanted::languages(&[Language::Rust]);
    let mut objects = repository.objects();
    let found = repository.committed(&head, folder.as_ref(), &wanted, &mut objects, &watch);
    let found = found.unwrap();
    let names = found.files.iter().map(|file| file.name.clone());
    let skipped = found.skipped.into_iter();
    let skipped = skipped.map(|skipped| (skipped.path, skipped.code));
    (names.collect(), skipped.collect())
}

#[test]
fn the_files_of_a_commit_are_those_that_a_walk_finds() {
    let bench = Bench::new();
    let top = bench.path("r");
    let write = |name: &str, content: &str| {
        let path = top.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    for name in [
        "a.rs",
        "b.py",
        ".hidden.rs",
        ".config/c.rs",
        "gen/d.rs",
        "gen/keep.rs",
        "out/e.rs",
        "out/deep/f.rs",
        "cache/g.rs",
        "src/h.rs",
        "src/gen/i.rs",
        "src/.seen.rs",
        "kept/j.rs",
        "src/k.rs",
        "src/cache/l.rs",
    ] {
        write(name, "");
    }
    write(
        ".gitignore",
        "\u{feff}/gen/*\n!/gen/keep.rs\nout/\nkept/\n[\nk.rs\n",
    );
    write(".ignore", "!kept/\n");
    write("src/.gitignore", "!.seen.rs\n!k.rs\n/cache/../\n");
    let tag = "Signature: 8a477f597d28d172789f06886806bc55\n";
    write("cache/CACHEDIR.TAG", tag);
    write("src/CACHEDIR.TAG", tag);
    write("kept/CACHEDIR.TAG", "no signature");
    std::os::unix::fs::symlink("a.rs", top.join("link.rs")).unwrap();
    bench.git("r", &["add", "--all", "--force"]);
    bench.git("r", &["commit", "--quiet", "--message=third"]);
    let repository = bench.repository("r");
    for folder in ["", "src", "gen", "out"] {
        let (names, skipped) = committed(&repository, folder);
        let wanted = Wanted::languages(&[Language::Rust]);
        let walked = walk(&top.join(folder), &wanted, 1, NEVER_SYNC).unwrap();
        let walked: Vec<_> = walked.files.into_iter().map(|file| file.name).collect();
        assert_eq!(names, walked, "below {folder:?}");
        let links = [("link.rs".to_owned(), "symlink".to_owned())];
        assert_eq!(skipped, links[..usize::from(folder.is_empty())]);
    }
    // By hand, so that both being wrong alike would show.
    assert_eq!(
        committed(&repository, "").0,
        ["a.rs", "gen/keep.rs", "kept/j.rs"]
    );
    let within = ["cache/l.rs", "gen/i.rs", "h.rs", "k.rs", ".seen.rs"];
    let mut names = committed(&repository, "src").0;
    names.sort_by_key(|name| within.iter().position(|it| it == name));
    assert_eq!(names, within);
}

#[test]
fn a_submodule_is_named_and_a_folder_that_is_not_there_is_told() {
    let bench = Bench::new();
    bench.git("", &["clone", "--quiet", "r", "other"]);
    let bare = [
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        "../other",
    ];
    bench.git("r", &bare);
    bench.git("r", &["commit", "--quiet", "--message=module"]);
    let repository = bench.repository("r");
    let (names, skipped) = committed(&repository, "");
    assert!(names.is_empty(), "{names:?}");
    assert_eq!(skipped, [("other".to_owned(), "submodule".to_owned())]);
    let watch = Watch::new(NEVER);
    let wanted = Wanted::languages(&[Language::Rust]);
    let head = repository.facts().head.unwrap().id;
    let mut objects = repository.objects();
    let mut has_folder = |folder: &str| {
        let found = repository.committed(&head, folder.as_ref(), &wanted, &mut objects, &watch);
        found.unwrap().has_folder
    };
    assert!(has_folder("src") && has_folder("src/[x]") && !has_folder("sr"));
}
