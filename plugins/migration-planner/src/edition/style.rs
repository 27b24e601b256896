//! The format step.
