//! The analysis of crates, from texts to what changed, without a file.

mod api;
mod difference;
mod properties;
mod support;
