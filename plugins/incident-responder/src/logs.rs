//! What a log says: its messages, grouped by template, and how they differ from before.
//!
//! In reading order: `lines` reads a stream, `header` takes a line apart (`structured` where it names its parts,
//! `times` for its time), `spans` finds the values in a message by their form, `words` makes
//! numbers of the rest, `miner` groups messages by them, and `compare` says what is new,
//! gone, or more than usual.

mod compare;
mod header;
mod lines;
mod miner;
mod spans;
mod structured;
mod times;
mod words;

pub use compare::{Change, ChangeKind, compare};
pub use header::{Header, Level, header};
pub use lines::{Lines, LinesError, PassedOver};
pub use miner::{Counted, Group, LetGo, Limits, Mined, Miner, Order, Period, Told};
pub use times::Stamp;
