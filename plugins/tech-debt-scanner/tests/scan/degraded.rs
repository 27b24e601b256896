//! Repositories that lack something, or change while they are looked at: each gives a report,
//! with a word on what was left out.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use guildhall_report::{Report, ScanRequest};
use tech_debt_scanner::{Hooks, scan};

use crate::history::{Repository, codes, ranked, row};
use crate::support::{Folder, request, skipped};

/// Does something when the first file was examined.
struct Meanwhile<F>(AtomicBool, F);

impl<F: Fn() + Sync> Hooks for Meanwhile<F> {
    fn progress(&self, _: u64, _: u64, _: &Path) {
        if !self.0.swap(true, Ordering::Relaxed) {
            (self.1)();
        }
    }

    fn is_cancelled(&self) -> bool {
        false
    }
}

/// A scan by one thread, during which something is done.
fn scan_while(repository: &Repository, meanwhile: impl Fn() + Sync) -> Report {
    let request = ScanRequest {
        threads: Some(1),
        ..repository.0.request()
    };
    scan(&request, &Meanwhile(AtomicBool::new(false), meanwhile)).unwrap()
}

/// All that is said of the history.
fn said(report: &Report) -> String {
    let texts = report.texts.iter().map(|text| text.body.as_str());
    texts.collect::<Vec<_>>().join("\n")
}

/// A fix on the second of three days, in one of two copies.
fn with_a_fix() -> Repository {
    let function = |name: &str, step: u32| {
        format!(
            "fn {name}(a: &[u32]) -> u32 {{\n    let all = a.iter().copied().filter(|b| *b > 7).sum::<u32>();\n    \
             let most = a.iter().copied().max().unwrap_or_default();\n    let next = all + \
             {step};\n    let mean = next / a.len() as u32 + most;\n    println!(\"{{mean}} of \
             {{all}}, next {{next}}\");\n    mean\n}}\n"
        )
    };
    let repository = Repository::new();
    repository
        .0
        .write("a.rs", function("a", 1))
        .write("b.rs", function("b", 1));
    repository.commit(0, "first");
    repository.0.write("a.rs", function("a", 2));
    repository.commit(1, "fix the step");
    repository.0.write("c.rs", "// TODO: more\nfn c() {}\n");
    repository.commit(2, "third");
    repository
}

fn has_divergence(report: &Report) -> bool {
    report
        .findings
        .iter()
        .any(|finding| finding.rule == "diverging-copy")
}

/// A clone with these options, in a folder of its own.
fn cloned(repository: &Repository, options: &[&str]) -> (Folder, std::path::PathBuf) {
    let folder = Folder::new();
    let from = format!("file://{}", repository.0.path().display());
    let to = folder.path().join("clone");
    let mut arguments = vec!["clone", "--quiet"];
    arguments.extend(options);
    arguments.extend([from.as_str(), to.to_str().unwrap()]);
    repository.git(&["config", "uploadpack.allowFilter", "true"]);
    repository.git(&arguments);
    (folder, to)
}

#[test]
fn a_whole_repository_has_nothing_left_out() {
    let repository = with_a_fix();
    let report = repository.0.scan();
    assert!(has_divergence(&report));
    assert!(!said(&report).contains("was left out"), "{}", said(&report));
}

#[test]
fn a_bare_repository_has_no_history_of_what_lies_in_it() {
    let repository = with_a_fix();
    let (_folder, bare) = cloned(&repository, &["--bare"]);
    let report = scan(&request(&bare), &crate::support::Quiet).unwrap();
    assert_eq!(skipped(&report), [(".", "nothing-to-scan")]);
    assert!(
        said(&report).contains("no files checked out"),
        "{}",
        said(&report)
    );
    fs::write(bare.join("x.rs"), "fn x() {}\n").unwrap();
    assert_eq!(codes(&ranked(&bare)), ["no-history"]);
    // A work tree of it has all of the history.
    let tree = bare.parent().unwrap().join("tree");
    let git_dir = format!("--git-dir={}", bare.display());
    repository.git(&[
        &git_dir,
        "worktree",
        "add",
        "--quiet",
        tree.to_str().unwrap(),
        "main",
    ]);
    let report = ranked(&tree);
    assert_eq!(codes(&report), [""; 0]);
    assert_eq!(row(&report, "a.rs")[5], 2);
}

#[test]
fn a_partial_clone_is_counted_and_says_what_could_not_be_looked_into() {
    let repository = with_a_fix();
    let (_folder, partial) = cloned(&repository, &["--filter=blob:none"]);
    assert_eq!(row(&ranked(&partial), "a.rs")[5], 2);
    let report = scan(&request(&partial), &crate::support::Quiet).unwrap();
    assert!(!has_divergence(&report));
    let said = said(&report);
    assert!(
        said.contains("the clone is partial") || said.contains("The clone is partial"),
        "{said}"
    );
    assert!(said.contains("of 1 file that a fix changed"), "{said}");
}

#[test]
fn a_shallow_clone_looks_into_the_fixes_that_it_has() {
    let repository = with_a_fix();
    let (_folder, shallow) = cloned(&repository, &["--depth=1"]);
    let report = scan(&request(&shallow), &crate::support::Quiet).unwrap();
    assert!(!has_divergence(&report));
    assert!(
        said(&report).contains("The clone is shallow"),
        "{}",
        said(&report)
    );
}

#[test]
fn a_history_that_goes_away_during_a_scan_is_left_out() {
    let repository = with_a_fix();
    let git = repository.0.path().join(".git");
    let report = scan_while(&repository, || {
        fs::rename(&git, git.with_extension("away")).unwrap();
    });
    assert!(
        said(&report).contains("history was left out"),
        "{}",
        said(&report)
    );
    assert!(
        !report.findings.is_empty(),
        "the files themselves were examined"
    );
}

#[test]
fn files_that_are_written_during_a_scan_are_taken_as_they_were_read() {
    let repository = with_a_fix();
    let report = scan_while(&repository, || {
        repository
            .0
            .write("a.rs", "fn a() {}\n")
            .write("b.rs", "\u{e4}\n");
        fs::remove_file(repository.0.path().join("c.rs")).unwrap();
        repository.commit(3, "meanwhile");
        repository.0.write("a.rs", "fn a() { 1 }\n");
    });
    // The first file was examined before, the second after, and the third is gone.
    assert!(
        skipped(&report).contains(&("c.rs", "vanished")),
        "{:?}",
        skipped(&report)
    );
    assert!(!has_divergence(&report));
    assert!(
        said(&report).contains("tracked by this repository"),
        "{}",
        said(&report)
    );
}
