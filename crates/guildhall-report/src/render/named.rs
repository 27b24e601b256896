//! Output formats by their names on the command line.

use crate::ReportError;

/// The one of `all` whose name is `given`.
///
/// # Errors
///
/// [`ReportError::UnknownFormat`], with the names of all, where there is none.
pub(super) fn find<F: Copy>(
    all: &[F],
    name: fn(F) -> &'static str,
    given: &str,
) -> Result<F, ReportError> {
    let names = || all.iter().map(|format| name(*format));
    let found = all.iter().find(|format| name(**format) == given);
    found.copied().ok_or_else(|| ReportError::UnknownFormat {
        given: given.to_owned(),
        known: names().collect::<Vec<_>>().join(", "),
    })
}
