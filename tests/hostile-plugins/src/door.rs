//! Where a test and the plugin meet: a Unix socket that the test listens at.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream as BlockingStream;

use guildhall_sdk::AgentError;
use tokio::net::UnixStream;

/// A connection to the test. The test sees it begin and end.
pub(crate) struct Door {
    stream: UnixStream,
}

impl Door {
    /// Tells the test that the plugin is here.
    pub(crate) async fn knock(path: &str) -> Result<Self, AgentError> {
        let stream = UnixStream::connect(path)
            .await
            .map_err(|error| failed(&error))?;
        Ok(Self { stream })
    }

    /// Waits until the test sends a byte or closes the connection.
    pub(crate) async fn opened(&self) -> Result<(), AgentError> {
        loop {
            self.stream
                .readable()
                .await
                .map_err(|error| failed(&error))?;
            match self.stream.try_read(&mut [0]) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(failed(&error)),
            }
        }
    }

    /// Sends the test a byte.
    pub(crate) fn call_out(&self) {
        // Where the test is gone, nobody wants it.
        let _ = self.stream.try_write(b"!");
    }
}

/// The same for code that blocks: comes back when the test opens.
pub(crate) fn wait_blocking(path: &str) {
    if let Ok(mut stream) = BlockingStream::connect(path) {
        let _ = stream.read(&mut [0]);
    }
}

/// Tells the test something without waiting for an answer.
pub(crate) fn tell_blocking(path: &str) {
    if let Ok(mut stream) = BlockingStream::connect(path) {
        let _ = stream.write_all(b"!");
    }
}

fn failed(error: &std::io::Error) -> AgentError {
    AgentError::failed(format!("the door failed: {error}"))
}
