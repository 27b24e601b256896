//! Wakers across the boundary, in both directions.
#![expect(unsafe_code, reason = "the boundary is where raw pointers are")]

use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::task::{RawWaker, RawWakerVTable, Waker};

use crate::prefix;
use crate::raw::{GhWaker, GhWakerVtable};

/// Lends `waker` for one poll: the raw form is valid only inside `use_it`.
pub(crate) fn lend<R>(waker: &Waker, use_it: impl FnOnce(&GhWaker) -> R) -> R {
    use_it(&GhWaker {
        data: (&raw const *waker).cast(),
        vtable: &raw const LENT,
    })
}

/// A waker of the other side for one poll; clones of it may be kept.
///
/// # Safety
/// `waker` is valid for the duration of `use_it`.
pub(crate) unsafe fn with<R>(waker: &GhWaker, use_it: impl FnOnce(&Waker) -> R) -> R {
    // SAFETY: the vtable keeps the contract of `RawWaker`; the waker is not dropped
    // here, since it is only lent.
    let waker = ManuallyDrop::new(unsafe {
        Waker::from_raw(RawWaker::new((&raw const *waker).cast(), &FOREIGN_LENT))
    });
    use_it(&waker)
}

// Outgoing: our wakers as the other side sees them. A lent one is a pointer to a
// `Waker`, an owned one a pointer to a boxed `Waker`.

static LENT: GhWakerVtable = GhWakerVtable {
    size: size_of::<GhWakerVtable>(),
    clone: Some(clone_ours),
    wake: Some(wake_ours_by_ref),
    wake_by_ref: Some(wake_ours_by_ref),
    drop: Some(ignore),
};

static OWNED: GhWakerVtable = GhWakerVtable {
    size: size_of::<GhWakerVtable>(),
    clone: Some(clone_ours),
    wake: Some(wake_ours),
    wake_by_ref: Some(wake_ours_by_ref),
    drop: Some(drop_ours),
};

unsafe extern "C" fn clone_ours(data: *const c_void) -> GhWaker {
    // SAFETY: `data` points to a waker of ours, lent or boxed.
    let waker = unsafe { &*data.cast::<Waker>() };
    let owned = Box::into_raw(Box::new(waker.clone()));
    GhWaker {
        data: owned.cast_const().cast(),
        vtable: &raw const OWNED,
    }
}

unsafe extern "C" fn wake_ours(data: *const c_void) {
    // SAFETY: `data` came from `Box::into_raw` in `clone_ours` and is used up here.
    unsafe { Box::from_raw(data.cast_mut().cast::<Waker>()) }.wake();
}

unsafe extern "C" fn wake_ours_by_ref(data: *const c_void) {
    // SAFETY: `data` points to a waker of ours, lent or boxed.
    unsafe { &*data.cast::<Waker>() }.wake_by_ref();
}

unsafe extern "C" fn drop_ours(data: *const c_void) {
    // SAFETY: as in `wake_ours`.
    drop(unsafe { Box::from_raw(data.cast_mut().cast::<Waker>()) });
}

unsafe extern "C" fn ignore(_data: *const c_void) {}

// Incoming: the other side's wakers as Rust sees them. The data of a `RawWaker` is
// a pointer to a `GhWaker`, lent or boxed.

static FOREIGN_LENT: RawWakerVTable = RawWakerVTable::new(
    clone_foreign,
    wake_foreign_by_ref,
    wake_foreign_by_ref,
    ignore_foreign,
);

static FOREIGN_OWNED: RawWakerVTable = RawWakerVTable::new(
    clone_foreign,
    wake_foreign,
    wake_foreign_by_ref,
    drop_foreign,
);

/// The functions of the other side's waker.
///
/// # Safety
/// `waker` is valid.
unsafe fn functions(waker: &GhWaker) -> Option<GhWakerVtable> {
    // SAFETY: as promised by the caller.
    unsafe { prefix::read(waker.vtable) }.ok()
}

unsafe fn clone_foreign(data: *const ()) -> RawWaker {
    // SAFETY: `data` points to a `GhWaker`, lent or boxed.
    let waker = unsafe { &*data.cast::<GhWaker>() };
    // SAFETY: the other side's waker is valid while it is lent or owned.
    let Some(clone) = unsafe { functions(waker) }.and_then(|functions| functions.clone) else {
        return RawWaker::new(std::ptr::null(), &NEVER);
    };
    // SAFETY: as above.
    let copy = unsafe { clone(waker.data) };
    RawWaker::new(
        Box::into_raw(Box::new(copy)).cast_const().cast(),
        &FOREIGN_OWNED,
    )
}

unsafe fn wake_foreign(data: *const ()) {
    // SAFETY: `data` came from `Box::into_raw` in `clone_foreign` and is used up here.
    let waker = unsafe { Box::from_raw(data.cast_mut().cast::<GhWaker>()) };
    // SAFETY: the other side's waker is valid while it is owned.
    if let Some(wake) = unsafe { functions(&waker) }.and_then(|functions| functions.wake) {
        // SAFETY: as above; it is used up.
        unsafe { wake(waker.data) };
    }
}

unsafe fn wake_foreign_by_ref(data: *const ()) {
    // SAFETY: `data` points to a `GhWaker`, lent or boxed.
    let waker = unsafe { &*data.cast::<GhWaker>() };
    // SAFETY: the other side's waker is valid while it is lent or owned.
    if let Some(wake) = unsafe { functions(waker) }.and_then(|functions| functions.wake_by_ref) {
        // SAFETY: as above.
        unsafe { wake(waker.data) };
    }
}

unsafe fn drop_foreign(data: *const ()) {
    // SAFETY: as in `wake_foreign`.
    let waker = unsafe { Box::from_raw(data.cast_mut().cast::<GhWaker>()) };
    // SAFETY: the other side's waker is valid while it is owned.
    if let Some(drop) = unsafe { functions(&waker) }.and_then(|functions| functions.drop) {
        // SAFETY: as above; it is used up.
        unsafe { drop(waker.data) };
    }
}

unsafe fn ignore_foreign(_data: *const ()) {}

/// For a waker that cannot be cloned: wakes nobody.
static NEVER: RawWakerVTable = RawWakerVTable::new(
    |_| RawWaker::new(std::ptr::null(), &NEVER),
    ignore_foreign,
    ignore_foreign,
    ignore_foreign,
);

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    struct Counter(AtomicUsize);

    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    #[expect(
        clippy::waker_clone_wake,
        reason = "waking by value is to be tested too"
    )]
    fn a_waker_wakes_from_the_other_side_and_is_freed() {
        let counter = Arc::new(Counter(AtomicUsize::new(0)));
        let ours = Waker::from(Arc::clone(&counter));
        let kept = lend(&ours, |raw| {
            // SAFETY: the raw waker is valid here.
            unsafe {
                with(raw, |theirs| {
                    theirs.wake_by_ref();
                    theirs.clone()
                })
            }
        });
        kept.clone().wake();
        kept.wake_by_ref();
        drop(kept);
        assert_eq!(counter.0.load(Ordering::SeqCst), 3);
        drop(ours);
        assert_eq!(Arc::strong_count(&counter), 1);
    }
}
