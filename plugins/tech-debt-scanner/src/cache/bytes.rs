//! Numbers, texts and digests as bytes, for what is read at every scan: JSON would take
//! longer to read than the files of a tree take to be looked at.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use super::digest::Digest;
use super::stamp::Stamp;

/// What can be written as bytes and read back.
pub(super) trait Bytes: Sized {
    fn write(&self, to: &mut Vec<u8>);

    /// What the next bytes say, which are taken away; `None` where they say nothing.
    fn read(from: &mut &[u8]) -> Option<Self>;
}

/// The next bytes, so many of them.
fn take<'a>(from: &mut &'a [u8], length: u64) -> Option<&'a [u8]> {
    let length = usize::try_from(length).ok()?;
    let (taken, rest) = from.split_at_checked(length)?;
    *from = rest;
    Some(taken)
}

fn take_array<const N: usize>(from: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = from.split_first_chunk()?;
    *from = rest;
    Some(*taken)
}

impl Bytes for u64 {
    fn write(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.to_le_bytes());
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        take_array(from).map(Self::from_le_bytes)
    }
}

impl Bytes for i64 {
    fn write(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.to_le_bytes());
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        take_array(from).map(Self::from_le_bytes)
    }
}

impl Bytes for Vec<u8> {
    fn write(&self, to: &mut Vec<u8>) {
        (self.len() as u64).write(to);
        to.extend_from_slice(self);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let length = u64::read(from)?;
        take(from, length).map(<[u8]>::to_vec)
    }
}

impl Bytes for String {
    fn write(&self, to: &mut Vec<u8>) {
        (self.len() as u64).write(to);
        to.extend_from_slice(self.as_bytes());
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Self::from_utf8(Vec::read(from)?).ok()
    }
}

impl Bytes for PathBuf {
    fn write(&self, to: &mut Vec<u8>) {
        Path::as_os_str(self).as_bytes().to_vec().write(to);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Some(Self::from(OsString::from_vec(Vec::read(from)?)))
    }
}

impl Bytes for Digest {
    fn write(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(self.bytes());
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        take_array(from).map(Self::from_bytes)
    }
}

impl Bytes for Stamp {
    fn write(&self, to: &mut Vec<u8>) {
        self.size.write(to);
        self.modified.write(to);
        self.changed.write(to);
        self.inode.write(to);
        self.device.write(to);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Some(Self {
            size: u64::read(from)?,
            modified: Bytes::read(from)?,
            changed: Bytes::read(from)?,
            inode: u64::read(from)?,
            device: u64::read(from)?,
        })
    }
}

impl<T: Bytes> Bytes for Option<T> {
    fn write(&self, to: &mut Vec<u8>) {
        to.push(u8::from(self.is_some()));
        if let Some(value) = self {
            value.write(to);
        }
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        match take_array(from)? {
            [0] => Some(None),
            [1] => T::read(from).map(Some),
            _ => None,
        }
    }
}

impl<A: Bytes, B: Bytes> Bytes for (A, B) {
    fn write(&self, to: &mut Vec<u8>) {
        self.0.write(to);
        self.1.write(to);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Some((A::read(from)?, B::read(from)?))
    }
}

/// Writes how many there are, and each.
pub(super) fn write_all<'a, T: Bytes + 'a>(
    values: impl ExactSizeIterator<Item = &'a T>,
    to: &mut Vec<u8>,
) {
    (values.len() as u64).write(to);
    values.for_each(|value| value.write(to));
}

/// Reads what [`write_all`] has written. The count is believed only as far as there are
/// bytes.
pub(super) fn read_all<T: Bytes>(from: &mut &[u8]) -> Option<Vec<T>> {
    let count = u64::read(from)?;
    let mut values = Vec::new();
    for _ in 0..count {
        values.push(T::read(from)?);
    }
    Some(values)
}
