//! The agent that answers incidents.
//!
//! In reading order: `moment` is a point in time as alerts and logs write it, `model` what
//! is known of a symptom; `frames` finds places in source code, `intake` reads what is told, `severity` says how bad it is,
//! `logs` what a log says, `suspects` which commits may be to blame. `event` is what happens to
//! an incident, `fold` makes the `incident` of its events, each told in a line by `told`, `keep`
//! keeps them, and `guard` alone lets something be deployed. `appraise` and `inspect` are the
//! commands `assess` and `logs`; `duplicate` says whether something told is known already, `opening`
//! keeps it, `manage` is what people say of an incident, and `asking` whether it is one who says it; `respond` plans who does
//! what about it, by the `runbooks` that fit, `postmortem` and `metrics` are what is learnt of it, `settings` what a user may set,
//! `present` makes reports, and `agent` is what the host sees of it.
//!
//! What is tried: `trial` runs the user's own commands beside the checkout, `bisect` finds the
//! commit that brought it by them, and `hotfix` a way out; `approve` is a person's word that it may
//! be deployed, `deploy` runs the user's command, and `watch` looks whether it is seen again.

mod agent;
mod appraise;
mod approve;
mod asking;
mod bisect;
mod deploy;
mod duplicate;
mod error;
pub mod event;
mod fold;
mod frames;
mod guard;
mod hotfix;
mod incident;
mod inspect;
pub mod intake;
mod keep;
pub mod logs;
#[cfg(test)]
mod made;
mod manage;
mod metrics;
mod model;
mod moment;
mod opening;
mod postmortem;
mod present;
mod respond;
mod runbooks;
mod settings;
pub mod severity;
mod suspects;
mod told;
mod trial;
mod watch;

pub(crate) use appraise::open;
pub use appraise::{AssessRequest, appraise};
pub use approve::ApproveRequest;
pub use bisect::{Answer, Bisect, BisectRequest, Step, WrongEnd};
pub use deploy::DeployRequest;
pub use error::ResponderError;
pub use fold::{BadHistory, Stored, StoredEvent, fold, stored};
pub use guard::{DeployOrder, DeploySettings, Place, Refusal, may_deploy};
pub use hotfix::HotfixRequest;
pub use incident::{
    Approval, Attachment, BadId, Bisection, Candidacy, Deploy, Incident, IncidentId, PersonsWord,
    Span, Standing, Status, TimelineRow, Validation,
};
pub use inspect::{Hooks, LogsRequest, inspect};
pub use keep::Kept;
pub use manage::{
    Author, Clock, CloseRequest, MitigateRequest, NoteRequest, ReopenRequest, SeverityRequest,
    Speaker,
};
pub use metrics::{Group, Hotfixes, Metrics, MetricsRequest, Times, metrics};
pub use model::{Evidence, EvidenceId, EvidenceKind, Frame, ReleaseHint, Severity, Symptom};
pub use moment::{Moment, MomentError};
pub use postmortem::{Postmortem, Statement, postmortem};
pub use present::{ListRequest, ShowRequest};
pub use respond::{AssembleRequest, ConcludeRequest, Ended, Mode, RespondRequest};
pub use runbooks::Fitting;
pub use settings::{LabelFacts, RespondSettings, Settings, SuspectSettings};
pub(crate) use suspects::suspects_of;
pub use suspects::{SuspectHooks, SuspectsRequest, suspects};
pub use trial::TrialRequest;
pub use watch::WatchRequest;
