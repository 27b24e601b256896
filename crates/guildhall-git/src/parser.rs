//! What all parsers have in common.

use std::ops::ControlFlow;

use crate::GitFormatError;

/// Whether to go on; `Break` where whoever takes the records has enough.
pub type Flow = ControlFlow<()>;

/// What one step of a parser comes to.
pub type Step = Result<Flow, GitFormatError>;

/// Who takes the records.
pub type Take<'a, R> = &'a mut dyn FnMut(R) -> Flow;

/// A parser of one format of git's output, fed in pieces of any size.
///
/// After an error or a `Break` it is not to be used any more: the rest of the piece is
/// lost.
pub trait Parser {
    /// What the output is a sequence of.
    type Record;

    /// What git is given, after [`crate::hardening::arguments`], so that it writes this
    /// format. What is to be looked at comes behind: commits, then `--`, then paths.
    fn arguments(&self) -> &'static [&'static str];

    /// Takes in the next bytes; `take` is given each record that is complete now.
    ///
    /// # Errors
    /// [`GitFormatError`] where the bytes are not in this format.
    fn push(&mut self, bytes: &[u8], take: Take<'_, Self::Record>) -> Step;

    /// Says that the output has ended; `take` is given a record that only its end shows
    /// to be complete.
    ///
    /// # Errors
    /// [`GitFormatError`] where the output ends in the middle of a record.
    fn finish(&mut self, take: Take<'_, Self::Record>) -> Step;
}

/// The records of an output that is in memory as a whole.
///
/// ```
/// use guildhall_git::{parse_all, refs::Refs};
///
/// let line = b"refs/tags/v1\x00f2ad6c76f0115a6ba5b00456a849810e7ec0af20\x00commit\0\0\x001795291475\0\n";
/// let refs = parse_all(Refs::default(), line)?;
/// assert_eq!(refs[0].name, b"refs/tags/v1");
/// assert_eq!(refs[0].time, Some(1_795_291_475));
/// # Ok::<(), guildhall_git::GitFormatError>(())
/// ```
///
/// # Errors
/// [`GitFormatError`] where the bytes are not in the parser's format.
pub fn parse_all<P: Parser>(
    mut parser: P,
    output: &[u8],
) -> Result<Vec<P::Record>, GitFormatError> {
    let mut records = Vec::new();
    let mut take = |record| {
        records.push(record);
        ControlFlow::Continue(())
    };
    let _ = parser.push(output, &mut take)?;
    let _ = parser.finish(&mut take)?;
    Ok(records)
}
