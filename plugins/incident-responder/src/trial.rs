//! Trying the user's own commands beside the checkout: what to build, reproduce and test with,
//! and what came of it.

mod checkout;
mod commands;
mod git;
mod named_tests;
mod run;
mod standing;

pub(crate) use checkout::{Checkout, Title, commit_named, failed};
pub use commands::TrialRequest;
pub(crate) use commands::{Commands, USUAL_SECONDS};
pub(crate) use git::git;
pub(crate) use named_tests::Tests;
pub(crate) use run::{Purpose, TRIAL, Trial, Verdict, evidence_of, run, run_of};
pub(crate) use standing::Standing;
