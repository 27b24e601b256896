//! The JSON that the last scan of a folder has printed, so that a scan that finds nothing
//! changed prints it again and makes nothing anew.
//!
//! Each agent whose report stands in it has named the state of that report
//! ([`guildhall_report::Standing`]), and is told the name by the next scan. Only where every
//! agent says that its report is the same is the text printed again, with the facts on the
//! new run at its end, which is where a document has them. So all in it was checked and
//! mended when it came. Whatever is wrong with the file costs time and changes nothing.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use guildhall_core::AgentId;
use guildhall_report::{Document, Severity, json_of_run};
use guildhall_runtime::store::Digest;
use serde::{Deserialize, Serialize};

use crate::config::{Places, shown};
use crate::private_file;
use crate::scan_history::Remembered;

/// How the names of the files end.
const ENDING: &str = ".json";

/// What every file begins with.
const MAGIC: &[u8; 24] = b"guildhall printed scan 1";

/// Length of a digest in hexadecimal digits.
const DIGITS: usize = 64;

/// Bytes before the head: what every file begins with, the head's length and its digest.
const START: usize = MAGIC.len() + 8 + DIGITS;

/// A head that claims to be longer is damaged.
const LONGEST_HEAD: u64 = 1 << 20;

/// A text that is longer is not kept.
const LONGEST: usize = 64 << 20;

/// All roots together have so many bytes at most; those that were not scanned for longest go.
const MOST_BYTES: u64 = 256 << 20;

/// What was printed, of which only the head was read.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) head: Head,
    file: File,
    text: u64,
}

/// What there is to know of a text that was printed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// Which program has printed it: another one may print the same otherwise.
    program: String,
    /// The agents whose reports stand in it.
    pub(crate) agents: States,
    /// How many findings it has of each severity or worse, least first.
    pub(crate) counts: [usize; 4],
    /// The ids of its rules.
    pub(crate) rules: Vec<String>,
    /// What was remembered of the scan; none where it was not.
    pub(crate) remembered: Option<Remembered>,
    /// A digest of the text.
    digest: String,
}

/// The versions of agents, and the states of their reports.
pub(crate) type States = BTreeMap<AgentId, (String, String)>;

/// Opens what was printed of `root`, where that is known.
pub(crate) fn open(root: &Path) -> Option<Kept> {
    let path = path_of(&folder()?, root);
    let kept = try_to_open(&path);
    if let Err(error) = &kept
        && error.kind() != io::ErrorKind::NotFound
    {
        let path = shown::path(&path);
        tracing::info!("what was printed last is not known: {path}: {error}");
    }
    kept.ok()
        .filter(|kept| Some(&kept.head.program) == program().as_ref())
}

/// Keeps `printed`, the JSON of `document`.
pub(crate) fn keep(
    root: &Path,
    document: &Document,
    printed: &[u8],
    agents: States,
    remembered: Option<Remembered>,
) {
    let (Some(folder), Some(program)) = (folder(), program()) else {
        return;
    };
    let Some(text) = json_of_run(&document.run)
        .ok()
        .and_then(|end| printed.strip_suffix(&end[..]))
        .filter(|text| text.len() <= LONGEST)
    else {
        return;
    };
    let head = Head {
        program,
        agents,
        counts: Severity::ALL.map(|severity| document.new_at_or_over(severity)),
        rules: document
            .rules
            .iter()
            .map(|rule| rule.item.id.clone())
            .collect(),
        remembered,
        digest: Digest::of(text).to_string(),
    };
    let path = path_of(&folder, root);
    let small_enough = |_, bytes| bytes <= MOST_BYTES;
    let written = write(&folder, &path, &head, text)
        .and_then(|()| private_file::forget_oldest(&folder, ENDING, small_enough));
    if let Err(error) = written {
        let path = shown::path(&path);
        tracing::info!("what is printed is not kept: {path}: {error}");
    }
}

impl Kept {
    /// The text before the name of the run; none where it is damaged.
    pub(crate) fn text(&self) -> Option<Vec<u8>> {
        let size = self.file.metadata().ok()?.len();
        let length = usize::try_from(size.checked_sub(self.text)?).ok()?;
        let mut text = vec![0; length.min(LONGEST)];
        self.file.read_exact_at(&mut text, self.text).ok()?;
        let is_whole = Digest::of(&text).to_string() == self.head.digest;
        if is_whole {
            private_file::touch(&self.file);
        } else {
            tracing::info!("what was printed last is damaged; it is made anew");
        }
        is_whole.then_some(text)
    }
}

fn folder() -> Option<PathBuf> {
    Places::from_env().ok()?.printed()
}

fn path_of(folder: &Path, root: &Path) -> PathBuf {
    let name = Digest::of(root.as_os_str().as_bytes());
    folder.join(format!("{name}{ENDING}"))
}

/// The program that runs, told by what the system says of its file: the version alone would
/// not tell one build from another.
fn program() -> Option<String> {
    let metadata = std::env::current_exe().ok()?.metadata().ok()?;
    Some(format!(
        "{} {}",
        env!("CARGO_PKG_VERSION"),
        stamp(&metadata)
    ))
}

fn stamp(file: &Metadata) -> String {
    let (size, device, inode) = (file.len(), file.dev(), file.ino());
    let modified = (file.mtime(), file.mtime_nsec());
    let changed = (file.ctime(), file.ctime_nsec());
    format!("{size} {device} {inode} {modified:?} {changed:?}")
}

fn try_to_open(path: &Path) -> io::Result<Kept> {
    let damaged = || io::Error::other("it is damaged");
    // Opening a pipe would wait for its other end.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut file = File::open(path)?;
    let mut start = [0; START];
    file.read_exact(&mut start)?;
    let (magic, rest) = start.split_at(MAGIC.len());
    let (length, digest) = rest.split_first_chunk().ok_or_else(damaged)?;
    let length = u64::from_le_bytes(*length);
    if magic != MAGIC || length > LONGEST_HEAD {
        return Err(damaged());
    }
    let mut head = Vec::new();
    (&file).take(length).read_to_end(&mut head)?;
    if Digest::of(&head).to_string().as_bytes() != digest {
        return Err(damaged());
    }
    Ok(Kept {
        head: serde_json::from_slice(&head)?,
        file,
        text: START as u64 + length,
    })
}

/// Writes the file whole or not at all.
fn write(folder: &Path, path: &Path, head: &Head, text: &[u8]) -> io::Result<()> {
    let head = serde_json::to_vec(head)?;
    private_file::replace(folder, path, |file| {
        file.write_all(MAGIC)?;
        file.write_all(&(head.len() as u64).to_le_bytes())?;
        file.write_all(Digest::of(&head).to_string().as_bytes())?;
        file.write_all(&head)?;
        file.write_all(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &[u8]) -> Head {
        Head {
            program: "p".to_owned(),
            agents: States::new(),
            counts: [4, 3, 2, 1],
            rules: vec!["r".to_owned()],
            remembered: None,
            digest: Digest::of(text).to_string(),
        }
    }

    #[test]
    fn what_is_kept_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.json");
        write(folder.path(), &path, &head(b"text"), b"text").unwrap();
        let kept = try_to_open(&path).unwrap();
        assert_eq!(kept.head, head(b"text"));
        assert_eq!(kept.text().unwrap(), b"text");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn no_damage_of_a_byte_gives_another_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.json");
        write(folder.path(), &path, &head(b"text"), b"text").unwrap();
        let whole = fs::read(&path).unwrap();
        for place in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[place] ^= 1;
            fs::write(&path, &bytes).unwrap();
            let text = try_to_open(&path).ok().and_then(|kept| kept.text());
            assert_eq!(text, None, "byte {place}");
            fs::write(&path, &whole[..place]).unwrap();
            let text = try_to_open(&path).ok().and_then(|kept| kept.text());
            assert_eq!(text, None, "cut at {place}");
        }
    }
}
