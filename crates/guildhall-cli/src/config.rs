//! The configuration: the user's own file and the project's, read, checked and merged.
//!
//! A project's file comes with the code that is scanned, so it may be hostile. It sets
//! thresholds and the like; what could run code counts from it only once the user has
//! trusted exactly this content at this place ([`trust`]).

mod error;
mod file;
mod json;
mod places;
mod reader;
mod settings;
pub(crate) mod shown;
pub(crate) mod trust;
mod value;

use std::path::{Path, PathBuf};

pub(crate) use error::ConfigError;
pub(crate) use places::Places;
pub(crate) use settings::{Color, FailOn, Settings};

use file::ConfigFile;
use reader::Entry;
use trust::{TrustState, TrustStore};

/// Name of a project's file.
pub(crate) const PROJECT_FILE: &str = "guildhall.toml";

/// Ignored keys that a warning names at the most.
const MOST_NAMED: usize = 10;

/// Loads the configuration.
pub(crate) struct Config;

/// What to load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LoadOptions<'a> {
    /// The scanned path or the current folder; the project's file is looked for here
    /// and in every folder above.
    pub(crate) start: &'a Path,
    /// A project's file given by name; then none is looked for.
    pub(crate) explicit: Option<&'a Path>,
    /// Whether no project's file is looked for. One given by name counts nevertheless.
    pub(crate) no_project: bool,
}

/// A loaded configuration.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The settings of all files, those of the project over those of the user.
    pub(crate) settings: Settings,
    /// The files that were read, in the order in which they were applied.
    pub(crate) sources: Vec<Source>,
    /// What a person should be told, a sentence each, without a final full stop.
    pub(crate) warnings: Vec<String>,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// The file, without symbolic links.
    pub(crate) path: PathBuf,
    /// Whose it is.
    pub(crate) kind: SourceKind,
    /// What it may set.
    pub(crate) standing: Standing,
}

/// Whose a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SourceKind {
    /// The user's own.
    User,
    /// The project's, found by its name.
    Project,
    /// The project's, given on the command line.
    Explicit,
}

/// What a file may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Everything: it is the user's own.
    Own,
    /// Everything: the user has trusted it.
    Trusted,
    /// It sets nothing that needs trust, so nobody asked.
    Harmless,
    /// What needs trust was ignored.
    Untrusted,
}

impl Config {
    /// Loads the user's file and the project's.
    ///
    /// # Errors
    /// [`ConfigError`] where a file cannot be read or says something wrong. A file that
    /// needs no trust must be as correct as any other, so that trusting it breaks nothing.
    pub(crate) fn load(options: &LoadOptions<'_>) -> Result<Loaded, ConfigError> {
        Self::load_from(&Places::from_env()?, options)
    }

    /// As [`load`](Self::load), with the user's files in these places.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub(crate) fn load_from(
        places: &Places,
        options: &LoadOptions<'_>,
    ) -> Result<Loaded, ConfigError> {
        let mut loaded = Loaded {
            settings: Settings::default(),
            sources: Vec::new(),
            warnings: Vec::new(),
        };
        if let Some(path) = &places.user_config
            && let Some(file) = file::read(path, &shown::path(path))?
        {
            let entries = reader::read(&file)?;
            loaded.apply(&file, SourceKind::User, Standing::Own, entries);
        }
        if let Some((file, kind)) = project_file(options)? {
            loaded.apply_project(&file, kind, places)?;
        }
        Ok(loaded)
    }
}

impl SourceKind {
    /// Whose the file is, for a person.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Project => "project",
            Self::Explicit => "given with --config",
        }
    }
}

impl Standing {
    /// What the file may set, for a person.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Own => "your own",
            Self::Trusted => "trusted",
            Self::Harmless => "needs no trust",
            Self::Untrusted => "not trusted",
        }
    }
}

impl Loaded {
    fn apply_project(
        &mut self,
        file: &ConfigFile,
        kind: SourceKind,
        places: &Places,
    ) -> Result<(), ConfigError> {
        let (risky, harmless): (Vec<Entry>, Vec<Entry>) = reader::read(file)?
            .into_iter()
            .partition(|entry| entry.setting.needs_trust());
        if risky.is_empty() {
            self.apply(file, kind, Standing::Harmless, harmless);
            return Ok(());
        }
        let state = match &places.trust_store {
            Some(path) => TrustStore::at(path).state(file)?,
            None => TrustState::Unknown,
        };
        if state == TrustState::Trusted {
            let all = harmless.into_iter().chain(risky).collect();
            self.apply(file, kind, Standing::Trusted, all);
        } else {
            self.warnings.push(ignored(file, &risky, state));
            self.apply(file, kind, Standing::Untrusted, harmless);
        }
        Ok(())
    }

    fn apply(
        &mut self,
        file: &ConfigFile,
        kind: SourceKind,
        standing: Standing,
        entries: Vec<Entry>,
    ) {
        for entry in entries {
            self.settings.apply(entry, &file.path);
        }
        self.sources.push(Source {
            path: file.path.clone(),
            kind,
            standing,
        });
    }
}

fn project_file(
    options: &LoadOptions<'_>,
) -> Result<Option<(ConfigFile, SourceKind)>, ConfigError> {
    if let Some(path) = options.explicit {
        let file = file::read(path, &shown::path(path))?;
        let missing = || ConfigError::Missing {
            path: path.to_owned(),
        };
        return Ok(Some((file.ok_or_else(missing)?, SourceKind::Explicit)));
    }
    if options.no_project {
        return Ok(None);
    }
    let Some(path) = file::nearest(options.start)? else {
        return Ok(None);
    };
    let file = file::read_within_its_folder(&path, &shown::path_from_here(&path))?;
    Ok(file.map(|file| (file, SourceKind::Project)))
}

/// The warning for what an untrusted file wanted to set.
fn ignored(file: &ConfigFile, risky: &[Entry], state: TrustState) -> String {
    let mut keys: Vec<&str> = risky.iter().map(|entry| entry.key.as_str()).collect();
    keys.sort_unstable();
    let shown = keys.iter().take(MOST_NAMED).map(|key| shown::code(key));
    let mut names: Vec<String> = shown.collect();
    if let Some(more @ 1..) = keys.len().checked_sub(MOST_NAMED) {
        names.push(format!("{more} more"));
    }
    let because = match state {
        TrustState::Changed => "the file has changed since it was trusted",
        TrustState::Unknown | TrustState::Trusted => {
            "only your own configuration or a file that you trust may set this"
        }
    };
    format!(
        "{}: ignored {}: {because}; read the file, then run `guildhall trust {}`",
        file.shown,
        names.join(", "),
        shown::shell_word(&file.shown),
    )
}

#[cfg(test)]
mod tests;
