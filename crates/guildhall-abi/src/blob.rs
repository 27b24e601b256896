//! Reference-counted bytes across the boundary, without a copy in either direction.
#![expect(unsafe_code, reason = "the boundary is where raw pointers are")]

use std::ffi::c_void;
use std::sync::Arc;

use bytes::Bytes;

use crate::prefix;
use crate::raw::{GhBlob, GhBlobVtable, GhSlice};

static VTABLE: GhBlobVtable = GhBlobVtable {
    size: size_of::<GhBlobVtable>(),
    retain: Some(retain),
    release: Some(release),
};

unsafe extern "C" fn retain(owner: *mut c_void) {
    // SAFETY: `owner` came from `Arc::into_raw` in `export`, and whoever calls this
    // holds a reference.
    unsafe { Arc::increment_strong_count(owner.cast::<Bytes>()) };
}

unsafe extern "C" fn release(owner: *mut c_void) {
    // SAFETY: as in `retain`; the caller gives its reference up.
    unsafe { Arc::decrement_strong_count(owner.cast::<Bytes>()) };
}

/// No bytes, owned by nobody.
pub(crate) const EMPTY: GhBlob = GhBlob {
    ptr: std::ptr::null(),
    len: 0,
    owner: std::ptr::null_mut(),
    vtable: std::ptr::null(),
};

/// Hands `bytes` over with one reference.
pub(crate) fn export(bytes: Bytes) -> GhBlob {
    if bytes.is_empty() {
        return EMPTY;
    }
    let (ptr, len) = (bytes.as_ptr(), bytes.len());
    let owner = Arc::into_raw(Arc::new(bytes)).cast_mut().cast();
    GhBlob {
        ptr,
        len,
        owner,
        vtable: &raw const VTABLE,
    }
}

/// Lends `bytes` for a call.
pub(crate) fn lend(bytes: &[u8]) -> GhBlob {
    GhBlob {
        ptr: bytes.as_ptr(),
        len: bytes.len(),
        ..EMPTY
    }
}

/// Takes over a blob with its reference; borrowed bytes are copied.
///
/// # Safety
/// `blob` is valid and the caller gives up its reference.
pub(crate) unsafe fn take(blob: GhBlob) -> Bytes {
    if blob.vtable.is_null() {
        // SAFETY: the caller promises a valid blob.
        return Bytes::copy_from_slice(unsafe { bytes_of(blob.ptr, blob.len) });
    }
    // SAFETY: the caller promises that a vtable that is not null is valid.
    let release = unsafe { prefix::read(blob.vtable) }
        .ok()
        .and_then(|vtable| vtable.release);
    Bytes::from_owner(Foreign { blob, release })
}

/// Keeps a blob that was given as an argument: retained, or copied where borrowed.
///
/// # Safety
/// `blob` is valid.
pub(crate) unsafe fn keep(blob: GhBlob) -> Bytes {
    let retain = if blob.vtable.is_null() {
        None
    } else {
        // SAFETY: the caller promises that a vtable that is not null is valid.
        unsafe { prefix::read(blob.vtable) }
            .ok()
            .and_then(|vtable| vtable.retain)
    };
    let Some(retain) = retain else {
        // Whoever offers no retain means that the bytes are borrowed.
        // SAFETY: the bytes are valid for the duration of this call.
        return Bytes::copy_from_slice(unsafe { bytes_of(blob.ptr, blob.len) });
    };
    // SAFETY: the blob is valid for the duration of this call, and the reference
    // just added is given up to `take`.
    unsafe {
        retain(blob.owner);
        take(blob)
    }
}

/// Drops the reference of a blob whose bytes are not wanted.
///
/// # Safety
/// `blob` is valid and the caller gives up its reference.
pub(crate) unsafe fn discard(blob: GhBlob) {
    if !blob.vtable.is_null() {
        // SAFETY: as promised by the caller.
        drop(unsafe { take(blob) });
    }
}

/// The bytes of a slice from the other side.
///
/// # Safety
/// `slice` is valid for `'a`.
pub(crate) unsafe fn slice_of<'a>(slice: GhSlice) -> &'a [u8] {
    // SAFETY: as promised by the caller.
    unsafe { bytes_of(slice.ptr, slice.len) }
}

/// Lends bytes as a slice.
pub(crate) const fn lend_slice(bytes: &[u8]) -> GhSlice {
    GhSlice {
        ptr: bytes.as_ptr(),
        len: bytes.len(),
    }
}

/// # Safety
/// `ptr` points to `len` bytes that stay valid and unchanged for `'a`, or `len` is 0.
unsafe fn bytes_of<'a>(ptr: *const u8, len: usize) -> &'a [u8] {
    // No memory is larger than `isize::MAX`: such a length is damage or a lie.
    if ptr.is_null() || len == 0 || isize::try_from(len).is_err() {
        return &[];
    }
    // SAFETY: as promised by the caller.
    unsafe { std::slice::from_raw_parts(ptr, len) }
}

/// A reference to bytes of the other side.
struct Foreign {
    blob: GhBlob,
    release: Option<unsafe extern "C" fn(owner: *mut c_void)>,
}

// SAFETY: the boundary allows any thread to read and release a blob.
unsafe impl Send for Foreign {}
// SAFETY: as above; the bytes do not change.
unsafe impl Sync for Foreign {}

impl AsRef<[u8]> for Foreign {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: the bytes are valid as long as this reference is held.
        unsafe { bytes_of(self.blob.ptr, self.blob.len) }
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: this reference is given up once, here.
            unsafe { release(self.blob.owner) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_cross_without_a_copy_and_are_freed_by_the_last_reference() {
        let data = Bytes::from(vec![3; 4096]);
        let blob = export(data.clone());
        assert_eq!(blob.ptr, data.as_ptr());
        // SAFETY: the blob is valid; its reference is given up by `take` below.
        let kept = unsafe { keep(blob) };
        // SAFETY: the reference of `export` is given up.
        let taken = unsafe { take(blob) };
        assert_eq!(kept.as_ptr(), data.as_ptr());
        drop(kept);
        assert_eq!(taken, data);
        drop(taken);
        assert!(data.is_unique());
    }

    #[test]
    fn borrowed_bytes_are_copied() {
        let data = vec![1, 2, 3];
        // SAFETY: the bytes are valid.
        let kept = unsafe { keep(lend(&data)) };
        drop(data);
        assert_eq!(kept, [1, 2, 3].as_slice());
    }

    #[test]
    fn empty_bytes_need_no_owner() {
        // SAFETY: an empty blob is valid.
        assert!(unsafe { take(export(Bytes::new())) }.is_empty());
    }
}
