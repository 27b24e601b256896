//! Weighing what agents that contradict each other say.
//!
//! [`decide`] weighs a [`Question`] by what was [`Learned`] of [`Outcome`]s: prior, what agents
//! say by how often they were right and by what the others do not say already, how it was when
//! they stood exactly so before, evidence and checks. Each is a line of the [`Ledger`], in
//! [`Nats`], whole numbers that add up exactly. It acts alone only where that is expected to
//! cost less than asking and was right often enough before ([`Gate`]); else it names what would
//! tell more ([`Wanted`]), or a person is asked.
//!
//! [`detect`] finds such questions in what agents report.
//!
//! There is no I/O, no clock and no randomness here: the same input gives the same decision.

mod bound;
mod canonical;
mod correlation;
mod decide;
mod detect;
mod error;
mod experience;
mod gate;
mod information;
mod ledger;
mod nats;
mod outcome;
mod precedent;
mod question;
mod reliability;
mod standing;
mod validate;
mod weigh;

pub use bound::lower_bound;
pub use decide::{ActionItem, Applied, Decision, Dissent, Settings, Verdict, decide};
pub use detect::{
    Account, Contradiction, ContradictionKind, Found, MOST_STEPS, Review, Step, detect,
};
pub use error::VerdictError;
pub use experience::{Experience, Learned};
pub use gate::Gate;
pub use information::{Wanted, WantedKind};
pub use ledger::{Ledger, Line, LineKind};
pub use nats::Nats;
pub use outcome::{Outcome, OutcomeBy, Spoke, Statement};
pub use question::{
    Check, CheckResult, Choice, Class, Costs, Evidence, Measure, Other, Policy, Position, Premise,
    Question, Severity, Subject, USUAL_COST_ASK, USUAL_COST_WRONG,
};
pub use standing::{Calibration, Standing};
