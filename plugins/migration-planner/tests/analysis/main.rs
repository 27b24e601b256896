//! The analysis of crates, from texts, without a file.

mod api;
mod support;
