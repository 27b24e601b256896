//! A copy of the project, so that nothing of the user's checkout is ever touched.

use std::fs;
use std::io;
use std::path::{Component, Path};

/// Folders that are not copied: the history, and what package managers bring.
const LEFT_OUT: [&str; 3] = [".git", ".hg", "node_modules"];

/// The folder for what cargo builds, and files of which one stands in it. A folder of that name
/// with neither is the project's own.
const BUILT: (&str, [&str; 2]) = ("target", ["CACHEDIR.TAG", ".rustc_info.json"]);

/// Bytes that are copied at the most.
const MOST: u64 = 4 << 30;

/// Copies the files of a folder into one that is not there yet.
///
/// Links are copied as links where they stay within the project, and left out where they lead
/// out of it: what is written in the copy must reach nothing else.
///
/// # Errors
/// What the system says; that it is too much; that it was cancelled.
pub(super) fn copy(from: &Path, to: &Path, is_cancelled: &dyn Fn() -> bool) -> io::Result<()> {
    let root = from.canonicalize()?;
    let mut bytes = 0;
    let mut folders = vec![(root.clone(), to.to_owned())];
    while let Some((from, to)) = folders.pop() {
        fs::create_dir(&to)?;
        for entry in fs::read_dir(&from)? {
            if is_cancelled() {
                return Err(io::Error::new(
                    io::ErrorKind::Interrupted,
                    "it was cancelled",
                ));
            }
            let entry = entry?;
            let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
            if kind.is_dir() {
                if !is_left_out(&entry.path()) {
                    folders.push((entry.path(), target));
                }
            } else if kind.is_symlink() {
                link(&entry.path(), &target, &root)?;
            } else if kind.is_file() {
                bytes += entry.metadata()?.len();
                if bytes > MOST {
                    return Err(io::Error::other(format!(
                        "it has more than {MOST} bytes beside what was built"
                    )));
                }
                fs::copy(entry.path(), target)?;
            }
        }
    }
    Ok(())
}

fn is_left_out(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default();
    let (built, marks) = BUILT;
    LEFT_OUT.iter().any(|left_out| name == *left_out)
        || (name == built && marks.iter().any(|mark| folder.join(mark).exists()))
}

/// Copies a link that leads, as it is written, to something within the project.
fn link(from: &Path, to: &Path, root: &Path) -> io::Result<()> {
    let written = fs::read_link(from)?;
    let is_within = from.canonicalize().is_ok_and(|real| real.starts_with(root));
    let folder = from
        .parent()
        .and_then(|folder| folder.strip_prefix(root).ok());
    let depth = folder.map_or(0, |folder| folder.components().count());
    if !is_within || !stays(&written, depth) {
        return Ok(());
    }
    std::os::unix::fs::symlink(written, to)
}

/// Whether a path that begins so many folders below the root never leaves it on its way: one
/// that leaves and comes back would lead from the copy to what was copied.
fn stays(path: &Path, mut depth: usize) -> bool {
    for part in path.components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            _ => return false,
        }
    }
    true
}
