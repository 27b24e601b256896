//! Reports of what was found out, and of what is kept.

mod assess;
mod bisect;
mod deploy;
mod hotfix;
mod incident;
mod list;
mod logs;
mod metrics;
mod postmortem;
mod respond;
mod suspects;
mod watch;

pub(crate) use assess::{assessment, opening};
pub(crate) use bisect::{percent, report as bisected};
pub(crate) use deploy::report as deployed;
pub(crate) use hotfix::report as hotfixed;
pub use incident::ShowRequest;
pub(crate) use incident::{approved, incident, said};
pub use list::ListRequest;
pub(crate) use list::list;
pub(crate) use logs::{Shown, logs};
pub(crate) use metrics::report as metrics;
pub(crate) use postmortem::report as postmortem;
pub(crate) use respond::{concluded, response};
pub(crate) use suspects::{report as suspects, why_of};
pub(crate) use watch::report as watched;
