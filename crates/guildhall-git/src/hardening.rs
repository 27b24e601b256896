//! The settings under which git runs no code of a repository.
//!
//! A repository can name programs in its configuration, its attributes and its hooks, and
//! git runs them on ordinary commands. Whoever starts git gives it
//!
//! 1. [`arguments`] before the command's own,
//! 2. [`environment`] and no other variable,
//! 3. what [`switch_off`] makes of the keys that `git config` lists with
//!    [`DRIVER_ARGUMENTS`]: programs whose names a repository chooses cannot be known
//!    before, and reading their names runs nothing,
//!
//! and first looks whether git [is new enough](is_new_enough) for all of that to count.
//!
//! Because filters are off, files that a filter would write (large files kept elsewhere,
//! decrypted ones) appear as they are stored.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

/// The oldest git whose settings can all be given from outside, as major and minor
/// version.
pub const OLDEST: (u32, u32) = (2, 31);

/// What prints the version that [`is_new_enough`] reads.
pub const VERSION_ARGUMENTS: &[&str] = &["version"];

/// What prints the keys that [`switch_off`] takes; exit code 1 means that there are none.
pub const DRIVER_ARGUMENTS: &[&str] = &[
    "config",
    "--null",
    "--name-only",
    "--get-regexp",
    r"^(filter|hook|diff|merge|mergetool|difftool|gpg)\..*\.",
];

/// Settings that hold over those of every configuration file.
const SETTINGS: [&str; 26] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.pager=cat",
    "core.editor=false",
    "core.askPass=",
    "core.sshCommand=false",
    "core.gitProxy=",
    "core.alternateRefsCommand=",
    "core.attributesFile=/dev/null",
    // A worktree of ours holds every file, or the missing ones would count as deleted.
    "core.sparseCheckout=false",
    "index.sparse=false",
    "core.safecrlf=false",
    "credential.helper=",
    "diff.external=",
    "interactive.diffFilter=",
    "sequence.editor=false",
    "gpg.program=false",
    "commit.gpgSign=false",
    "protocol.allow=never",
    "submodule.recurse=false",
    "diff.ignoreSubmodules=all",
    "status.submoduleSummary=false",
    "fetch.recurseSubmodules=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "advice.addEmbeddedRepo=false",
];

/// Variables of our own environment that git is given: where it finds programs, the
/// user's own configuration, and room for temporary files.
const PASSED: [&str; 6] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "XDG_CONFIG_HOME",
    "TMPDIR",
];

const SET: [(&str, &str); 14] = [
    ("LC_ALL", "C"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_ATTR_NOSYSTEM", "1"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_ASKPASS", "false"),
    ("SSH_ASKPASS", "false"),
    ("GIT_EDITOR", "false"),
    ("GIT_PAGER", "cat"),
    ("GIT_SSH_COMMAND", "false"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    // A configuration could allow one transport over `protocol.allow`, but not over this.
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_PROTOCOL_FROM_USER", "0"),
];

/// What every command line of git begins with, before the command itself.
///
/// ```
/// let mut arguments = guildhall_git::hardening::arguments();
/// assert_eq!(arguments.next(), Some("--no-pager"));
/// assert!(arguments.any(|argument| argument == "core.fsmonitor=false"));
/// ```
pub fn arguments() -> impl Iterator<Item = &'static str> {
    let settings = SETTINGS.iter().flat_map(|setting| ["-c", setting]);
    ["--no-pager", "--no-optional-locks"]
        .into_iter()
        .chain(settings)
}

/// The whole environment of git, whatever the process's own may hold. `lookup` gives the
/// few variables of the process that are passed on, and is asked for no other.
///
/// ```
/// let environment = guildhall_git::hardening::environment(|name| {
///     (name == "PATH").then(|| "/usr/bin".into())
/// });
/// assert!(environment.contains(&("PATH".into(), "/usr/bin".into())));
/// assert!(environment.contains(&("GIT_TERMINAL_PROMPT".into(), "0".into())));
/// ```
pub fn environment(lookup: impl Fn(&str) -> Option<OsString>) -> Vec<(OsString, OsString)> {
    let passed = PASSED
        .iter()
        .filter_map(|name| Some((OsString::from(name), lookup(name)?)));
    let set = SET
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    passed.chain(set).collect()
}

/// Whether git's answer to [`VERSION_ARGUMENTS`], such as `git version 2.47.3`, names at
/// least the [`OLDEST`].
pub fn is_new_enough(answer: &str) -> bool {
    version_of(answer).is_some_and(|version| version >= OLDEST)
}

/// Major and minor version.
fn version_of(answer: &str) -> Option<(u32, u32)> {
    let mut numbers = answer.strip_prefix("git version ")?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Git's subcommand in the arguments after [`arguments`], as people name it.
pub fn name_of(arguments: &[OsString]) -> String {
    let words = arguments
        .iter()
        .take_while(|word| !word.to_string_lossy().starts_with('-'));
    let words: Vec<_> = words.take(2).map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

/// Why git failed, from what it wrote to its errors and its exit code (`None` where a
/// signal ended it).
pub fn reason_of(errors: &[u8], code: Option<i32>) -> String {
    let errors = String::from_utf8_lossy(errors);
    let errors = errors.trim();
    match (errors.is_empty(), code) {
        (false, _) => errors.to_owned(),
        (true, Some(code)) => format!("it ended with code {code}"),
        (true, None) => "it was ended by a signal".to_owned(),
    }
}

/// Variables that override what `keys`, each ended by a zero byte, are set to. They can
/// hold any key, which an argument `key=value` could not.
pub fn switch_off(keys: &[u8]) -> Vec<(OsString, OsString)> {
    let overrides: Vec<(Vec<u8>, &str)> = keys
        .split(|byte| *byte == 0)
        .filter(|key| !key.is_empty())
        .flat_map(overrides_of)
        .collect();
    let count = (
        "GIT_CONFIG_COUNT".into(),
        overrides.len().to_string().into(),
    );
    let pairs = overrides
        .into_iter()
        .enumerate()
        .flat_map(|(at, (key, value))| {
            [
                (
                    format!("GIT_CONFIG_KEY_{at}").into(),
                    OsString::from_vec(key),
                ),
                (format!("GIT_CONFIG_VALUE_{at}").into(), value.into()),
            ]
        });
    std::iter::once(count).chain(pairs).collect()
}

/// What a key is to be instead. Git takes an empty program as none.
fn overrides_of(key: &[u8]) -> Vec<(Vec<u8>, &'static str)> {
    let last_dot = key.iter().rposition(|byte| *byte == b'.').unwrap_or(0);
    let (driver, name) = key.split_at(last_dot);
    let and = |name: &str| [driver, b".", name.as_bytes()].concat();
    match &name[name.len().min(1)..] {
        b"clean" | b"smudge" | b"process" => {
            vec![(key.to_owned(), ""), (and("required"), "false")]
        }
        // A hook that the configuration names is on unless it is switched off.
        b"event" => vec![(key.to_owned(), ""), (and("enabled"), "false")],
        b"command" if driver.starts_with(b"hook.") => vec![(and("enabled"), "false")],
        b"command" | b"textconv" | b"driver" | b"cmd" | b"path" | b"program" => {
            vec![(key.to_owned(), "")]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(version_of("git version 2.47.3"), Some((2, 47)));
        assert_eq!(version_of("git version 2.9.0.windows.1"), Some((2, 9)));
        assert!(is_new_enough("git version 2.31.0"));
        assert!(!is_new_enough("git version 2.9.0"));
        assert!(!is_new_enough("hub version 3.1"));
    }

    #[test]
    fn only_listed_variables_are_passed_on() {
        let asked = std::cell::RefCell::new(Vec::new());
        let environment = environment(|name| {
            asked.borrow_mut().push(name.to_owned());
            (name == "HOME").then(|| "/home/ada".into())
        });
        assert_eq!(asked.into_inner(), PASSED);
        assert_eq!(environment.len(), 1 + SET.len());
        assert_eq!(environment[0], ("HOME".into(), "/home/ada".into()));
    }

    #[test]
    fn a_failure_says_what_git_says() {
        assert_eq!(reason_of(b" fatal: no\n", Some(128)), "fatal: no");
        assert_eq!(reason_of(b"\n", Some(2)), "it ended with code 2");
        assert_eq!(reason_of(b"", None), "it was ended by a signal");
        let arguments = ["config", "list", "--null"].map(OsString::from);
        assert_eq!(name_of(&arguments), "config list");
    }

    #[test]
    fn programs_of_any_name_are_switched_off() {
        let keys = b"filter.a.b=c.smudge\0diff.x.binary\0hook.h.command\0";
        let pairs: Vec<(String, String)> = switch_off(keys)
            .into_iter()
            .map(|(name, value)| (name.into_string().unwrap(), value.into_string().unwrap()))
            .collect();
        let expected = [
            ("GIT_CONFIG_COUNT", "3"),
            ("GIT_CONFIG_KEY_0", "filter.a.b=c.smudge"),
            ("GIT_CONFIG_VALUE_0", ""),
            ("GIT_CONFIG_KEY_1", "filter.a.b=c.required"),
            ("GIT_CONFIG_VALUE_1", "false"),
            ("GIT_CONFIG_KEY_2", "hook.h.enabled"),
            ("GIT_CONFIG_VALUE_2", "false"),
        ];
        let expected: Vec<(String, String)> = expected
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        assert_eq!(pairs, expected);
    }
}
