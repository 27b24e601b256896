//! Reading structs that begin with their size: only what the size covers is read.

use std::mem::offset_of;

use crate::error::AbiError;
use crate::raw::{
    GhBlobVtable, GhCallVtable, GhEntry, GhFutureVtable, GhHostVtable, GhInstanceVtable,
    GhServiceVtable, GhWakerVtable,
};

/// A struct whose first field is its size and whose all-zero value is valid.
///
/// # Safety
/// The implementor is `repr(C)`, begins with `size: usize`, and is valid where all
/// of its bytes are zero.
#[expect(unsafe_code, reason = "the boundary is where raw pointers are")]
pub(crate) unsafe trait Prefixed: Copy {
    /// Name for errors.
    const NAME: &'static str;
    /// Size of the struct in ABI 1.0, or as its extension first had it: less is refused.
    const LEAST: usize;
}

/// Each struct with its last field of ABI 1.0, which never changes: fields that are appended
/// later are absent in what older plugins and hosts hand over.
macro_rules! prefixed {
    ($($type:ident through $last:ident;)*) => {
        $(
            // SAFETY: these are `repr(C)`, begin with `size`, and hold numbers, raw
            // pointers and optional functions, for all of which zero is valid.
            #[expect(unsafe_code, reason = "the boundary is where raw pointers are")]
            unsafe impl Prefixed for $type {
                const NAME: &'static str = stringify!($type);
                const LEAST: usize = offset_of!($type, $last) + size_of::<*const ()>();
            }
        )*
    };
}

prefixed! {
    GhBlobVtable through release;
    GhWakerVtable through drop;
    GhFutureVtable through drop;
    GhCallVtable through extension;
    GhServiceVtable through request;
    GhHostVtable through extension;
    GhInstanceVtable through extension;
    GhEntry through extension;
}

/// Copies the part of `*source` that its own size covers; the rest is zero.
///
/// # Safety
/// `source` is null or points to a struct of this kind (of any version), valid for
/// as many bytes as its first field says.
#[expect(unsafe_code, reason = "the boundary is where raw pointers are")]
pub(crate) unsafe fn read<T: Prefixed>(source: *const T) -> Result<T, AbiError> {
    let bad = |reason| AbiError::BadStruct {
        name: T::NAME,
        reason,
    };
    if source.is_null() {
        return Err(bad("the pointer to it is null"));
    }
    // SAFETY: the caller promises that the struct is there and begins with its size.
    let size = unsafe { source.cast::<usize>().read_unaligned() };
    if size < T::LEAST {
        return Err(bad("it is shorter than ABI 1.0 has it"));
    }
    let mut copy = std::mem::MaybeUninit::<T>::zeroed();
    let length = size.min(size_of::<T>());
    // SAFETY: `length` bytes are valid in the source by the caller's promise and
    // fit the copy; zeroes are valid for what is not copied by the trait's promise.
    unsafe {
        std::ptr::copy_nonoverlapping(source.cast::<u8>(), copy.as_mut_ptr().cast::<u8>(), length);
        Ok(copy.assume_init())
    }
}

#[cfg(test)]
#[expect(unsafe_code, reason = "the boundary is where raw pointers are")]
mod tests {
    use super::*;

    /// In the order of the list above, where a pointer has 64 bits.
    #[cfg(target_pointer_width = "64")]
    const WORDS_OF_1_0: [usize; 8] = [3, 5, 4, 8, 2, 6, 5, 7];

    /// Pointers and numbers that each struct of ABI 1.0 has. A number here never changes: a
    /// plugin that was built with it must be taken for ever.
    #[cfg(target_pointer_width = "64")]
    #[test]
    fn the_least_size_of_each_struct_is_that_of_abi_1_0() {
        let least = [
            GhBlobVtable::LEAST,
            GhWakerVtable::LEAST,
            GhFutureVtable::LEAST,
            GhCallVtable::LEAST,
            GhServiceVtable::LEAST,
            GhHostVtable::LEAST,
            GhInstanceVtable::LEAST,
            GhEntry::LEAST,
        ];
        assert_eq!(least.map(|size| size / size_of::<usize>()), WORDS_OF_1_0);
    }

    /// A later version of a vtable, with a field appended.
    #[derive(Clone, Copy)]
    #[repr(C)]
    struct Longer {
        size: usize,
        first: usize,
        appended: usize,
    }

    // SAFETY: `repr(C)`, begins with the size, zero is valid.
    unsafe impl Prefixed for Longer {
        const NAME: &'static str = "Longer";
        const LEAST: usize = 2 * size_of::<usize>();
    }

    #[test]
    fn what_the_size_does_not_cover_is_not_read() {
        let older = Longer {
            size: Longer::LEAST,
            first: 7,
            appended: 9,
        };
        // SAFETY: the struct is there and as long as it says.
        let copy = unsafe { read(&raw const older) }.unwrap();
        assert_eq!((copy.first, copy.appended), (7, 0));
    }

    #[test]
    fn a_struct_that_is_too_short_or_null_is_refused() {
        let short = Longer {
            size: Longer::LEAST - 1,
            first: 0,
            appended: 0,
        };
        // SAFETY: the struct is there, even longer than it says.
        let error = unsafe { read(&raw const short) }.err().unwrap();
        assert!(
            error
                .to_string()
                .contains("Longer is not usable: it is shorter")
        );
        // SAFETY: null is allowed.
        assert!(unsafe { read::<Longer>(std::ptr::null()) }.is_err());
    }
}
