//! Reading the file of effects: what tasks did to the world, in the order in which they
//! did it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};

/// What a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Did {
    /// The attempt begins.
    Begin,
    /// It begins although another attempt at the same task still lives.
    Overlap,
    /// It is at it.
    Work,
    /// It has failed.
    Fail,
    /// It is done.
    End,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// What was done.
    pub did: Did,
    /// Key of the task.
    pub task: String,
    /// Number of the attempt.
    pub attempt: u32,
    /// The `guildhall` process under which it was begun, as the suite counts them.
    pub session: u32,
    /// The process that did it.
    pub pid: u32,
}

/// The lines of a file; none where there is no file yet.
///
/// # Errors
/// Where the file cannot be read, or a whole line is none of ours.
pub fn read(file: &Path) -> Result<Vec<Effect>> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).context("the effects cannot be read"),
    };
    // What follows the last line break is being written.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .map(|line| parse(line).with_context(|| format!("{line:?} is no effect")))
        .collect()
}

/// The attempts that have begun and not ended, whose processes live: the last thing that
/// each of them did.
pub fn open(effects: &[Effect], is_alive: impl Fn(u32) -> bool) -> Vec<&Effect> {
    let mut last: BTreeMap<(&str, u32, u32), &Effect> = BTreeMap::new();
    for effect in effects {
        last.insert((&effect.task, effect.attempt, effect.session), effect);
    }
    let open = last.into_values();
    open.filter(|effect| !matches!(effect.did, Did::End | Did::Fail) && is_alive(effect.pid))
        .collect()
}

fn parse(line: &str) -> Option<Effect> {
    let mut words = line.split(' ');
    let did = match words.next()? {
        "begin" => Did::Begin,
        "overlap" => Did::Overlap,
        "work" => Did::Work,
        "fail" => Did::Fail,
        "end" => Did::End,
        _ => return None,
    };
    Some(Effect {
        did,
        task: words.next()?.to_owned(),
        attempt: words.next()?.parse().ok()?,
        session: words.next()?.parse().ok()?,
        pid: words.next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lives_and_has_not_ended_is_open() {
        let lines = "begin a 1 1 10\nbegin b/0 1 1 11\nwork a 1 1 10\nend a 1 1 10\nbegin c 2 1 12";
        let effects: Vec<Effect> = lines.lines().map(|line| parse(line).unwrap()).collect();
        let keys = |effects: Vec<&Effect>| -> Vec<String> {
            effects.iter().map(|it| it.task.clone()).collect()
        };
        assert_eq!(keys(open(&effects, |_| true)), ["b/0", "c"]);
        assert_eq!(keys(open(&effects, |pid| pid != 11)), ["c"]);
        assert!(parse("ends a 1 1 10").is_none());
    }
}
