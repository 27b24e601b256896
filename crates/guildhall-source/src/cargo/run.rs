//! Cargo as a process that runs none of a tree's code.
//!
//! Cargo reads `.cargo/config.toml`, and rustup `rust-toolchain.toml`, in the folder that they
//! run in and in all around it; there a tree can name programs: a wrapper of the compiler,
//! aliases, a tool chain by its path. So cargo runs
//!
//! 1. in an empty folder of the caller's, of which no folder around it has such a file but
//!    cargo's own home,
//! 2. with the user's default tool chain by its name,
//! 3. without a wrapper of the compiler, and with the variables that it needs and no other.
//!
//! That holds for commands that look things up. One that builds, `check` for example, runs
//! build scripts and macros by its nature.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use guildhall_git::hardening;
use toml::Table;

use super::home::{CargoHome, is_name, is_version};
use crate::SourceError;
use crate::process::{self, Ended, Setting, Watch};

/// Variables that cargo is given as they are: where it finds programs and its own files,
/// and how it reaches a registry.
const PASSED: [&str; 19] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "RUSTUP_HOME",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
];

/// The user's own settings of cargo that begin so are passed on too.
const PASSED_SETTINGS: [&str; 4] = [
    "CARGO_HTTP_",
    "CARGO_NET_",
    "CARGO_REGISTRIES_",
    "CARGO_REGISTRY_",
];

const SET: [(&str, &str); 9] = [
    ("LC_ALL", "C"),
    ("CARGO_BUILD_RUSTC_WRAPPER", ""),
    ("CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER", ""),
    ("RUSTC_WRAPPER", ""),
    ("RUSTC_WORKSPACE_WRAPPER", ""),
    ("CARGO_TERM_COLOR", "never"),
    ("CARGO_TERM_PROGRESS_WHEN", "never"),
    ("GIT_TERMINAL_PROMPT", "0"),
    // What is not installed is not fetched behind the user's back.
    ("RUSTUP_AUTO_INSTALL", "0"),
];

/// Cargo, ready to be run apart from any tree.
#[derive(Debug, Clone)]
pub struct Cargo {
    setting: Setting,
    home: CargoHome,
    is_offline: bool,
}

impl Cargo {
    /// Cargo by this name or path, which is to run in `folder`, an empty one that stays the
    /// caller's. `variables` are those of the process; `is_offline` keeps it from the network.
    ///
    /// # Errors
    /// [`SourceError::NotApart`] where the folder is not empty or not there, or a folder
    /// around it holds what cargo would obey, or what rustup would: where neither it nor the
    /// process names a tool chain, it looks for one there.
    pub fn new(
        program: &OsStr,
        home: CargoHome,
        folder: &Path,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        is_offline: bool,
    ) -> Result<Self, SourceError> {
        let variables: Vec<(OsString, OsString)> = variables.into_iter().collect();
        let toolchain = toolchain(&variables);
        check_apart(folder, &home, toolchain.is_some())?;
        let mut environment: Vec<(OsString, OsString)> = variables
            .iter()
            .filter(|(name, _)| is_passed(name))
            .cloned()
            .collect();
        environment.extend(SET.map(|(name, value)| (name.into(), value.into())));
        environment.push(("CARGO_HOME".into(), home.folder().into()));
        if is_offline {
            environment.retain(|(name, _)| name != "CARGO_NET_OFFLINE");
            environment.push(("CARGO_NET_OFFLINE".into(), "true".into()));
        }
        if let Some(toolchain) = toolchain {
            environment.push(("RUSTUP_TOOLCHAIN".into(), toolchain));
        }
        let setting = Setting {
            program: program.to_owned(),
            leading: Vec::new(),
            folder: folder.to_owned(),
            environment,
        };
        Ok(Self {
            setting,
            home,
            is_offline,
        })
    }

    /// How it is run, for whoever runs it, or another program of the tool chain, otherwise.
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// Where it keeps what it has downloaded.
    pub fn home(&self) -> &CargoHome {
        &self.home
    }

    /// Runs it with these arguments and gives all that it says. A tree is named by
    /// `--manifest-path`; a command that makes a lock file writes it there.
    ///
    /// # Errors
    /// As [`process::run`].
    pub fn run<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        watch: &Watch<'_>,
    ) -> Result<Ended, SourceError> {
        process::run(&self.setting, arguments, &[], watch)
    }

    /// The sources of a version of a package from the registry, downloaded where they are
    /// not there yet.
    ///
    /// # Errors
    /// [`SourceError::NoSources`] where they cannot be had: cargo is offline, there is no
    /// such version, it was withdrawn, or the registry is not reached. Others as
    /// [`Cargo::run`].
    pub fn fetch(
        &self,
        name: &str,
        version: &str,
        watch: &Watch<'_>,
    ) -> Result<PathBuf, SourceError> {
        if let Some(folder) = self.home.package(name, version) {
            return Ok(folder);
        }
        let missing = |reason: String| SourceError::NoSources {
            name: name.to_owned(),
            version: version.to_owned(),
            reason,
        };
        if !is_version(version) {
            return Err(missing("this is no version".to_owned()));
        }
        let said = self.info(name, &format!("{name}@{version}"), watch);
        let said = said.map_err(|error| match error {
            SourceError::Command { reason, .. } => missing(reason),
            other => other,
        })?;
        let found = self.home.package(name, version);
        found.ok_or_else(|| missing(said))
    }

    /// Has cargo look a package up, after which [`CargoHome::index`] knows its versions of
    /// today.
    ///
    /// # Errors
    /// [`SourceError::Command`] where the registry has none of this name or is not reached.
    /// Others as [`Cargo::run`].
    pub fn look_up(&self, name: &str, watch: &Watch<'_>) -> Result<(), SourceError> {
        self.info(name, name, watch).map(drop)
    }

    /// Asks for a package and gives what cargo said beside the answer.
    fn info(&self, name: &str, wanted: &str, watch: &Watch<'_>) -> Result<String, SourceError> {
        let failed = |reason: String| SourceError::Command {
            command: format!("cargo info {wanted}"),
            reason,
        };
        if !is_name(name) {
            return Err(failed("this is no name of a package".to_owned()));
        }
        if self.is_offline {
            let reason = "cargo may not use the network, and they were not downloaded before";
            return Err(failed(reason.to_owned()));
        }
        let ended = self.run(["info", "--quiet", wanted], watch)?;
        match ended.code {
            Some(0) => Ok("cargo did not unpack them".to_owned()),
            code => Err(failed(hardening::reason_of(&ended.errors, code))),
        }
    }
}

/// That nothing in a folder or around it tells cargo what to run, but what its home says; or
/// rustup, unless it `has_toolchain` and asks no file.
fn check_apart(folder: &Path, home: &CargoHome, has_toolchain: bool) -> Result<(), SourceError> {
    let refused = |reason: String| {
        Err(SourceError::NotApart {
            folder: folder.to_owned(),
            reason,
        })
    };
    let real = match folder.canonicalize() {
        Ok(real) => real,
        Err(error) => return refused(error.to_string()),
    };
    match fs::read_dir(&real).map(|mut entries| entries.next().is_none()) {
        Ok(true) => {}
        Ok(false) => return refused("it is not empty".to_owned()),
        Err(error) => return refused(error.to_string()),
    }
    let home = home.folder().canonicalize().ok();
    for around in real.ancestors() {
        for name in ["rust-toolchain.toml", "rust-toolchain"] {
            let file = around.join(name);
            if !has_toolchain && file.try_exists().unwrap_or(true) {
                return refused(format!("rustup would obey {}", file.display()));
            }
        }
        let settings = around.join(".cargo");
        if home.is_some() && settings.canonicalize().ok() == home {
            continue;
        }
        for name in ["config.toml", "config"] {
            let file = settings.join(name);
            // What cannot be looked at could be there.
            if file.try_exists().unwrap_or(true) {
                return refused(format!("cargo would obey {}", file.display()));
            }
        }
    }
    Ok(())
}

fn is_passed(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    PASSED.contains(&name) || PASSED_SETTINGS.iter().any(|start| name.starts_with(start))
}

/// The tool chain that rustup is to take: the user's default, so that no file says another;
/// else the one that the process was given. A path is never taken.
fn toolchain(variables: &[(OsString, OsString)]) -> Option<OsString> {
    let variable = |name: &str| {
        let found = variables.iter().find(|(variable, _)| variable == name);
        found.map(|(_, value)| value.clone())
    };
    let home = variable("RUSTUP_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".rustup")));
    let settings = home.and_then(|home| fs::read_to_string(home.join("settings.toml")).ok());
    let settings: Option<Table> = settings.and_then(|text| toml::from_str(&text).ok());
    let default = settings.and_then(|table| {
        let name = table.get("default_toolchain")?.as_str()?;
        Some(OsString::from(name))
    });
    let given = default.or_else(|| variable("RUSTUP_TOOLCHAIN"))?;
    let is_path = given.to_string_lossy().contains(['/', '\\']);
    (!is_path).then_some(given)
}
