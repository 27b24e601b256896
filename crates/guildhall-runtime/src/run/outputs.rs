//! Outputs of tasks: within the journal where they are small, else content-addressed.

use std::sync::Arc;

use bytes::Bytes;
use guildhall_coordination::{
    ChildView, Ledger, Output, Receipt, ResultView, TaskIndex, TaskSpec, TaskStatus, Work,
    output_of_children,
};
use serde_json::{Value, json};

use crate::RuntimeError;
use crate::store::{Blobs, Digest, Durability};

/// Bytes of JSON that stand in the journal at the most.
const INLINE: usize = 16 * 1024;

/// Writes and reads the outputs of a run.
#[derive(Clone)]
pub(crate) struct Outputs {
    blobs: Arc<dyn Blobs>,
}

impl Outputs {
    pub(crate) fn new(blobs: Arc<dyn Blobs>) -> Self {
        Self { blobs }
    }

    /// Keeps an output, given as a value and as its JSON text, before anything refers to it.
    pub(crate) async fn keep(
        &self,
        value: Value,
        text: String,
        durability: Durability,
    ) -> Result<Output, RuntimeError> {
        if text.len() <= INLINE {
            return Ok(Output::Inline(value));
        }
        let digest = self.blobs.put(Bytes::from(text), durability).await?;
        Ok(Output::Stored(digest.to_string()))
    }

    /// Reads an output.
    pub(crate) async fn read(&self, output: &Output) -> Result<Value, RuntimeError> {
        let text = match output {
            Output::Inline(value) => return Ok(value.clone()),
            Output::Stored(digest) => digest,
        };
        let bad = |reason: String| RuntimeError::BadOutput {
            name: text.clone(),
            reason,
        };
        let digest: Digest = text
            .parse()
            .map_err(|error: crate::store::BadDigest| bad(error.to_string()))?;
        let data = self.blobs.get(&digest).await?;
        serde_json::from_slice(&data).map_err(|error| bad(error.to_string()))
    }

    /// The output of a task: of one that became children, theirs as a list, with null for
    /// each child without one. `None` where there is none.
    pub(crate) async fn of_task(
        &self,
        source: &ResultSource,
    ) -> Result<Option<Value>, RuntimeError> {
        if let Some(output) = &source.output {
            return self.read(output).await.map(Some);
        }
        let (true, Work::Expand(expansion)) = (source.expanded, &source.spec.work) else {
            return Ok(None);
        };
        let mut outputs = Vec::with_capacity(source.children.len());
        for child in &source.children {
            // Children may be expansions themselves.
            let output = Box::pin(self.of_task(child)).await?;
            outputs.push(output.unwrap_or(Value::Null));
        }
        Ok(Some(output_of_children(expansion, &outputs)))
    }

    /// The result of a task as templates and conditions see it.
    pub(crate) async fn view(&self, source: &ResultSource) -> Result<ResultView, RuntimeError> {
        let mut view = ResultView::new(source.status);
        view.output = self.of_task(source).await?;
        view.error.clone_from(&source.error);
        view.attempts = source.attempts;
        view.workspace.clone_from(&source.workspace);
        for child in &source.children {
            let result = Box::pin(self.view(child)).await?;
            let id = child.spec.key.clone();
            view.children.push(ChildView { id, result });
        }
        Ok(view)
    }
}

/// What the ledger knows of a result: enough to read it later, beside the ledger.
#[derive(Debug, Clone)]
pub(crate) struct ResultSource {
    spec: Arc<TaskSpec>,
    status: TaskStatus,
    error: Option<String>,
    attempts: u32,
    workspace: Option<Value>,
    output: Option<Output>,
    expanded: bool,
    children: Vec<ResultSource>,
}

impl ResultSource {
    /// What the ledger knows of the result of `task`.
    pub(crate) fn of(ledger: &Ledger, task: TaskIndex) -> Option<Self> {
        let record = ledger.task(task)?;
        let failed = record.status != TaskStatus::Completed;
        let error = record.error.as_ref().filter(|_| failed);
        let children = record.children.iter().flatten();
        Some(Self {
            spec: Arc::clone(&record.spec),
            status: record.status,
            error: error.map(|error| error.message.clone()),
            attempts: record.attempts,
            workspace: record.receipt.as_deref().and_then(worktree_of),
            output: record.output.clone(),
            expanded: record.children.is_some(),
            children: children
                .filter_map(|child| Self::of(ledger, *child))
                .collect(),
        })
    }
}

/// The worktree that a receipt tells of, in short.
fn worktree_of(receipt: &Receipt) -> Option<Value> {
    let workspace = receipt.details.get("workspace")?;
    let commit = workspace.get("commit")?;
    let part = |key: &str| workspace.get(key).cloned().unwrap_or_default();
    Some(json!({"base": part("base"), "commit": commit, "reference": part("reference")}))
}
