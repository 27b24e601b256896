//! What earlier scans of a folder have found, so that the next one can say what has changed.
//!
//! Each root has one file in the user's state folder: the figures and counts of its last
//! scans, and by what the findings of the very last are known. It is a convenience: what
//! cannot be read or written is said with `-v` and changes nothing else.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use guildhall_core::path_text;
use guildhall_report::{Baseline, BaselineChanges, Document, SinceLastScan};
use guildhall_runtime::git::Git;
use guildhall_runtime::store::Digest;
use serde::{Deserialize, Serialize};

use crate::calling;
use crate::config::{Places, shown};
use crate::exit::Failure;
use crate::{private_file, regular_file};

/// Name and version of the file's form.
const FORM: &str = "guildhall.scans/1";

/// How the names of the files end.
const ENDING: &str = ".json";

/// The file whose lock is held while one of the others is read and replaced.
const LOCK: &str = "scans.lock";

/// So many scans are remembered of a root.
const MOST_SCANS: usize = 100;

/// So many roots are remembered, those that were scanned last.
const MOST_ROOTS: usize = 500;

/// Largest file in bytes that is read.
const LARGEST: u64 = 256 * 1024 * 1024;

/// The file of one root.
#[derive(Debug, Serialize, Deserialize)]
struct History {
    form: String,
    /// The scanned folder, for whoever looks at the file.
    root: String,
    /// The last scans, the oldest first.
    scans: Vec<Scan>,
    /// The findings of the last one.
    last: Baseline,
}

/// One scan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Scan {
    /// When, as RFC 3339 text.
    at: String,
    /// The commit that was checked out.
    commit: Option<String>,
    /// Findings by rule.
    rules: BTreeMap<String, u64>,
    /// Values by agent and id.
    figures: BTreeMap<String, f64>,
}

/// What is remembered of a scan that found what the one before has found: the same again
/// changes nothing of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Remembered {
    /// A digest of the file of the root.
    file: String,
    /// The commit that was checked out, as the repository's files say it.
    head: Option<String>,
    /// What the next scan says where it finds the same.
    since: SinceLastScan,
}

impl Remembered {
    /// What a scan of `root` says that has found the same; none where something else is
    /// remembered by now, or another commit is checked out.
    pub(crate) fn again(&self, root: &Path) -> Option<SinceLastScan> {
        let path = path_of(&folder()?, root);
        let file = read_bytes(&path).ok()?;
        let is_same = Digest::of(&file).to_string() == self.file && head(root)? == self.head;
        if is_same {
            say_in_use(&path);
        }
        is_same.then(|| self.since.clone())
    }
}

/// Says in `document` what has changed since the last scan of `root`, and remembers this
/// one. Where an agent failed nothing is compared: what it would have found is not gone.
///
/// # Errors
/// [`Failure::Interrupted`] where that is so while git is asked.
pub(crate) fn compare_and_remember(document: &mut Document, root: &Path) -> Result<(), Failure> {
    if !document.summary.failed_agents.is_empty() {
        tracing::info!("an agent failed, so the scan is not remembered");
        return Ok(());
    }
    let Some(folder) = folder() else {
        tracing::info!("no home folder is known, so the scan is not remembered");
        return Ok(());
    };
    let commit = commit_of(root)?;
    if let Err(error) = compare(document, root, &folder, commit) {
        let path = path_of(&folder, root);
        let path = shown::path(&path);
        tracing::info!("the scan is not remembered: {path}: {error}");
    }
    Ok(())
}

/// Compares with what `folder` has of `root`, and remembers there. Another scan of the same
/// root comes before or after this one, so that none is lost.
fn compare(
    document: &mut Document,
    root: &Path,
    folder: &Path,
    commit: Option<String>,
) -> io::Result<()> {
    let path = path_of(folder, root);
    let lock = lock(folder);
    let before = read(&path);
    let found = Baseline::of(document);
    if let Before::Known(before) = &before {
        document.run.since_last_scan = before.since(document, &found);
    }
    // Held to the end.
    let _lock = lock?;
    let scan = Scan::of(document, commit);
    let before = match before {
        Before::Nothing => None,
        Before::Known(before) if before.knows(&scan, &found) => {
            say_in_use(&path);
            return Ok(());
        }
        Before::Known(before) => Some(*before),
        Before::Foreign(form) => {
            let reason = format!("another version has written it, as {form:?}");
            return Err(io::Error::other(reason));
        }
    };
    let next = History::after(before, scan, root, found);
    write(folder, &path, &next)
}

/// The lock of all files of the folder: they are replaced, and the lock of a replaced file
/// holds nobody back.
fn lock(folder: &Path) -> io::Result<File> {
    private_file::make_folder(folder)?;
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(false).mode(0o600);
    let lock = options.open(folder.join(LOCK))?;
    lock.lock()?;
    Ok(lock)
}

/// The root was scanned again, so that it is not forgotten before others.
fn say_in_use(path: &Path) {
    if let Ok(file) = File::open(path) {
        private_file::touch(&file);
    }
}

/// What is remembered of the scan of `root` that has made `document`; none where that is not
/// the last one, or where the repository's files do not tell the commit that git has told.
pub(crate) fn remembered(document: &Document, root: &Path) -> Option<Remembered> {
    let bytes = read_bytes(&path_of(&folder()?, root)).ok()?;
    let history: History = serde_json::from_slice(&bytes).ok()?;
    let head = head(root)?;
    let scan = Scan::of(document, head.clone());
    let last = history.scans.last()?;
    history
        .knows(&scan, &Baseline::of(document))
        .then(|| Remembered {
            file: Digest::of(&bytes).to_string(),
            head,
            since: SinceLastScan {
                scanned_at: last.at.clone(),
                commit: last.commit.clone(),
                ..SinceLastScan::default()
            },
        })
}

/// Where the files of all roots are.
fn folder() -> Option<PathBuf> {
    Places::from_env().ok()?.scans()
}

fn path_of(folder: &Path, root: &Path) -> PathBuf {
    let name = Digest::of(root.as_os_str().as_bytes());
    folder.join(format!("{name}{ENDING}"))
}

impl History {
    /// What is different in `document`.
    fn since(&self, document: &Document, found: &Baseline) -> Option<SinceLastScan> {
        let last = self.scans.last()?;
        let changes = if self.last.findings == found.findings {
            BaselineChanges::default()
        } else {
            self.last.changes(document)
        };
        let now = figures(document);
        let mut then = last.figures.clone();
        then.retain(|id, value| now.get(id) != Some(value));
        Some(SinceLastScan {
            scanned_at: last.at.clone(),
            commit: last.commit.clone(),
            new: changes.added,
            gone: changes.removed,
            moved: changes.moved,
            figures: then,
            ..SinceLastScan::default()
        })
    }

    /// Whether the last scan was of the same and has found the same, so that there is
    /// nothing to remember.
    fn knows(&self, scan: &Scan, found: &Baseline) -> bool {
        let is_same = |last: &Scan| {
            last.commit == scan.commit && last.rules == scan.rules && last.figures == scan.figures
        };
        self.scans.last().is_some_and(is_same) && self.last.findings == found.findings
    }

    fn after(before: Option<Self>, scan: Scan, root: &Path, found: Baseline) -> Self {
        let mut scans = before.map(|before| before.scans).unwrap_or_default();
        scans.push(scan);
        let too_many = scans.len().saturating_sub(MOST_SCANS);
        scans.drain(..too_many);
        Self {
            form: FORM.to_owned(),
            root: path_text::encode(root),
            scans,
            last: found,
        }
    }
}

impl Scan {
    fn of(document: &Document, commit: Option<String>) -> Self {
        let mut rules = BTreeMap::new();
        for finding in &document.findings {
            *rules.entry(finding.rule.clone()).or_default() += 1;
        }
        Self {
            at: document.run.started_at.clone().unwrap_or_default(),
            commit,
            rules,
            figures: figures(document),
        }
    }
}

fn figures(document: &Document) -> BTreeMap<String, f64> {
    let figures = document.figures.iter();
    let finite = figures.filter(|figure| figure.value.is_finite());
    finite
        .map(|figure| (format!("{}/{}", figure.agent, figure.id), figure.value))
        .collect()
}

/// The commit that is checked out at `root`, where there is one.
fn commit_of(root: &Path) -> Result<Option<String>, Failure> {
    // Most folders that are in no repository are known without starting git.
    if !root.ancestors().any(|folder| folder.join(".git").exists()) {
        return Ok(None);
    }
    let commit = calling::block_on(async |cancel| {
        let asked = async {
            let git = Git::open(root).await.ok()?;
            git.text(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
                .await
                .ok()
        };
        tokio::select! {
            commit = asked => commit,
            () = cancel.cancelled() => None,
        }
    })?;
    Ok(commit.filter(|commit| !commit.is_empty()))
}

/// The same without git being started: `None` where the files of the repository do not say
/// it in the plainest form, which leaves it to git.
fn head(root: &Path) -> Option<Option<String>> {
    let top = root.ancestors().find(|folder| folder.join(".git").exists());
    let Some(top) = top else {
        return Some(None);
    };
    let git = top.join(".git");
    if !git.is_dir() {
        return None;
    }
    let head = line_of(&git.join("HEAD"))?;
    let Some(name) = head.strip_prefix("ref: ") else {
        return commit(&head).map(Some);
    };
    let is_plain = name.starts_with("refs/heads/") && !name.contains("..");
    let reference = is_plain.then(|| line_of(&git.join(name)))?;
    match reference {
        Some(text) => commit(&text).map(Some),
        None => packed(&git.join("packed-refs"), name).map(Some),
    }
}

/// The commit that `packed-refs` has under this name.
fn packed(path: &Path, name: &str) -> Option<String> {
    let text = String::from_utf8(read_bytes(path).ok()?).ok()?;
    let mut rows = text.lines().filter_map(|line| line.split_once(' '));
    rows.find_map(|(id, known)| (known == name).then(|| commit(id))?)
}

/// The only line of a small file.
fn line_of(path: &Path) -> Option<String> {
    let text = String::from_utf8(read_bytes(path).ok()?).ok()?;
    Some(text.trim_end().to_owned())
}

fn commit(text: &str) -> Option<String> {
    let is_id = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| text.to_owned())
}

/// What is remembered of a root.
#[derive(Debug)]
enum Before {
    /// Nothing, or what cannot be understood.
    Nothing,
    Known(Box<History>),
    /// What is for another version to understand, in the form of this name.
    Foreign(String),
}

fn read(path: &Path) -> Before {
    match try_to_read(path) {
        Ok(before) => before,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Before::Nothing,
        Err(error) => {
            tracing::info!(
                "earlier scans are not known: {}: {error}",
                shown::path(path)
            );
            Before::Nothing
        }
    }
}

fn try_to_read(path: &Path) -> io::Result<Before> {
    #[derive(Deserialize)]
    struct Form {
        form: String,
    }
    let bytes = read_bytes(path)?;
    let Form { form } = serde_json::from_slice(&bytes)?;
    if form != FORM {
        return Ok(Before::Foreign(form));
    }
    Ok(Before::Known(serde_json::from_slice(&bytes)?))
}

fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    Ok(regular_file::read(path, LARGEST)?)
}

/// Writes the file whole or not at all.
fn write(folder: &Path, path: &Path, history: &History) -> io::Result<()> {
    let text = serde_json::to_vec(history)?;
    private_file::replace(folder, path, |file| file.write_all(&text))?;
    private_file::forget_oldest(folder, ENDING, |roots, _| roots <= MOST_ROOTS)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use guildhall_report::{Finding, Location, Part, Report, RunInfo, Severity, merge};

    use super::*;

    fn document(names: &[&str]) -> Document {
        let finding = |name: &&str| {
            let place = Location::at("a.rs", 1, 1);
            Finding::new("rule", Severity::Minor, place, "a message").with_identity(&[*name], 0)
        };
        let report = Report {
            findings: names.iter().map(finding).collect(),
            ..Report::default()
        };
        merge(
            vec![Part::new("agent", "1.0.0", report)],
            RunInfo::default(),
        )
    }

    fn scan(names: &[&str], at: &str) -> Scan {
        Scan {
            at: at.to_owned(),
            ..Scan::of(&document(names), None)
        }
    }

    #[test]
    fn new_and_gone_are_counted_by_rule() {
        let before = document(&["one", "two", "three"]);
        let before = Baseline::of(&before);
        let history = History::after(None, scan(&[], "x"), Path::new("/r"), before);
        let now = document(&["two", "four"]);
        let since = history.since(&now, &Baseline::of(&now)).unwrap();
        assert_eq!(since.scanned_at, "x");
        assert_eq!((since.new["rule"], since.gone["rule"]), (1, 2));
    }

    #[test]
    fn the_same_again_is_not_remembered_and_the_last_hundred_are() {
        let found = |names: &[&str]| Baseline::of(&document(names));
        let one = found(&["one"]);
        let mut history = History::after(None, scan(&["one"], "0"), Path::new("/r"), one.clone());
        assert!(history.knows(&scan(&["one"], "later"), &one));
        let both = ["two", "one"];
        assert!(!history.knows(&scan(&both, "later"), &found(&both)));
        // As many, and others.
        assert!(!history.knows(&scan(&["two"], "later"), &found(&["two"])));
        for number in 1..=MOST_SCANS {
            let next = scan(&["one"], &number.to_string());
            history = History::after(Some(history), next, Path::new("/r"), one.clone());
        }
        assert_eq!(history.scans.len(), MOST_SCANS);
        assert_eq!(history.scans[0].at, "1");
    }

    #[test]
    fn what_is_written_is_read_back_and_what_is_damaged_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, path) = (
            folder.path().join("scans"),
            folder.path().join("scans/r.json"),
        );
        let found = Baseline::of(&document(&["one"]));
        let history = History::after(None, scan(&["one"], "0"), Path::new("/r"), found);
        write(&folder, &path, &history).unwrap();
        assert_eq!(scans(&path), history.scans);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::write(&path, "{\"form\": 1").unwrap();
        for path in [&path, &folder, &folder.join("none")] {
            assert!(matches!(read(path), Before::Nothing));
        }
    }

    /// What is remembered there.
    fn scans(path: &Path) -> Vec<Scan> {
        match read(path) {
            Before::Known(history) => history.scans,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn of_scans_at_once_none_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, root) = (folder.path(), Path::new("/r"));
        std::thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || {
                    for number in 0..10 {
                        let name = format!("{thread} {number}");
                        let mut document = document(&[&name]);
                        compare(&mut document, root, folder, None).unwrap();
                    }
                });
            }
        });
        assert_eq!(scans(&path_of(folder, root)).len(), 40);
    }

    #[test]
    fn what_another_version_remembers_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, root) = (folder.path(), Path::new("/r"));
        let path = path_of(folder, root);
        let foreign = "{\"form\": \"guildhall.scans/99\", \"more\": 1}";
        fs::write(&path, foreign).unwrap();
        let mut document = document(&["one"]);
        let left = compare(&mut document, root, folder, None).unwrap_err();
        assert!(left.to_string().contains("guildhall.scans/99"), "{left}");
        assert_eq!(fs::read_to_string(&path).unwrap(), foreign);
        assert!(document.run.since_last_scan.is_none());
    }

    #[test]
    fn a_scan_that_finds_the_same_says_that_the_root_is_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, root) = (folder.path(), Path::new("/r"));
        let path = path_of(folder, root);
        let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_hours(9);
        for _ in 0..2 {
            compare(&mut document(&["one"]), root, folder, None).unwrap();
            let file = File::options().write(true).open(&path).unwrap();
            assert_ne!(file.metadata().unwrap().modified().unwrap(), long_ago);
            file.set_modified(long_ago).unwrap();
        }
        assert_eq!(scans(&path).len(), 1);
    }
}
