//! Messages across the boundary: an encoded head and attachments beside it.
#![expect(unsafe_code, reason = "the boundary is where raw pointers are")]

use bytes::Bytes;

use crate::blob;
use crate::raw::{GhBlob, GhMessage, GhSlice};

/// An encoded head and attachments beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The head: JSON, or empty.
    pub head: Bytes,
    /// Large payloads, shared and not copied.
    pub attachments: Vec<Bytes>,
}

impl Message {
    /// A message without attachments.
    pub fn new(head: impl Into<Bytes>) -> Self {
        Self {
            head: head.into(),
            attachments: Vec::new(),
        }
    }
}

/// A message without anything.
pub(crate) const EMPTY: GhMessage = GhMessage {
    head: blob::EMPTY,
    attachments: std::ptr::null(),
    attachment_count: 0,
    storage: blob::EMPTY,
};

/// Hands `message` over.
pub(crate) fn export(message: Message) -> GhMessage {
    let head = blob::export(message.head);
    if message.attachments.is_empty() {
        return GhMessage { head, ..EMPTY };
    }
    let array: Vec<GhBlob> = message.attachments.into_iter().map(blob::export).collect();
    let attachment_count = array.len();
    let storage = blob::export(Bytes::from_owner(Array(array)));
    GhMessage {
        head,
        attachments: storage.ptr.cast(),
        attachment_count,
        storage,
    }
}

/// Takes a message over that was written to an `out` pointer.
///
/// # Safety
/// `message` is valid and the caller gives up its references.
pub(crate) unsafe fn take(message: GhMessage) -> Message {
    // SAFETY: as promised by the caller.
    let Some(attachments) = (unsafe { blobs_of(&message) }) else {
        return Message::default();
    };
    // SAFETY: as promised by the caller.
    let head = unsafe { blob::take(message.head) };
    let attachments = attachments
        .iter()
        // SAFETY: each of them is valid as the message is.
        .map(|attachment| unsafe { blob::take(*attachment) })
        .collect();
    // SAFETY: the array is not read any more.
    unsafe { blob::discard(message.storage) };
    Message { head, attachments }
}

/// Keeps a message that was given as an argument.
///
/// # Safety
/// `message` is valid.
pub(crate) unsafe fn keep(message: &GhMessage) -> Message {
    // SAFETY: as promised by the caller.
    let Some(attachments) = (unsafe { blobs_of(message) }) else {
        return Message::default();
    };
    // SAFETY: as promised by the caller.
    let head = unsafe { blob::keep(message.head) };
    let attachments = attachments
        .iter()
        // SAFETY: each of them is valid as the message is.
        .map(|attachment| unsafe { blob::keep(*attachment) })
        .collect();
    Message { head, attachments }
}

/// A message that was given as an argument: the head is lent for the call, the
/// attachments are kept.
#[derive(Debug)]
pub struct Request<'a> {
    /// The head: JSON, or empty.
    pub head: &'a [u8],
    /// Large payloads, shared and not copied.
    pub attachments: Vec<Bytes>,
}

/// Reads a message that was given as an argument, without copying its head.
///
/// # Safety
/// `message` is valid for `'a`.
pub(crate) unsafe fn borrow(message: &GhMessage) -> Request<'_> {
    // SAFETY: as promised by the caller.
    let Some(attachments) = (unsafe { blobs_of(message) }) else {
        return Request {
            head: &[],
            attachments: Vec::new(),
        };
    };
    let GhBlob { ptr, len, .. } = message.head;
    // SAFETY: as promised by the caller.
    let head = unsafe { blob::slice_of(GhSlice { ptr, len }) };
    let attachments = attachments
        .iter()
        // SAFETY: each of them is valid as the message is.
        .map(|attachment| unsafe { blob::keep(*attachment) })
        .collect();
    Request { head, attachments }
}

/// Lends a message for one call: `use_it` gets a form of it that is valid only
/// inside.
pub(crate) fn lend<R>(
    head: &[u8],
    attachments: &[Bytes],
    use_it: impl FnOnce(&GhMessage) -> R,
) -> R {
    let head = blob::lend(head);
    if attachments.is_empty() {
        return use_it(&GhMessage { head, ..EMPTY });
    }
    let array = Array(attachments.iter().cloned().map(blob::export).collect());
    let message = GhMessage {
        head,
        attachments: array.0.as_ptr(),
        attachment_count: array.0.len(),
        storage: blob::EMPTY,
    };
    let result = use_it(&message);
    for attachment in &array.0 {
        // SAFETY: this is the reference that `export` gave; whoever keeps the
        // attachment has added one.
        unsafe { blob::discard(*attachment) };
    }
    result
}

/// The attachments; nothing where there cannot be so many. Of such a message nothing
/// is to be trusted.
///
/// # Safety
/// `message` is valid for `'a`.
unsafe fn blobs_of(message: &GhMessage) -> Option<&[GhBlob]> {
    if message.attachments.is_null() || message.attachment_count == 0 {
        return Some(&[]);
    }
    let length = message.attachment_count.checked_mul(size_of::<GhBlob>())?;
    isize::try_from(length).ok()?;
    // SAFETY: as promised by the caller, and no longer than memory can be.
    Some(unsafe { std::slice::from_raw_parts(message.attachments, message.attachment_count) })
}

/// Owner of an array of blobs (not of what they refer to).
struct Array(Vec<GhBlob>);

// SAFETY: blobs may be used by any thread.
unsafe impl Send for Array {}
// SAFETY: as above.
unsafe impl Sync for Array {}

impl AsRef<[u8]> for Array {
    fn as_ref(&self) -> &[u8] {
        let length = size_of_val(self.0.as_slice());
        // SAFETY: the blobs have no padding: four words each.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast(), length) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_message() -> impl Strategy<Value = Message> {
        (any::<Vec<u8>>(), any::<Vec<Vec<u8>>>()).prop_map(|(head, attachments)| Message {
            head: head.into(),
            attachments: attachments.into_iter().map(Bytes::from).collect(),
        })
    }

    proptest! {
        #[test]
        fn a_message_handed_over_arrives_whole(message in any_message()) {
            let raw = export(message.clone());
            // SAFETY: the message was just handed over.
            prop_assert_eq!(unsafe { take(raw) }, message);
        }

        #[test]
        fn a_message_lent_can_be_kept(message in any_message()) {
            let kept = lend(&message.head, &message.attachments, |raw| {
                // SAFETY: the message is valid here.
                unsafe { keep(raw) }
            });
            prop_assert_eq!(&kept, &message);
            drop(kept);
            prop_assert!(message.attachments.iter().all(|data| data.is_empty() || data.is_unique()));
        }
    }
}
