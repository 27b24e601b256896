//! The same work for many items, cancelled as the hooks say.

use guildhall_source::parallel;

use crate::{Hooks, ScanError};

/// What `work` gives for each item, in the order of the items. Its threads have the stack
/// that parsing needs.
///
/// # Errors
/// [`ScanError::Cancelled`] as the hooks say, which are asked before each item.
pub(crate) fn each<I: Sync, T: Send>(
    items: &[I],
    threads: usize,
    hooks: &dyn Hooks,
    work: impl Fn(&I) -> T + Sync,
) -> Result<Vec<T>, ScanError> {
    Ok(parallel::each(
        items,
        threads,
        &|| hooks.is_cancelled(),
        work,
    )?)
}

/// The same, with the items handed out in descending size.
///
/// # Errors
/// As [`each`].
pub(crate) fn each_largest_first<I: Sync, T: Send>(
    items: &[I],
    threads: usize,
    hooks: &dyn Hooks,
    size: impl Fn(&I) -> u64 + Sync,
    work: impl Fn(&I) -> T + Sync,
) -> Result<Vec<T>, ScanError> {
    Ok(parallel::each_largest_first(
        items,
        threads,
        &|| hooks.is_cancelled(),
        size,
        work,
    )?)
}
