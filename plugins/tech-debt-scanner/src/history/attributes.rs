//! Files that a project says it did not write itself: `linguist-generated` and
//! `linguist-vendored` in its `.gitattributes`, as code hosts read them.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use guildhall_source::read::read;
use guildhall_source::repository::Repository;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The name of files with attributes.
const NAME: &[u8] = b".gitattributes";

const ATTRIBUTES: [&str; 2] = ["linguist-generated", "linguist-vendored"];

/// More bytes than this are in no file of attributes that a person wrote.
const MOST_BYTES: u64 = 1 << 20;

/// Whether the file at `path` says attributes.
pub(super) fn is_one(path: &[u8]) -> bool {
    path.strip_suffix(NAME)
        .is_some_and(|folder| folder.is_empty() || folder.ends_with(b"/"))
}

/// For each of `paths`, from the top, whether the files of attributes at `known` say that it
/// is generated or somebody else's. What cannot be read of them is passed over.
pub(super) fn not_own(repository: &Repository, known: &[Vec<u8>], paths: &[Vec<u8>]) -> Vec<bool> {
    let mut said = vec![false; paths.len()];
    let Some(top) = &repository.facts().top else {
        return said;
    };
    for attribute in ATTRIBUTES {
        // The file in the folder nearest to a path has the last word.
        let mut readers: Vec<Said> = known
            .iter()
            .filter_map(|file| Said::read(top, path_of(file), attribute))
            .collect();
        readers.sort_by_key(|reader| reader.folder.components().count());
        for (path, said) in paths.iter().zip(&mut said) {
            let mut last = None;
            for reader in &readers {
                last = reader.of(path_of(path)).or(last);
            }
            *said |= last == Some(true);
        }
    }
    said
}

/// What one file says of one attribute.
struct Said {
    folder: PathBuf,
    patterns: Gitignore,
}

impl Said {
    /// None where it says nothing.
    fn read(top: &Path, file: &Path, attribute: &str) -> Option<Self> {
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        let path = top.join(file);
        // Nothing is followed or waited for, as on the walk.
        if !fs::symlink_metadata(&path).ok()?.is_file() {
            return None;
        }
        let text = read(&path, MOST_BYTES).ok()?;
        let patterns = patterns(&text, attribute);
        (!patterns.is_empty()).then_some(Self { folder, patterns })
    }

    /// Whether a file has the attribute; none where nothing is said.
    fn of(&self, path: &Path) -> Option<bool> {
        let below = path.strip_prefix(&self.folder).ok()?;
        let said = self.patterns.matched(below, false);
        (!said.is_none()).then(|| said.is_ignore())
    }
}

/// Attributes have the patterns of ignore files; a line that takes the attribute away is to
/// the former what `!` is to the latter.
fn patterns(text: &str, attribute: &str) -> Gitignore {
    let mut builder = GitignoreBuilder::new("");
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        let Some(pattern) = words
            .next()
            .filter(|word| !word.starts_with(['#', '!', '"']))
        else {
            continue;
        };
        let Some(has) = words.rev().find_map(|word| value(word, attribute)) else {
            continue;
        };
        let sign = if has { "" } else { "!" };
        // A pattern that is not understood says nothing.
        let _ = builder.add_line(None, &format!("{sign}{pattern}"));
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// What a word says of an attribute; none where it is about another.
fn value(word: &str, attribute: &str) -> Option<bool> {
    let (name, is_set) = match word.strip_prefix(['-', '!']) {
        Some(name) => (name, false),
        None => (word, true),
    };
    let (name, value) = name.split_once('=').unwrap_or((name, "true"));
    (name == attribute).then_some(is_set && value != "false")
}

fn path_of(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_that_matches_has_the_last_word() {
        let text = "# generated\n*.pb.go text linguist-generated\ngen/** linguist-generated=true\n\
                    gen/own.ts -linguist-generated\n/top.js linguist-generated=false\n\
                    *.js linguist-vendored\n";
        let said = Said {
            folder: PathBuf::new(),
            patterns: patterns(text, "linguist-generated"),
        };
        let of = |path: &str| said.of(Path::new(path));
        assert_eq!(of("api/a.pb.go"), Some(true));
        assert_eq!(of("gen/x/a.ts"), Some(true));
        assert_eq!(of("gen/own.ts"), Some(false));
        assert_eq!(of("top.js"), Some(false));
        assert_eq!(of("below/top.js"), None);
        assert_eq!(of("a.go"), None);
    }

    #[test]
    fn files_of_attributes_are_known_by_their_name() {
        assert!(is_one(b".gitattributes") && is_one(b"a/.gitattributes"));
        assert!(!is_one(b"a.gitattributes"));
    }
}
