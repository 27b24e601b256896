//! What the agent says of recorded work, with one known truth in each set of records.
#![expect(clippy::unwrap_used, reason = "it is how a test fails")]

mod made;

mod explaining;
mod figures;
mod flow;
mod recommending;
