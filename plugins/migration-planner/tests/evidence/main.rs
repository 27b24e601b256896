//! From the text of two versions of a crate and of a tree to the files that must change.

mod kinds;
mod make;
mod means;
mod told;
