//! The format step: files whose layout another style edition changes.
//!
//! The formatter is run on each file's text with both styles; a file whose two layouts differ
//! is part of the step. It runs apart from the project as cargo does, with the project's own
//! `rustfmt.toml` handed over by name: that file says how wide a line is and runs nothing.
//! Where it says a `style_edition`, the layout stays as it is. An `edition` there does not: what
//! cargo says to the formatter goes before it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use guildhall_source::SourceError;
use guildhall_source::process::{self, Setting, Watch};
use guildhall_source::read;
use toml::Table;

use crate::request::Edition;

/// Share of files that the old style would change from which on the project does not follow
/// the formatter, so that it need not follow the new one either.
const UNCLEAN: f64 = 0.10;

/// The first version that knows the style of 2024.
const OLDEST: (u32, u32) = (1, 8);

/// Bytes of a `rustfmt.toml` that are read.
const MOST_OF_SETTINGS: u64 = 1 << 20;

/// What files with the formatter's settings are called.
const SETTINGS: [&str; 2] = ["rustfmt.toml", ".rustfmt.toml"];

/// A formatter that can be run.
#[derive(Debug, Clone)]
pub struct Rustfmt {
    setting: Setting,
    version: String,
}

/// A file of a package that moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StyleFile {
    /// Its path below the root, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
    /// The edition that its package is of.
    pub from: Edition,
}

/// What the format step is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StyleStep {
    /// The files whose layout changes, ordered by path.
    pub files: Vec<String>,
    /// Files that the formatter would change today, ordered by path.
    pub unclean: Vec<String>,
    /// Files whose `rustfmt.toml` keeps them as they are, with that file; ordered.
    pub pinned: Vec<(String, String)>,
    /// Files that the formatter refused, with its reason; ordered.
    pub refused: Vec<(String, String)>,
    /// How many files were laid out.
    pub looked_at: usize,
    /// What the formatter says of its version. Layouts differ from one to the other.
    pub version: String,
}

/// Why there is no formatter.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StyleFailure {
    /// It cannot be run.
    #[error(
        "the format step is unknown: rustfmt cannot be run: {0}; install it by `rustup component add rustfmt`"
    )]
    NoRustfmt(String),
    /// It does not know the style.
    #[error("the format step is unknown: this is {0}, and the style of 2024 needs rustfmt {major}.{minor}; install a newer one by `rustup update`", major = OLDEST.0, minor = OLDEST.1)]
    TooOld(String),
    /// The caller asked for an end, or time was up.
    #[error(transparent)]
    Ended(SourceError),
}

impl StyleStep {
    /// Whether the project follows the formatter, so that the step will be made.
    pub fn is_followed(&self) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "no project has 2^52 files")]
        let share = self.unclean.len() as f64 / (self.looked_at.max(1)) as f64;
        share <= UNCLEAN
    }
}

impl Rustfmt {
    /// The formatter called `program`, run as cargo is: in that folder, with that environment.
    ///
    /// # Errors
    /// Where there is none, or one that is too old; [`StyleFailure::Ended`] where it was
    /// cancelled.
    pub fn new(program: &OsStr, cargo: &Setting, watch: &Watch<'_>) -> Result<Self, StyleFailure> {
        let setting = Setting {
            program: program.to_owned(),
            ..cargo.clone()
        };
        let ended = process::run(&setting, ["--version"], &[], watch).map_err(failure)?;
        let said = String::from_utf8_lossy(&ended.output);
        let version = said.lines().next().unwrap_or_default().trim().to_owned();
        if ended.code != Some(0) {
            return Err(StyleFailure::NoRustfmt(first_line(&ended.errors)));
        }
        match numbers(&version) {
            Some(numbers) if numbers < OLDEST => Err(StyleFailure::TooOld(version)),
            _ => Ok(Self { setting, version }),
        }
    }

    /// Finds the format step of these files of the project at `root`, with so many threads.
    ///
    /// # Errors
    /// [`StyleFailure::Ended`] only; what cannot be laid out is in [`StyleStep::refused`].
    pub fn step(
        &self,
        root: &Path,
        files: &[StyleFile],
        to: Edition,
        threads: usize,
        watch: &Watch<'_>,
    ) -> Result<StyleStep, StyleFailure> {
        let settings = Settings::of(root, files);
        let mut step = StyleStep {
            version: self.version.clone(),
            ..StyleStep::default()
        };
        let mut wanted = Vec::new();
        for file in files {
            match settings.around(&file.path) {
                Some((name, Known::Pinned)) => step.pinned.push((file.path.clone(), name.clone())),
                Some((_, Known::At(path))) => wanted.push((file, path.as_os_str())),
                None => wanted.push((file, OsStr::new("/dev/null"))),
            }
        }
        for (file, layout) in self.layouts(&wanted, to, threads, watch)? {
            let path = file.path.clone();
            step.looked_at += 1;
            match layout {
                Layout::Refused(reason) => {
                    step.looked_at -= 1;
                    step.refused.push((path, reason));
                }
                Layout::Made { is_clean, is_same } => {
                    if !is_clean {
                        step.unclean.push(path.clone());
                    }
                    if !is_same {
                        step.files.push(path);
                    }
                }
            }
        }
        step.files.sort();
        step.unclean.sort();
        step.pinned.sort();
        step.refused.sort();
        Ok(step)
    }

    /// Lays all of them out. The caller's thread works too, and tells the others where it was
    /// cancelled.
    fn layouts<'a>(
        &self,
        wanted: &[(&'a StyleFile, &OsStr)],
        to: Edition,
        threads: usize,
        watch: &Watch<'_>,
    ) -> Result<Vec<(&'a StyleFile, Layout)>, StyleFailure> {
        let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
        let made = Mutex::new(Vec::with_capacity(wanted.len()));
        let work = |watch: &Watch<'_>| -> Result<(), StyleFailure> {
            while let Some((file, settings)) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                let layout = self.layout(file, settings, to, watch);
                if layout.is_err() {
                    is_over.store(true, Ordering::Relaxed);
                }
                let layout = layout?;
                if let Ok(mut made) = made.lock() {
                    made.push((*file, layout));
                }
            }
            Ok(())
        };
        thread::scope(|scope| {
            let others = 1..threads.clamp(1, wanted.len().max(1));
            let others: Vec<_> = others
                .map(|_| {
                    scope.spawn(|| {
                        let is_over = || is_over.load(Ordering::Relaxed);
                        work(&Watch::new(&is_over))
                    })
                })
                .collect();
            let own = work(watch);
            let ended = others.into_iter().map(|other| match other.join() {
                Ok(ended) => ended,
                Err(_) => Ok(()),
            });
            ended.fold(own, Result::and)
        })?;
        Ok(made.into_inner().unwrap_or_default())
    }

    fn layout(
        &self,
        file: &StyleFile,
        settings: &OsStr,
        to: Edition,
        watch: &Watch<'_>,
    ) -> Result<Layout, StyleFailure> {
        let old = match self.laid_out(file, settings, file.from, watch)? {
            Ok(old) => old,
            Err(reason) => return Ok(Layout::Refused(reason)),
        };
        Ok(match self.laid_out(file, settings, to, watch)? {
            Ok(new) => Layout::Made {
                is_clean: old == file.text.as_bytes(),
                is_same: old == new,
            },
            Err(reason) => Layout::Refused(reason),
        })
    }

    /// The text in a style, or why the formatter refused it. The text is of the old edition in
    /// both, since that is what stands there.
    fn laid_out(
        &self,
        file: &StyleFile,
        settings: &OsStr,
        style: Edition,
        watch: &Watch<'_>,
    ) -> Result<Result<Vec<u8>, String>, StyleFailure> {
        let arguments: [OsString; 6] = [
            "--edition".into(),
            file.from.year().into(),
            "--style-edition".into(),
            style.year().into(),
            "--config-path".into(),
            settings.to_owned(),
        ];
        let ended = process::run(&self.setting, arguments, file.text.as_bytes(), watch);
        let ended = ended.map_err(failure)?;
        Ok(match ended.code {
            Some(0) => Ok(ended.output),
            _ => Err(first_line(&ended.errors)),
        })
    }
}

/// What became of a file.
enum Layout {
    Made { is_clean: bool, is_same: bool },
    Refused(String),
}

/// The formatter's settings of a project, by folder.
struct Settings(BTreeMap<String, (String, Known)>);

/// What a file of settings is for us.
enum Known {
    /// It says the style itself.
    Pinned,
    /// It is here.
    At(PathBuf),
}

impl Settings {
    /// Those in the folders around the files.
    fn of(root: &Path, files: &[StyleFile]) -> Self {
        let mut all = BTreeMap::new();
        let mut seen = std::collections::BTreeSet::new();
        for file in files {
            for folder in around(&file.path) {
                if seen.insert(folder)
                    && let Some(found) = settings_in(root, folder)
                {
                    all.insert(folder.to_owned(), found);
                }
            }
        }
        Self(all)
    }

    /// The nearest around a file.
    fn around(&self, path: &str) -> Option<&(String, Known)> {
        around(path).find_map(|folder| self.0.get(folder))
    }
}

/// The folders around a file, the nearest first; the root is empty.
fn around(path: &str) -> impl Iterator<Item = &str> {
    let parent = |path: &str| path.rfind('/').unwrap_or(0);
    let first = &path[..parent(path)];
    std::iter::successors(Some(first), move |folder| {
        (!folder.is_empty()).then(|| &folder[..parent(folder)])
    })
}

/// The settings in a folder: an ordinary file within the project that is TOML. Any other is
/// none, as it is for the formatter or would keep it waiting.
fn settings_in(root: &Path, folder: &str) -> Option<(String, Known)> {
    for called in SETTINGS {
        let name = match folder {
            "" => called.to_owned(),
            folder => format!("{folder}/{called}"),
        };
        let path = root.join(&name);
        let is_file = fs::symlink_metadata(&path).is_ok_and(|it| it.is_file());
        if !is_file {
            continue;
        }
        let text = read::read(&path, MOST_OF_SETTINGS).ok()?;
        let table: Table = toml::from_str(&text).ok()?;
        let known = match table.contains_key("style_edition") {
            true => Known::Pinned,
            false => Known::At(path),
        };
        return Some((name, known));
    }
    None
}

fn failure(error: SourceError) -> StyleFailure {
    match error {
        SourceError::Cancelled | SourceError::TimedOut { .. } => StyleFailure::Ended(error),
        other => StyleFailure::NoRustfmt(other.to_string()),
    }
}

/// The version in `rustfmt 1.8.0-stable (..)`.
fn numbers(said: &str) -> Option<(u32, u32)> {
    let mut parts = said.split_whitespace().nth(1)?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn first_line(errors: &[u8]) -> String {
    let text = String::from_utf8_lossy(errors);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    // What it says of settings that need another channel is no reason.
    let line = lines.find(|line| !line.starts_with("Warning:"));
    line.unwrap_or("it gives no reason").to_owned()
}

#[cfg(test)]
mod tests;
