//! The store: what both backends promise, and what the one with files promises beyond.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod conformance;
mod files;
mod ledger;
mod opening;
mod processes;
mod projections;
mod sharing;
mod streams;
mod support;
mod torn_log;
