//! A capability's answer that is a run: a plan that the command line carries out.
//!
//! A command whose capability `hands_over = "run"` answers with an outcome that carries a plan,
//! as `guildhall run` takes it, as an attachment. The host carries it out as it would one from a
//! file: with the same checks, the same results and the same exit code. So the agent decides
//! what is to be done and runs nothing itself; the run has its own budget, can be paused and
//! resumed, and asks agents by the user's own configuration. Without the attachment the output
//! is printed as that of any command, and nothing runs.
//!
//! ```
//! use guildhall_core::Outcome;
//! use serde_json::json;
//!
//! # fn example() -> Result<(), guildhall_core::AgentError> {
//! let plan = json!({
//!     "version": 1,
//!     "name": "two steps",
//!     "task": [{"id": "build", "agent": "shell", "prompt": "cargo build"}],
//! });
//! let mut outcome = Outcome::new(&"a run of one task")?;
//! outcome.hand_over_run(&plan, Some("/home/ada/project".as_ref()))?;
//! assert!(outcome.handed_over_run()?.is_some());
//! # Ok(())
//! # }
//! # example().unwrap();
//! ```

use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{AgentError, ErrorCode};
use crate::path_text;
use crate::task::{Attachment, Outcome};

/// Name of the attachment that holds the plan, JSON.
pub const RUN_PLAN: &str = "run-plan";
/// Its media type.
pub const RUN_PLAN_MEDIA_TYPE: &str = "application/vnd.guildhall.plan+json";
/// Field of the outcome's `extra` with the folder that the run works on, as [`path_text`]
/// writes paths; the user's own word, `--folder`, wins.
pub const RUN_FOLDER_FIELD: &str = "run_folder";

/// What a command does with the answer of its capability, beside printing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HandOver {
    /// Carries out the plan that it carries.
    Run,
    /// Something that this version does not know.
    #[serde(other)]
    Other,
}

/// A plan that is to be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HandedOver {
    /// The plan, JSON.
    pub plan: Bytes,
    /// The folder that the run works on, where the agent says one.
    pub folder: Option<PathBuf>,
}

impl Outcome {
    /// Has the command line carry out `plan` on `folder`; on the folder in which the user is
    /// where there is none.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidOutput`] where the plan cannot be written as JSON.
    pub fn hand_over_run(
        &mut self,
        plan: &impl Serialize,
        folder: Option<&Path>,
    ) -> Result<(), AgentError> {
        let json = serde_json::to_vec(plan).map_err(|error| {
            let text = format!("the plan cannot be written as JSON: {error}");
            AgentError::new(ErrorCode::InvalidOutput, text)
        })?;
        self.attach(Attachment::new(RUN_PLAN, RUN_PLAN_MEDIA_TYPE, json));
        if let Some(folder) = folder {
            let text = path_text::encode(folder);
            self.extra.insert(RUN_FOLDER_FIELD.to_owned(), text.into());
        }
        Ok(())
    }

    /// The plan that the outcome carries; none where it carries none.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidOutput`] where the attachment is of another media type, or the
    /// folder is no text.
    pub fn handed_over_run(&self) -> Result<Option<HandedOver>, AgentError> {
        let attached = self.attached.iter().zip(&self.attachments);
        let Some((info, plan)) = attached.into_iter().find(|(info, _)| info.name == RUN_PLAN)
        else {
            return Ok(None);
        };
        if info.media_type != RUN_PLAN_MEDIA_TYPE {
            let text = format!(
                "the attachment {RUN_PLAN} is of the media type {:?} and not {RUN_PLAN_MEDIA_TYPE}",
                info.media_type
            );
            return Err(AgentError::new(ErrorCode::InvalidOutput, text));
        }
        let folder = match self.extra.get(RUN_FOLDER_FIELD) {
            None => None,
            Some(Value::String(text)) => Some(path_text::decode(text)),
            Some(other) => {
                let text = format!("the field {RUN_FOLDER_FIELD} is no text but {other}");
                return Err(AgentError::new(ErrorCode::InvalidOutput, text));
            }
        };
        Ok(Some(HandedOver {
            plan: plan.clone(),
            folder,
        }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_no_plan_is_refused_and_nothing_is_no_error() {
        let mut outcome = Outcome::new(&1).unwrap();
        assert_eq!(outcome.handed_over_run().unwrap(), None);
        outcome.attach(Attachment::new(RUN_PLAN, "text/plain", "{}"));
        assert!(
            outcome
                .handed_over_run()
                .unwrap_err()
                .is(ErrorCode::InvalidOutput)
        );
        let mut outcome = Outcome::new(&1).unwrap();
        outcome.hand_over_run(&json!({}), None).unwrap();
        assert_eq!(outcome.handed_over_run().unwrap().unwrap().folder, None);
        outcome.extra.insert(RUN_FOLDER_FIELD.to_owned(), json!(1));
        assert!(outcome.handed_over_run().is_err());
    }

    #[test]
    fn what_a_newer_version_hands_over_is_known_as_unknown() {
        let read = |text: &str| serde_json::from_str::<HandOver>(text).unwrap();
        assert_eq!(read("\"run\""), HandOver::Run);
        assert_eq!(read("\"release\""), HandOver::Other);
    }
}
