//! The socket on standard input by which a supervisor or launcher is told its job and
//! answers.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes of the longest record.
const LONGEST_LINE: u64 = 256 << 20;

/// One end of the socket.
pub(super) struct Control {
    reader: BufReader<UnixStream>,
}

impl Control {
    /// Takes standard input, which is nothing from then on. The socket is not passed on to
    /// programs, so its other end sees when this process becomes one.
    pub(super) fn take_stdin() -> io::Result<Self> {
        let socket = io::stdin().as_fd().try_clone_to_owned()?;
        rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
        Ok(Self::new(UnixStream::from(socket)))
    }

    pub(super) fn new(socket: UnixStream) -> Self {
        Self {
            reader: BufReader::new(socket),
        }
    }

    /// The next record; `None` where the other end is gone.
    pub(super) fn read<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        let mut line = Vec::new();
        self.reader
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)?;
        if !line.ends_with(b"\n") {
            return Ok(None);
        }
        Ok(Some(serde_json::from_slice(&line)?))
    }

    /// Sends a record. That nobody listens any more is no failure.
    pub(super) fn write(&self, record: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        match self.reader.get_ref().write_all(&line) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }

    /// Whether something was sent, or the other end is gone.
    pub(super) fn is_ready(&self) -> bool {
        if !self.reader.buffer().is_empty() {
            return true;
        }
        let mut descriptors = [PollFd::new(self.reader.get_ref(), PollFlags::IN)];
        poll(&mut descriptors, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
    }
}

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reader.get_ref().as_fd()
    }
}
