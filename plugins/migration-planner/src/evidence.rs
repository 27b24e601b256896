//! Evidence: where a file uses something that has changed, and how surely it must be edited.

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};

use crate::difference::Class;

/// One use of something that changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The line, from one.
    pub line: u32,
    /// The column in characters, from one.
    pub column: u32,
    /// The id of the change, as in [`plan::Change`](crate::plan::Change).
    pub change: String,
    /// What kind of change it is.
    pub class: Class,
    /// How probable it is that this place must be edited, from nought to one.
    pub confidence: f64,
    /// How the use was recognised.
    pub how: How,
}

/// How a use was recognised.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Schema,
)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum How {
    /// A path that leads to the item.
    Path,
    /// A method call, or a field, on a value whose type is known.
    Receiver,
    /// A method of a trait that is in scope.
    Trait,
    /// A struct literal or pattern.
    Literal,
    /// A `match`.
    Match,
    /// An `impl` of the trait.
    Impl,
    /// An attribute.
    Attribute,
    /// Values of the crate meet a package that stays on the old version.
    Exchange,
    /// A binding that is `mut` only for calls that no longer need it.
    Mutability,
    /// The crate is named in the file, no more.
    Mention,
    /// The file uses an item of the workspace that shows a type of the crate.
    Exposed,
}
