//! Finding the files of a folder that are wanted, in parallel and with the ignore files obeyed.
//!
//! - `.gitignore`, `.ignore` and `.git/info/exclude` count, inside a git work tree
//!   and outside of one, because an unpacked archive means the same by them. Ignore
//!   files above the root count only inside a work tree (up to its top), and the
//!   user's global ignore file never does: the same tree gives the same report on
//!   every machine.
//! - Hidden files and folders, and folders that say by a `CACHEDIR.TAG` that all in
//!   them is generated (as cargo's `target` does), are passed over.
//! - Symbolic links are not followed, so no loop can catch the walk and no file is
//!   read twice; one that is named like a wanted file is listed as skipped.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use guildhall_core::path_text;
use guildhall_report::Skipped;
use ignore::{DirEntry, WalkBuilder, WalkState};

use crate::SourceError;
use crate::language::Language;

/// What every `CACHEDIR.TAG` begins with (Bryan Ford's cache directory tagging
/// specification).
pub(crate) const CACHE_TAG: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// Which files are wanted.
///
/// ```
/// use guildhall_source::language::Language;
/// use guildhall_source::walk::Wanted;
///
/// let sources = Wanted::languages(&[Language::Python]).with_interpreters();
/// let is_lock = |path: &std::path::Path| path.ends_with("Cargo.lock");
/// let locks = Wanted::files(&is_lock).named("lock file", "not-a-lock-file");
/// ```
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    choice: Choice<'a>,
    /// What is wanted besides.
    also: Option<&'a (dyn Fn(&Path) -> bool + Sync)>,
    /// Whether files without an extension are looked into.
    with_interpreters: bool,
    noun: &'a str,
    code: &'a str,
}

#[derive(Clone, Copy)]
enum Choice<'a> {
    Languages(&'a [Language]),
    Files(&'a (dyn Fn(&Path) -> bool + Sync)),
}

/// A file that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Path relative to the root as reports write it; files are ordered by it.
    pub name: String,
    /// Where to read it.
    pub path: PathBuf,
    /// What it is written in, if that is one of the languages.
    pub language: Option<Language>,
}

/// What the walk came upon.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// The files, ordered by name.
    pub files: Vec<Found>,
    /// What could not be looked at, in any order.
    pub skipped: Vec<Skipped>,
    /// The folders that were gone through, the root first, ordered by their paths.
    pub folders: Vec<PathBuf>,
    /// Folders that were passed over for a `CACHEDIR.TAG`, ordered by their paths.
    pub tagged: Vec<PathBuf>,
}

impl<'a> Wanted<'a> {
    /// Files whose names say that they are in one of these languages.
    pub fn languages(languages: &'a [Language]) -> Self {
        Self::of(Choice::Languages(languages))
    }

    /// Files of whose paths `is_wanted` says so.
    pub fn files(is_wanted: &'a (dyn Fn(&Path) -> bool + Sync)) -> Self {
        Self::of(Choice::Files(is_wanted))
    }

    fn of(choice: Choice<'a>) -> Self {
        Self {
            choice,
            also: None,
            with_interpreters: false,
            noun: "file that is wanted",
            code: "not-wanted",
        }
    }

    /// Besides, files of whose paths `is_wanted` says so. What they are written in is not
    /// told.
    #[must_use]
    pub fn also(self, is_wanted: &'a (dyn Fn(&Path) -> bool + Sync)) -> Self {
        Self {
            also: Some(is_wanted),
            ..self
        }
    }

    /// Of languages, also files without an extension whose first line asks for an
    /// interpreter of one. Each such file is opened.
    #[must_use]
    pub fn with_interpreters(self) -> Self {
        Self {
            with_interpreters: true,
            ..self
        }
    }

    /// What the skipped list says of a root that is another file: that it is no such
    /// `noun`, under this `code`.
    #[must_use]
    pub fn named(self, noun: &'a str, code: &'a str) -> Self {
        Self { noun, code, ..self }
    }

    /// The regular file of this name below `root`, where it is wanted, as a walk finds it.
    /// It is not looked at.
    ///
    /// ```
    /// use std::path::Path;
    /// use guildhall_source::language::Language;
    /// use guildhall_source::walk::Wanted;
    ///
    /// let wanted = Wanted::languages(&[Language::Python]);
    /// let found = wanted.found(Path::new("/r"), "a/b.py").unwrap();
    /// assert_eq!(found.path, Path::new("/r/a/b.py"));
    /// assert_eq!(wanted.found(Path::new("/r"), "b.rs"), None);
    /// ```
    pub fn found(&self, root: &Path, name: &str) -> Option<Found> {
        let path = root.join(path_text::decode(name));
        let language = self.takes(&path, true)?;
        Some(Found {
            name: name.to_owned(),
            path,
            language,
        })
    }

    /// Whether a path is wanted, and what its file is written in. The file itself is
    /// looked at only where it is a regular one.
    pub(crate) fn takes(&self, path: &Path, is_file: bool) -> Option<Option<Language>> {
        let languages = match self.choice {
            Choice::Languages(languages) => languages,
            Choice::Files(is_wanted) => return is_wanted(path).then(|| Language::of_path(path)),
        };
        let language = if self.with_interpreters && is_file {
            // One that cannot be read is nobody's: what it is, is not known.
            Language::of_file(path).ok().flatten()
        } else {
            Language::of_path(path)
        };
        language
            .filter(|language| languages.contains(language))
            .map(Some)
            .or_else(|| self.also?(path).then_some(None))
    }
}

enum Event {
    File(Found),
    Skipped(Skipped),
    Folder(PathBuf),
    Tagged(PathBuf),
}

/// Walks over `root`, a folder or a single file, on so many threads.
///
/// When `is_cancelled` says so, which is asked at every entry, it ends early and gives
/// what it has found.
///
/// # Errors
/// [`SourceError::Root`] where there is nothing at `root`. What cannot be read below it is
/// listed in [`Walked::skipped`].
pub fn walk(
    root: &Path,
    wanted: &Wanted<'_>,
    threads: usize,
    is_cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Walked, SourceError> {
    let metadata = root.metadata().map_err(|source| SourceError::Root {
        path: path_text::encode(root),
        source,
    })?;
    if !metadata.is_dir() {
        return Ok(single(root, wanted, metadata.is_file()));
    }
    let (sender, receiver) = mpsc::channel();
    let tagged = sender.clone();
    builder(root, threads, tagged).build_parallel().run(|| {
        let sender = sender.clone();
        Box::new(move |entry| {
            if is_cancelled() {
                return WalkState::Quit;
            }
            for event in events(root, wanted, entry) {
                // The receiver outlives the walk.
                let _ = sender.send(event);
            }
            WalkState::Continue
        })
    });
    drop(sender);
    Ok(gather(receiver))
}

fn gather(events: impl IntoIterator<Item = Event>) -> Walked {
    let mut walked = Walked::default();
    for event in events {
        match event {
            Event::File(file) => walked.files.push(file),
            Event::Skipped(skipped) => walked.skipped.push(skipped),
            Event::Folder(folder) => walked.folders.push(folder),
            Event::Tagged(folder) => walked.tagged.push(folder),
        }
    }
    walked.files.sort();
    walked.folders.sort();
    walked.tagged.sort();
    walked
}

/// A root that is no folder: a wanted file is the only one.
fn single(root: &Path, wanted: &Wanted<'_>, is_file: bool) -> Walked {
    let name = path_text::encode(root.file_name().map_or(root, Path::new));
    let mut walked = Walked::default();
    if is_file && let Some(language) = wanted.takes(root, is_file) {
        walked.files.push(Found {
            name,
            path: root.to_owned(),
            language,
        });
    } else {
        let reason = format!("it is neither a folder nor a {}", wanted.noun);
        walked.skipped.push(Skipped::new(name, wanted.code, reason));
    }
    walked
}

fn builder(root: &Path, threads: usize, tagged: mpsc::Sender<Event>) -> WalkBuilder {
    let in_work_tree = std::path::absolute(root)
        .is_ok_and(|root| root.ancestors().any(|folder| folder.join(".git").exists()));
    let mut builder = WalkBuilder::new(root);
    builder
        .threads(threads)
        .follow_links(false)
        // With this on, the top of the work tree bounds which ignore files count.
        .require_git(in_work_tree)
        .git_global(false)
        .parents(in_work_tree)
        .filter_entry(move |entry| {
            let is_cache = is_cache(entry);
            if is_cache {
                // The receiver outlives the walk.
                let _ = tagged.send(Event::Tagged(entry.path().to_owned()));
            }
            !is_cache
        });
    builder
}

fn is_cache(entry: &DirEntry) -> bool {
    let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
    // Who names a cache as the root wants to see what is in it.
    is_folder && entry.depth() > 0 && has_cache_tag(entry.path())
}

fn has_cache_tag(folder: &Path) -> bool {
    let path = folder.join("CACHEDIR.TAG");
    // Opening something else, a pipe for example, could wait for ever.
    if !path.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return false;
    }
    let Ok(mut tag) = File::open(path) else {
        return false;
    };
    let mut start = [0; CACHE_TAG.len()];
    tag.read_exact(&mut start).is_ok() && start == *CACHE_TAG
}

fn events(root: &Path, wanted: &Wanted<'_>, entry: Result<DirEntry, ignore::Error>) -> Vec<Event> {
    let entry = match entry {
        Ok(entry) => entry,
        Err(error) => return vec![Event::Skipped(unreadable(root, root, &error))],
    };
    let mut events = Vec::new();
    if let Some(error) = entry.error() {
        let mut found = unreadable(root, entry.path(), error);
        "ignore-file".clone_into(&mut found.code);
        events.push(Event::Skipped(found));
    }
    if entry.file_type().is_some_and(|kind| kind.is_dir()) {
        events.push(Event::Folder(entry.path().to_owned()));
    }
    let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
    let Some(language) = wanted.takes(entry.path(), is_file) else {
        return events;
    };
    let name = relative(root, entry.path());
    match entry.file_type() {
        Some(kind) if kind.is_dir() => {}
        Some(kind) if kind.is_file() => events.push(Event::File(Found {
            name,
            path: entry.into_path(),
            language,
        })),
        Some(kind) if kind.is_symlink() => {
            let reason = "it is a symbolic link; links are not followed".to_owned();
            events.push(Event::Skipped(Skipped::new(name, "symlink", reason)));
        }
        _ => {
            let reason = "it is neither a file nor a folder".to_owned();
            events.push(Event::Skipped(Skipped::new(name, "not-a-file", reason)));
        }
    }
    events
}

fn relative(root: &Path, path: &Path) -> String {
    path_text::encode(path.strip_prefix(root).unwrap_or(path))
}

/// An entry that the walk failed on; `fallback` is where it was at the time.
fn unreadable(root: &Path, fallback: &Path, error: &ignore::Error) -> Skipped {
    let path = place(error).unwrap_or(fallback);
    let reason = match error.io_error() {
        Some(error) => error.to_string(),
        None => innermost(error).to_string(),
    };
    let name = match relative(root, path) {
        name if name.is_empty() => ".".to_owned(),
        name => name,
    };
    Skipped::new(name, "unreadable", reason)
}

/// The path that an error is about.
fn place(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::Loop { child, .. } => Some(child),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            place(err)
        }
        ignore::Error::Partial(errors) => errors.iter().find_map(place),
        _ => None,
    }
}

/// The error without the paths around it, which name the machine's folders.
fn innermost(error: &ignore::Error) -> &ignore::Error {
    match error {
        ignore::Error::WithPath { err, .. } | ignore::Error::WithDepth { err, .. } => {
            innermost(err)
        }
        ignore::Error::Partial(errors) => errors.first().map_or(error, innermost),
        _ => error,
    }
}
