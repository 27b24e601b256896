//! What the agent says of recorded work, with one known truth in each set of records.

mod made;

mod explaining;
mod figures;
mod flow;
mod recommending;
