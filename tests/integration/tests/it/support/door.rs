//! The test's end of a door: see the hostile plugin's module of that name.

use std::path::PathBuf;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

use super::soon;

/// Waits for the plugin to knock.
pub(crate) struct Doorman {
    listener: UnixListener,
    path: PathBuf,
    _folder: TempDir,
}

impl Doorman {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("door");
        Self {
            listener: UnixListener::bind(&path).unwrap(),
            path,
            _folder: folder,
        }
    }

    /// What the plugin is to be given.
    pub(crate) fn path(&self) -> &str {
        self.path.to_str().unwrap()
    }

    /// The plugin, once it has come to the door.
    pub(crate) async fn visitor(&self) -> Visitor {
        let (stream, _) = soon(self.listener.accept()).await.unwrap();
        Visitor { stream }
    }
}

/// A plugin at the door. It is let in when this is dropped, at the latest.
pub(crate) struct Visitor {
    stream: UnixStream,
}

impl Visitor {
    pub(crate) async fn let_in(&mut self) {
        self.stream.write_all(b"!").await.unwrap();
    }

    /// What the plugin said before it was gone.
    pub(crate) async fn gone(mut self) -> String {
        let mut said = String::new();
        // A connection that is reset is as gone as one that is closed.
        let _ = soon(self.stream.read_to_string(&mut said)).await;
        said
    }
}
