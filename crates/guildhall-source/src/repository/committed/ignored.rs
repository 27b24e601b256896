//! Which files of a commit its ignore files, hidden names and cache tags leave out.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use guildhall_git::FileKind;
use guildhall_git::tree::Entry;
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::super::{Fetched, Objects, Watch};
use super::folder_of;
use crate::SourceError;
use crate::walk::CACHE_TAG;

/// Larger ignore files are none that a person wrote.
const MOST_BYTES: u64 = 1 << 20;

/// What a commit leaves out.
pub(super) struct Ignored {
    /// The folder that is looked at; what stands above is not judged.
    folder: PathBuf,
    rules: HashMap<PathBuf, Rules>,
    /// Folders with a cache tag.
    caches: Vec<PathBuf>,
    /// Whether a folder is left out, as far as that is known.
    folders: HashMap<PathBuf, bool>,
}

/// The ignore files of one folder.
#[derive(Default)]
struct Rules {
    /// `.ignore`, which goes before `.gitignore` wherever both stand.
    own: Option<Gitignore>,
    git: Option<Gitignore>,
}

impl Ignored {
    /// Reads the ignore files and cache tags among `entries`.
    pub(super) fn of(
        entries: &[Entry],
        folder: &Path,
        objects: &mut Objects<'_>,
        watch: &Watch<'_>,
    ) -> Result<Self, SourceError> {
        let mut ignored = Self {
            folder: folder.to_owned(),
            rules: HashMap::new(),
            caches: Vec::new(),
            folders: HashMap::new(),
        };
        for entry in entries {
            let path = Path::new(OsStr::from_bytes(&entry.path));
            let name = path.file_name().unwrap_or_default().as_bytes();
            let is_file = matches!(entry.mode.kind(), FileKind::Regular | FileKind::Executable);
            let is_one = matches!(name, b".gitignore" | b".ignore" | b"CACHEDIR.TAG");
            if !is_file || !is_one {
                continue;
            }
            if let Fetched::Found(object) = objects.read(&entry.id, MOST_BYTES, watch)? {
                ignored.take(path, name, &object.content);
            }
        }
        Ok(ignored)
    }

    fn take(&mut self, path: &Path, name: &[u8], content: &[u8]) {
        let folder = folder_of(path);
        if name == b"CACHEDIR.TAG" {
            if content.starts_with(CACHE_TAG) {
                self.caches.push(folder);
            }
            return;
        }
        let read = rules(&folder, content);
        let rules = self.rules.entry(folder).or_default();
        match name {
            b".ignore" => rules.own = read,
            _ => rules.git = read,
        }
    }

    /// Whether `path`, from the top and below the folder, is left out.
    pub(super) fn is(&mut self, path: &Path, is_folder: bool) -> bool {
        let within = folder_of(path);
        self.is_folder_left_out(&within) || self.is_itself(path, is_folder)
    }

    fn is_folder_left_out(&mut self, folder: &Path) -> bool {
        // The folder itself is looked at whatever is said of it, and so is what holds it.
        if self.folder.starts_with(folder) {
            return false;
        }
        if let Some(known) = self.folders.get(folder) {
            return *known;
        }
        let above = folder_of(folder);
        let is_cache = self.caches.iter().any(|cache| cache == folder);
        let left_out = is_cache || self.is_folder_left_out(&above) || self.is_itself(folder, true);
        self.folders.insert(folder.to_owned(), left_out);
        left_out
    }

    /// Whether a rule, or its name, leaves this one out.
    fn is_itself(&self, path: &Path, is_folder: bool) -> bool {
        let absolute = Path::new("/").join(path);
        let (mut own, mut git) = (Match::None, Match::None);
        let folders = path.ancestors().skip(1);
        for rules in folders.filter_map(|folder| self.rules.get(folder)) {
            if own.is_none() {
                own = matched(rules.own.as_ref(), &absolute, is_folder);
            }
            if git.is_none() {
                git = matched(rules.git.as_ref(), &absolute, is_folder);
            }
        }
        match own.or(git) {
            Match::Ignore(()) => true,
            Match::Whitelist(()) => false,
            Match::None => {
                let name = path.file_name().unwrap_or_default();
                name.as_bytes().starts_with(b".")
            }
        }
    }
}

fn matched(rules: Option<&Gitignore>, path: &Path, is_folder: bool) -> Match<()> {
    rules.map_or(Match::None, |rules| {
        rules.matched(path, is_folder).map(|_| ())
    })
}

/// The rules of an ignore file. Lines that are none are passed over, as a walk does.
fn rules(folder: &Path, content: &[u8]) -> Option<Gitignore> {
    let text = String::from_utf8_lossy(content);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut builder = GitignoreBuilder::new(Path::new("/").join(folder));
    for line in text.lines() {
        let _ = builder.add_line(None, line);
    }
    builder.build().ok()
}
