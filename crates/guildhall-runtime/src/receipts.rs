//! Receipts that leave the store: signed with the key of the installation, checked, and
//! where the capability allows it, repeated.

mod envelope;
mod key;
mod repeat;
mod statement;

use guildhall_coordination::{Ledger, RunId, TaskIndex, TaskKey};

use crate::{Runtime, RuntimeError};

use key::SigningKey;

pub use envelope::{Envelope, Signature};
pub use key::PublicKey;
pub use repeat::Repetition;
pub use statement::Statement;

impl Runtime {
    /// The receipt of a task, signed with the key of this installation, which is made where
    /// there is none yet. With `with_input` it holds what the agent was asked, where that is
    /// still known and holds no secret: only then can it be repeated.
    ///
    /// # Errors
    /// [`RuntimeError::NoReceipt`] where no agent has completed the task;
    /// [`RuntimeError::BadKey`]; whatever the store gives.
    pub async fn receipt(
        &self,
        run: RunId,
        ledger: &Ledger,
        task: &TaskKey,
        with_input: bool,
    ) -> Result<Envelope, RuntimeError> {
        let index = ledger.find(task).ok_or_else(|| RuntimeError::NoSuchTask {
            run,
            task: task.clone(),
        })?;
        let statement = self.statement(run, ledger, index, with_input).await?;
        let statement = statement.ok_or_else(|| RuntimeError::NoReceipt {
            run,
            task: task.clone(),
        })?;
        Envelope::seal(&statement, &self.signing_key()?)
    }

    /// The receipts of all tasks of a run that agents have completed, in the order of the
    /// tasks' ids.
    ///
    /// # Errors
    /// As [`Runtime::receipt`], but for tasks without one, which are left out.
    pub async fn receipts(
        &self,
        run: RunId,
        ledger: &Ledger,
        with_input: bool,
    ) -> Result<Vec<Envelope>, RuntimeError> {
        let key = self.signing_key()?;
        let mut keys: Vec<&TaskKey> = ledger.tasks().iter().map(|it| &it.spec.key).collect();
        keys.sort();
        let mut receipts = Vec::new();
        for index in keys.into_iter().filter_map(|key| ledger.find(key)) {
            if let Some(statement) = self.statement(run, ledger, index, with_input).await? {
                receipts.push(Envelope::seal(&statement, &key)?);
            }
        }
        Ok(receipts)
    }

    /// The public half of the key with which this installation signs.
    ///
    /// # Errors
    /// [`RuntimeError::BadKey`].
    pub fn public_key(&self) -> Result<PublicKey, RuntimeError> {
        Ok(self.signing_key()?.public())
    }

    async fn statement(
        &self,
        run: RunId,
        ledger: &Ledger,
        task: TaskIndex,
        with_input: bool,
    ) -> Result<Option<Statement>, RuntimeError> {
        let Some(mut statement) = Statement::of(run, ledger, task) else {
            return Ok(None);
        };
        if with_input {
            statement.input = self.input_of(run, ledger, task, &statement.receipt).await?;
        }
        Ok(Some(statement))
    }

    fn signing_key(&self) -> Result<SigningKey, RuntimeError> {
        match self.state_folder() {
            Some(folder) => SigningKey::of_folder(folder),
            None => Ok(SigningKey::of_process()),
        }
    }
}
