//! The settings under which git runs no code of a repository.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

/// Settings that hold over those of every configuration file.
pub(super) const SETTINGS: [&str; 26] = [
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

/// Keys of programs that have names of a repository's choice.
pub(super) const DRIVERS: &str = r"^(filter|hook|diff|merge|mergetool|difftool|gpg)\..*\.";

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

/// The whole environment of git, whatever this process's own may hold.
pub(super) fn environment() -> Vec<(OsString, OsString)> {
    let passed = PASSED
        .iter()
        .filter_map(|name| Some((OsString::from(name), std::env::var_os(name)?)));
    let set = SET
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    passed.chain(set).collect()
}

/// Variables that override what `keys`, each ended by a zero byte, are set to. They can
/// hold any key, which an argument `key=value` could not.
pub(super) fn switch_off(keys: &[u8]) -> Vec<(OsString, OsString)> {
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
