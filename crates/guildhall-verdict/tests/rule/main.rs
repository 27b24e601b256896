//! The rule as those who ask see it.
#![expect(clippy::unwrap_used, reason = "it is how a test fails")]

mod asked;
mod cases;
mod detected;
mod known;
mod properties;
