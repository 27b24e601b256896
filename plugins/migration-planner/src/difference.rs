//! What became of the public API of a crate in another version of it.

pub mod class;

pub use class::Class;
