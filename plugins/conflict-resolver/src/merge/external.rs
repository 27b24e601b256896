//! A merge program of the user's, for example one that knows the syntax of languages: its
//! result is one more proposal for each hunk. It is a process of its own.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use guildhall_sdk::core::path_text;
use guildhall_sdk::core::programs::Program;
use guildhall_sdk::prelude::*;

use super::conflicts::{Collision, Content, File};
use super::request::MergeSettings;

/// What stands for a file of a side, or for the path, in the command of the settings.
pub(super) const PLACEHOLDERS: [&str; 4] = ["{base}", "{ours}", "{theirs}", "{path}"];

/// Bytes of a result that are taken.
const MOST_BYTES: u64 = 8 << 20;

/// What the program makes of each file; nothing of one that it does not merge, and nothing at
/// all where the settings name no program.
///
/// # Errors
/// Where the program cannot be started, or there is no room for the files.
pub(crate) async fn results(
    collision: &Collision,
    settings: &MergeSettings,
    ctx: &Context,
) -> Result<Vec<Option<Vec<u8>>>, AgentError> {
    let mut all = Vec::with_capacity(collision.files.len());
    for file in &collision.files {
        all.push(match (&file.content, settings.driver.is_empty()) {
            (Ok(content), false) => result(file, content, settings, ctx).await?,
            _ => None,
        });
    }
    Ok(all)
}

async fn result(
    file: &File,
    content: &Content,
    settings: &MergeSettings,
    ctx: &Context,
) -> Result<Option<Vec<u8>>, AgentError> {
    let place = Place::new()?;
    let path = path_text::decode(&file.path);
    let name = path.file_name().unwrap_or_default();
    let mut values = Vec::new();
    for (side, bytes) in [
        ("base", &content.base),
        ("ours", &content.ours),
        ("theirs", &content.theirs),
    ] {
        // The name of the file says its language.
        let folder = place.0.join(side);
        fs::create_dir(&folder)?;
        fs::write(folder.join(name), bytes)?;
        values.push(text(&folder.join(name))?);
    }
    values.push(text(&path)?);
    let fill = |argument: &String| {
        let pairs = PLACEHOLDERS.iter().zip(&values);
        pairs.fold(argument.clone(), |text, (name, value)| {
            text.replace(name, value)
        })
    };
    let program = Program::new(settings.driver.iter().map(fill), &place.0)
        .timeout(Duration::from_secs(settings.driver_seconds.into()))
        .keep(MOST_BYTES, 0);
    let ran = ctx.programs().run(program).await.map_err(|error| {
        let message = format!("`merge.driver` cannot be run: {}", error.message);
        AgentError::new(ErrorCode::InvalidInput, message)
    })?;
    let is_merged = ran.succeeded() && ran.stdout.is_whole();
    Ok(is_merged.then(|| ran.stdout.head.to_vec()))
}

fn text(path: &Path) -> Result<String, AgentError> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| {
        AgentError::failed(format!(
            "{} is not UTF-8, and `merge.driver` cannot be given it; leave it out for this merge",
            path.display()
        ))
    })
}

/// A folder of this user alone, which goes away with its value.
struct Place(PathBuf);

impl Place {
    fn new() -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("guildhall-driver-{}-{number}", std::process::id());
            let path = std::env::temp_dir().join(name);
            match fs::DirBuilder::new().mode(0o700).create(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => return made.map(|()| Self(path)),
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What cannot be removed stays among the temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}
