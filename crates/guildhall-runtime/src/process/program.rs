//! Finds a program, as a shell would.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use guildhall_core::{AgentError, ErrorCode};

/// The program `command`: itself where it is an absolute path, else the first of that
/// name in the folders of `path`.
pub(super) fn find(command: &str, path: Option<&OsStr>) -> Result<PathBuf, AgentError> {
    let absolute = Path::new(command);
    if absolute.is_absolute() {
        return match is_program(absolute) {
            true => Ok(absolute.to_owned()),
            false => Err(missing(format!(
                "the program {command} does not exist or may not be run"
            ))),
        };
    }
    let folders = path.unwrap_or_default();
    std::env::split_paths(folders)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(command))
        .find(|candidate| is_program(candidate))
        .ok_or_else(|| {
            missing(format!(
                "the program {command:?} was not found in PATH, which is {:?}",
                folders.to_string_lossy()
            ))
        })
}

fn is_program(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

fn missing(message: String) -> AgentError {
    AgentError::new(ErrorCode::Unavailable, message)
        .with_help("install the program, or give its absolute path as `command`")
}
