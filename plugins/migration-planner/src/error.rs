//! Why there is no plan.

use std::io;
use std::path::PathBuf;

use guildhall_sdk::ErrorCode;
use guildhall_source::SourceError;

use crate::packs::PackFailure;
use crate::targets::TargetError;

/// Why there is no plan at all. What only makes a plan incomplete stands in the plan.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The request names no crate, no edition and nothing else to move to.
    #[error(
        "nothing to migrate to was named; give --crate NAME@VERSION, --to-latest, --edition YEAR or --framework NAME@VERSION"
    )]
    NothingWanted,
    /// An edition and crates in one plan.
    #[error("an edition and crates are two migrations; plan for --edition and for --crate apart")]
    TwoAtOnce,
    /// A framework and something else in one plan.
    #[error(
        "a framework is a migration of its own; plan for --framework apart from --crate and --edition"
    )]
    FrameworkAndMore,
    /// All updates and something else in one request.
    #[error(
        "all updates are a request of their own; plan for --to-latest apart from --crate, --edition, --framework and --pack"
    )]
    LatestAndMore,
    /// Several packs were given, and no framework was named.
    #[error("there are packs of several migrations; name one by --framework: {known}")]
    WhichFramework {
        /// The frameworks with their versions.
        known: String,
    },
    /// The project does not use the framework.
    #[error(
        "nothing in the project uses `{name}`; give the folder of a project whose package.json names it, or whose files import it"
    )]
    NoFramework {
        /// The framework.
        name: String,
    },
    /// The project is at that version already.
    #[error("`{name}` is at {from}, and {to} is not newer; name a later version")]
    FrameworkNotNewer {
        /// The framework.
        name: String,
        /// The version in use.
        from: String,
        /// The version asked for.
        to: String,
    },
    /// A pack cannot be read.
    #[error(transparent)]
    Pack(#[from] PackFailure),
    /// The folder is no project of cargo's.
    #[error("`{}` has no Cargo.toml; give the folder of a workspace or package", path.display())]
    NoManifest {
        /// The folder.
        path: PathBuf,
    },
    /// The manifest at the root is not understood.
    #[error("the Cargo.toml of the project can't be read: {reason}")]
    Manifest {
        /// Why.
        reason: String,
    },
    /// A crate cannot move as it was asked for.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The project could not be read.
    #[error(transparent)]
    Source(SourceError),
    /// Sources of crates could not be read, for another reason than that they are not there.
    #[error("{reason}")]
    Sources {
        /// Why.
        reason: String,
    },
    /// There is no room for an empty folder among the temporary files.
    #[error("no empty folder for cargo could be made: {source}; free some space, or set TMPDIR")]
    NoFolder {
        /// What the system says.
        source: io::Error,
    },
    /// A file that should hold a plan holds none.
    #[error("`{}` is no plan that can be read: {reason}; make one by `guildhall migrate plan --format json`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The plan has no such part.
    #[error("the plan has no {what}; {mend}")]
    NoSuchPart {
        /// What was asked for.
        what: String,
        /// What there is.
        mend: String,
    },
    /// A step that cannot be carried out by agents.
    #[error("step `{step}` {lack}; a plan is carried out only where every step {needed}")]
    Unfit {
        /// The step.
        step: String,
        /// What it lacks.
        lack: &'static str,
        /// What every step must have.
        needed: &'static str,
    },
    /// The plan is of another project.
    #[error("none of the files that the plan names is in `{}`; give the folder of the project", path.display())]
    OtherProject {
        /// The folder.
        path: PathBuf,
    },
    /// The caller asked for an end.
    #[error("it was cancelled")]
    Cancelled,
}

impl PlanError {
    /// The code under which the host tells it.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NothingWanted
            | Self::TwoAtOnce
            | Self::FrameworkAndMore
            | Self::LatestAndMore
            | Self::WhichFramework { .. }
            | Self::NoFramework { .. }
            | Self::FrameworkNotNewer { .. }
            | Self::Pack(_)
            | Self::NoManifest { .. }
            | Self::Manifest { .. }
            | Self::Unreadable { .. }
            | Self::NoSuchPart { .. }
            | Self::Unfit { .. }
            | Self::OtherProject { .. }
            | Self::Source(SourceError::Root { .. }) => ErrorCode::InvalidInput,
            Self::Target(error) => error.code(),
            Self::Cancelled => ErrorCode::Cancelled,
            Self::Source(_) | Self::Sources { .. } | Self::NoFolder { .. } => ErrorCode::Failed,
        }
    }
}

impl From<SourceError> for PlanError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Cancelled => Self::Cancelled,
            other => Self::Source(other),
        }
    }
}
