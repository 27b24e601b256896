//! Files followed through renames, from the newest commit to the oldest.

use std::collections::HashMap;

use guildhall_source::git::{Change, Status};

/// Names that say nothing of a file without its folder.
const COMMON: [&[u8]; 3] = [b"mod.rs", b"lib.rs", b"main.rs"];

/// Which file of the tree each name meant at the commit that is being read.
pub(super) struct Names {
    current: HashMap<Vec<u8>, usize>,
    /// For each file, how many days ago it was added, as far as the oldest of its events
    /// that was read says it.
    added: Vec<Option<f64>>,
}

/// What a commit did to one file.
pub(super) struct Step<'a> {
    path: &'a [u8],
    what: What<'a>,
}

enum What<'a> {
    /// It has another path, and the same content.
    Moved(&'a [u8]),
    /// It has another path, and another content.
    MovedAndEdited(&'a [u8]),
    Added,
    Edited,
}

/// What a commit did to the files that are there after it.
pub(super) fn steps(changes: &[Change]) -> impl Iterator<Item = Step<'_>> {
    let moves = edited_moves(changes);
    changes.iter().filter_map(move |change| {
        let path = &change.path[..];
        let what = match change.status {
            Status::Renamed => What::Moved(change.old_path.as_deref()?),
            Status::Added => match moves.get(path) {
                Some(old) => What::MovedAndEdited(old),
                None => What::Added,
            },
            Status::Modified | Status::TypeChanged => What::Edited,
            _ => return None,
        };
        Some(Step { path, what })
    })
}

impl Names {
    pub(super) fn new(paths: &[Vec<u8>]) -> Self {
        let named = paths.iter().enumerate();
        Self {
            current: named.map(|(file, path)| (path.clone(), file)).collect(),
            added: vec![None; paths.len()],
        }
    }

    /// The file of the tree that has this name at the commit that is being read.
    pub(super) fn file(&self, path: &[u8]) -> Option<usize> {
        self.current.get(path).copied()
    }

    /// Takes in a step that was done `age` days ago; gives the file, if it is one of the
    /// tree and work was done on it.
    pub(super) fn follow(&mut self, step: &Step<'_>, age: f64) -> Option<usize> {
        let file = *self.current.get(step.path)?;
        match step.what {
            What::Moved(old) | What::MovedAndEdited(old) => {
                self.current.remove(step.path);
                self.current.insert(old.to_vec(), file);
                self.added[file] = None;
            }
            // The last word is the oldest event's.
            What::Added => self.added[file] = Some(age),
            What::Edited => self.added[file] = None,
        }
        let is_work = !matches!(step.what, What::Moved(_));
        is_work.then_some(file)
    }

    pub(super) fn into_added(self) -> Vec<Option<f64>> {
        self.added
    }
}

/// Old paths by new ones: a file that is gone and one that has come in the same commit are
/// one file where their names agree and no other of either has that name.
fn edited_moves(changes: &[Change]) -> HashMap<&[u8], &[u8]> {
    let with = |status: Status| {
        let mut named: HashMap<&[u8], Vec<&[u8]>> = HashMap::new();
        for change in changes.iter().filter(|change| change.status == status) {
            named
                .entry(key(&change.path))
                .or_default()
                .push(&change.path);
        }
        named
    };
    let (gone, come) = (with(Status::Deleted), with(Status::Added));
    let pairs =
        come.into_iter()
            .filter_map(|(key, new)| match (&new[..], gone.get(key)?.as_slice()) {
                ([new], [old]) => Some((*new, *old)),
                _ => None,
            });
    pairs.collect()
}

/// What must agree of two paths: the name, with its folder where it says nothing alone.
fn key(path: &[u8]) -> &[u8] {
    let last = |path: &[u8]| path.iter().rposition(|byte| *byte == b'/');
    let Some(slash) = last(path) else { return path };
    let name = &path[slash + 1..];
    if !COMMON.contains(&name) {
        return name;
    }
    last(&path[..slash]).map_or(path, |before| &path[before + 1..])
}

#[cfg(test)]
mod tests {
    use guildhall_source::git::{FileMode, ObjectId};

    use super::*;

    fn change(status: Status, old: Option<&str>, path: &str) -> Change {
        let id = ObjectId::from_hex(&[b'1'; 40]).unwrap();
        Change {
            status,
            similarity: None,
            old_mode: FileMode(0o100_644),
            new_mode: FileMode(0o100_644),
            old_id: id,
            new_id: id,
            path: path.into(),
            old_path: old.map(Into::into),
        }
    }

    /// The files that work was done on.
    fn follow(names: &mut Names, age: f64, changes: &[Change]) -> Vec<usize> {
        steps(changes)
            .filter_map(|step| names.follow(&step, age))
            .collect()
    }

    #[test]
    fn a_file_is_followed_to_its_first_name() {
        let mut names = Names::new(&[b"src/b.rs".to_vec()]);
        let edited = |path| [change(Status::Modified, None, path)];
        assert_eq!(follow(&mut names, 1.0, &edited("src/b.rs")), [0]);
        let moved = [change(Status::Renamed, Some("a.rs"), "src/b.rs")];
        assert_eq!(follow(&mut names, 2.0, &moved), [0; 0]);
        assert_eq!(follow(&mut names, 3.0, &edited("src/b.rs")), [0; 0]);
        assert_eq!(follow(&mut names, 4.0, &edited("a.rs")), [0]);
        assert_eq!(
            follow(&mut names, 5.0, &[change(Status::Added, None, "a.rs")]),
            [0]
        );
        assert_eq!(names.into_added(), [Some(5.0)]);
    }

    #[test]
    fn a_move_with_an_edit_is_work_and_no_birth() {
        let mut names = Names::new(&[b"new/a.rs".to_vec(), b"x/mod.rs".to_vec()]);
        let changes = [
            change(Status::Deleted, None, "old/a.rs"),
            change(Status::Added, None, "new/a.rs"),
            change(Status::Deleted, None, "y/mod.rs"),
            change(Status::Added, None, "x/mod.rs"),
        ];
        assert_eq!(follow(&mut names, 1.0, &changes), [0, 1]);
        assert_eq!(names.added, [None, Some(1.0)], "mod.rs needs its folder");
        assert_eq!(
            follow(
                &mut names,
                2.0,
                &[change(Status::Modified, None, "old/a.rs")]
            ),
            [0]
        );
    }

    #[test]
    fn two_of_a_name_are_not_told_apart() {
        let mut names = Names::new(&[b"new/a.rs".to_vec()]);
        let changes = [
            change(Status::Deleted, None, "one/a.rs"),
            change(Status::Deleted, None, "two/a.rs"),
            change(Status::Added, None, "new/a.rs"),
        ];
        assert_eq!(follow(&mut names, 1.0, &changes), [0]);
        assert_eq!(names.added, [Some(1.0)]);
    }

    #[test]
    fn keys_take_the_folder_where_the_name_says_nothing() {
        assert_eq!(key(b"a/b/c.rs"), b"c.rs");
        assert_eq!(key(b"c.rs"), b"c.rs");
        assert_eq!(key(b"a/b/mod.rs"), b"b/mod.rs");
        assert_eq!(key(b"b/lib.rs"), b"b/lib.rs");
        assert_eq!(key(b"main.rs"), b"main.rs");
    }
}
