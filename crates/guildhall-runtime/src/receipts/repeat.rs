//! Doing the work of a receipt again, where the capability declares that the same input
//! gives the same output.

use std::time::Duration;

use guildhall_coordination::{Ledger, Receipt, RunId, TaskIndex, Work};
use guildhall_core::{AgentError, CapabilityRequest, path_text};
use guildhall_host::{CallRequest, CancellationToken};
use semver::{Comparator, Op, VersionReq};
use serde_json::Value;
use serde_json::value::RawValue;

use super::statement::Statement;
use crate::run::{Ingredients, Outputs, content_of, input_without_agents, results_for};
use crate::store::Digest;
use crate::{Runtime, RuntimeError};

/// What came of doing the work of a receipt again.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Repetition {
    /// The output is the same, byte for byte.
    Same,
    /// The output is another one.
    Different {
        /// SHA-256 of the output of now.
        output_hash: String,
    },
    /// The agent failed.
    Failed {
        /// What it said.
        error: AgentError,
    },
    /// It was not tried.
    NotRepeatable {
        /// Why.
        why: String,
    },
}

impl Runtime {
    /// Does the work of a receipt again and compares the output. Only where the capability
    /// declares that its output depends on input and configuration alone, and the same agent
    /// is here; else it says why it was not tried.
    ///
    /// # Errors
    /// Where a plugin's file cannot be read.
    ///
    /// # Cancel safety
    /// Where it is dropped the call is withdrawn, and nothing is kept of it.
    pub async fn repeat(
        &self,
        statement: &Statement,
        timeout: Option<Duration>,
        cancel: &CancellationToken,
    ) -> Result<Repetition, RuntimeError> {
        let request = match self.repeatable(statement).await? {
            Ok(request) => request,
            Err(why) => return Ok(Repetition::NotRepeatable { why }),
        };
        let mut request = request.cancel_with(cancel.clone());
        if let Some(timeout) = timeout {
            request = request.time_limit(timeout);
        }
        let (request, of_call) = self.services().offer(request);
        let called = self.host().call(request).await;
        of_call.close().await;
        let output = called.and_then(|called| called.outcome.output::<Value>());
        let mut output = match output {
            Ok(output) => output,
            Err(error) => return Ok(Repetition::Failed { error }),
        };
        self.redactor().redact_json(&mut output);
        let output_hash = hash_of(&output);
        Ok(match output_hash == statement.receipt.output_hash {
            true => Repetition::Same,
            false => Repetition::Different { output_hash },
        })
    }

    /// The call that repeats it, or why there is none.
    async fn repeatable(
        &self,
        statement: &Statement,
    ) -> Result<Result<CallRequest, String>, RuntimeError> {
        let receipt = &statement.receipt;
        let agent = &receipt.agent;
        let (Some(name), Some(version)) = (&receipt.capability, &receipt.capability_version) else {
            return Ok(Err(
                "it does not say what the agent was asked for".to_owned()
            ));
        };
        let wanted = CapabilityRequest {
            name: name.clone(),
            versions: exactly(version),
        };
        let roster = self.roster().await?;
        let Some(identity) = roster.identity(agent) else {
            return Ok(Err(format!("agent {agent} is not here")));
        };
        let Some(capability) = roster.capability(agent, Some(&wanted)) else {
            return Ok(Err(format!(
                "agent {agent} does not offer {name} {version}"
            )));
        };
        if !capability.cacheable {
            let why = format!("{name} does not declare that the same input gives the same output");
            return Ok(Err(why));
        }
        if identity.hash != receipt.agent_hash {
            let why = format!("agent {agent} is another one here, {}", identity.version);
            return Ok(Err(why));
        }
        let Some(input) = &statement.input else {
            return Ok(Err("it does not hold what the agent was asked".to_owned()));
        };
        if hash_of(input) != receipt.input_hash {
            return Ok(Err(
                "the input that it holds is not the one it names".to_owned()
            ));
        }
        if let Err(why) = same_files(statement).await {
            return Ok(Err(why));
        }
        let raw = match RawValue::from_string(input.to_string()) {
            Ok(raw) => raw,
            Err(error) => return Ok(Err(error.to_string())),
        };
        Ok(Ok(
            CallRequest::from_raw(wanted, raw).to_agent(agent.clone())
        ))
    }

    /// The input of a completed task, made again from what the store has. `None` where it
    /// is not the one that the agent had, or holds a secret.
    pub(super) async fn input_of(
        &self,
        run: RunId,
        ledger: &Ledger,
        task: TaskIndex,
        receipt: &Receipt,
    ) -> Result<Option<Value>, RuntimeError> {
        let (Some(created), Some(record)) = (ledger.created(), ledger.task(task)) else {
            return Ok(None);
        };
        let Work::Call(call) = &record.spec.work else {
            return Ok(None);
        };
        let parent = record.spec.parent.and_then(|parent| ledger.task(parent));
        let ingredients = Ingredients {
            run,
            settings: &created.settings,
            spec: &record.spec,
            parent: parent.map(|parent| &*parent.spec),
            results: &results_for(ledger, &record.spec),
            outputs: &Outputs::new(self.blobs()),
        };
        let Ok(input) = input_without_agents(&ingredients, call).await else {
            return Ok(None);
        };
        let mut redacted = input.clone();
        self.redactor().redact_json(&mut redacted);
        let is_it = redacted == input && hash_of(&input) == receipt.input_hash;
        Ok(is_it.then_some(input))
    }
}

/// That the files that the task declared have the content of then.
async fn same_files(statement: &Statement) -> Result<(), String> {
    let of_then = statement
        .receipt
        .details
        .get("reads")
        .and_then(Value::as_str);
    let folder = statement.folder.as_deref().map(path_text::decode);
    let folder = folder.unwrap_or_default();
    let of_now = content_of(folder, statement.reads.clone()).await;
    match of_now {
        Ok(of_now) if of_now.as_deref() == of_then => Ok(()),
        Ok(_) => Err("the files that the task read are others now".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn hash_of(value: &Value) -> String {
    Digest::of(value.to_string().as_bytes()).to_string()
}

fn exactly(version: &semver::Version) -> VersionReq {
    let comparator = Comparator {
        op: Op::Exact,
        major: version.major,
        minor: Some(version.minor),
        patch: Some(version.patch),
        pre: version.pre.clone(),
    };
    VersionReq {
        comparators: vec![comparator],
    }
}
