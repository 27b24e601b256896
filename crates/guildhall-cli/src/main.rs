//! The guildhall command.
fn main() {}
