//! Trying the user's own commands beside the checkout: what to build, reproduce and test with,
//! and what came of it.

mod checkout;
mod commands;
mod run;
mod standing;

pub(crate) use checkout::{Checkout, Title, commit_named, failed};
pub(crate) use commands::{Commands, Told};
pub(crate) use run::{Purpose, Trial, Verdict, evidence_of, run, run_of};
pub(crate) use standing::Standing;
