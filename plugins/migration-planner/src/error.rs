//! Why there is no plan.

use guildhall_sdk::ErrorCode;

/// Why there is no plan at all. What only makes a plan incomplete stands in the plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The request names no crate, no edition and nothing else to move to.
    #[error(
        "nothing to migrate to was named; give --crate NAME@VERSION, --edition YEAR, --to-latest or --framework NAME@VERSION"
    )]
    NothingWanted,
    /// The analysis is not part of this version.
    #[error(
        "this version of the planner makes no plans yet; use a newer one, or look at the release notes of the crate"
    )]
    NotPlanned,
}

impl PlanError {
    /// The code under which the host tells it.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NothingWanted => ErrorCode::InvalidInput,
            Self::NotPlanned => ErrorCode::Unavailable,
        }
    }
}
