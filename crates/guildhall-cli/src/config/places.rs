//! Where the user's own files are.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use super::error::ConfigError;

/// Names the folder of the user's configuration, above all conventions of the system.
pub(crate) const CONFIG_HOME: &str = "GUILDHALL_CONFIG_HOME";
/// Names the folder of the trust store, above all conventions of the system.
pub(crate) const STATE_HOME: &str = "GUILDHALL_STATE_HOME";

/// Names the folder of what agents keep between scans, above all conventions of the system.
pub(crate) const CACHE_HOME: &str = "GUILDHALL_CACHE_HOME";

/// The user's own files. They need not exist; they are `None` where nothing says where
/// they would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    /// The user's configuration.
    pub(crate) user_config: Option<PathBuf>,
    /// The list of trusted files.
    pub(crate) trust_store: Option<PathBuf>,
    /// What runs keep.
    pub(crate) runs: Option<PathBuf>,
    /// What agents keep between scans, each in a folder of its own. All of it can be
    /// removed at any time.
    pub(crate) scan_caches: Option<PathBuf>,
}

/// One system's convention for a kind of files: a variable, else a folder at home.
struct Convention {
    xdg: &'static str,
    at_home: &'static str,
    macos: &'static str,
    windows: &'static str,
}

const CONFIG: Convention = Convention {
    xdg: "XDG_CONFIG_HOME",
    at_home: ".config",
    macos: "Library/Application Support",
    windows: "APPDATA",
};

const STATE: Convention = Convention {
    xdg: "XDG_STATE_HOME",
    at_home: ".local/state",
    macos: "Library/Application Support",
    windows: "LOCALAPPDATA",
};

const CACHE: Convention = Convention {
    xdg: "XDG_CACHE_HOME",
    at_home: ".cache",
    macos: "Library/Caches",
    windows: "LOCALAPPDATA",
};

impl Places {
    /// The places by this process's environment: the XDG Base Directory Specification,
    /// `Library/Application Support` on macOS, the `AppData` folders on Windows.
    ///
    /// # Errors
    /// [`ConfigError::RelativeVariable`] where one of our own variables holds a path that
    /// is not absolute.
    pub(crate) fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(&|name| env::var_os(name))
    }

    fn from_lookup(lookup: &dyn Fn(&str) -> Option<OsString>) -> Result<Self, ConfigError> {
        let config = folder(lookup, CONFIG_HOME, &CONFIG)?;
        let state = folder(lookup, STATE_HOME, &STATE)?;
        let cache = folder(lookup, CACHE_HOME, &CACHE)?;
        Ok(Self {
            user_config: config.map(|folder| folder.join("config.toml")),
            trust_store: state.as_ref().map(|folder| folder.join("trust.toml")),
            runs: state.map(|folder| folder.join("runs")),
            scan_caches: cache.map(|folder| folder.join("scan")),
        })
    }
}

impl Places {
    /// What is remembered of scans.
    pub(crate) fn scans(&self) -> Option<PathBuf> {
        let runs = self.runs.as_ref();
        runs.map(|runs| runs.with_file_name("scans"))
    }

    /// What scans have printed, beside what agents keep.
    pub(crate) fn printed(&self) -> Option<PathBuf> {
        let caches = self.scan_caches.as_ref();
        caches.map(|caches| caches.with_file_name("printed"))
    }

    /// Where trees of commits are checked out for a comparison.
    pub(crate) fn checkouts(&self) -> Option<PathBuf> {
        let runs = self.runs.as_ref();
        runs.map(|runs| runs.with_file_name("checkouts"))
    }
}

fn folder(
    lookup: &dyn Fn(&str) -> Option<OsString>,
    own: &'static str,
    convention: &Convention,
) -> Result<Option<PathBuf>, ConfigError> {
    let path = |name| {
        lookup(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    match path(own) {
        Some(value) if value.is_absolute() => return Ok(Some(value)),
        Some(value) => {
            return Err(ConfigError::RelativeVariable {
                variable: own,
                value,
            });
        }
        None => {}
    }
    // The specification has relative paths in its variables ignored.
    let absolute = |name| path(name).filter(|path| path.is_absolute());
    let at_home = if cfg!(target_os = "macos") {
        convention.macos
    } else {
        convention.at_home
    };
    let standard = if cfg!(windows) {
        absolute(convention.windows)
    } else {
        absolute(convention.xdg).or_else(|| Some(absolute("HOME")?.join(at_home)))
    };
    Ok(standard.map(|folder| folder.join("guildhall")))
}

#[cfg(test)]
#[cfg(all(unix, not(target_os = "macos")))]
mod tests {
    use std::path::Path;

    use super::*;

    fn places(variables: &[(&str, &str)]) -> Result<Places, ConfigError> {
        Places::from_lookup(&|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[track_caller]
    fn check(variables: &[(&str, &str)], config: Option<&str>, store: Option<&str>) {
        let places = places(variables).unwrap();
        assert_eq!(places.user_config.as_deref(), config.map(Path::new));
        assert_eq!(places.trust_store.as_deref(), store.map(Path::new));
    }

    #[test]
    fn the_most_special_variable_wins() {
        let home = ("HOME", "/home/ada");
        let at_home = Some("/home/ada/.config/guildhall/config.toml");
        let state_at_home = Some("/home/ada/.local/state/guildhall/trust.toml");
        check(&[home], at_home, state_at_home);
        let xdg = [home, ("XDG_CONFIG_HOME", "/c"), ("XDG_STATE_HOME", "/s")];
        check(
            &xdg,
            Some("/c/guildhall/config.toml"),
            Some("/s/guildhall/trust.toml"),
        );
        let own = [
            xdg[1],
            xdg[2],
            (CONFIG_HOME, "/own"),
            (STATE_HOME, "/state"),
        ];
        check(&own, Some("/own/config.toml"), Some("/state/trust.toml"));
        // Empty and relative variables of the specification count as unset.
        let odd = [
            home,
            ("XDG_CONFIG_HOME", "c"),
            ("XDG_STATE_HOME", ""),
            (CONFIG_HOME, ""),
        ];
        check(&odd, at_home, state_at_home);
        check(&[], None, None);
    }

    #[test]
    fn caches_are_where_they_may_be_removed() {
        fn caches(variables: &[(&str, &str)]) -> Option<PathBuf> {
            places(variables).unwrap().scan_caches
        }
        let expected = |path: &str| Some(PathBuf::from(path));
        let home = ("HOME", "/home/ada");
        assert_eq!(caches(&[home]), expected("/home/ada/.cache/guildhall/scan"));
        let xdg = ("XDG_CACHE_HOME", "/c");
        assert_eq!(caches(&[home, xdg]), expected("/c/guildhall/scan"));
        assert_eq!(caches(&[xdg, (CACHE_HOME, "/own")]), expected("/own/scan"));
    }

    #[test]
    fn our_own_variables_must_be_absolute() {
        for variable in [CONFIG_HOME, STATE_HOME, CACHE_HOME] {
            let error = places(&[(variable, "some/where")]).unwrap_err().to_string();
            assert!(
                error.contains(variable) && error.contains("`some/where`"),
                "{error}"
            );
        }
    }
}
