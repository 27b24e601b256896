//! What is kept between calls: decisions, and what turned out to be right.

use std::time::{SystemTime, UNIX_EPOCH};

use guildhall_sdk::core::streams::{NewRecord, Record, conflict_of};
use guildhall_sdk::prelude::*;
use guildhall_verdict::{Experience, Outcome, Question, Verdict};

/// The stream of outcomes.
const OUTCOMES: &str = "outcomes";

/// The stream of decisions.
const DECISIONS: &str = "decisions";

/// Records of one append; the host takes no more.
const CHUNK: usize = 1_000;

/// How often an append is tried anew when another process was faster.
const TRIES: usize = 100;

/// A decision that was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The question as it was at the end, with what checks told.
    pub(crate) question: Question,
    /// Its id.
    pub(crate) id: String,
    pub(crate) verdict: Verdict,
    pub(crate) option: Option<String>,
    pub(crate) leaning: Option<String>,
    /// The hash of all that it rests on.
    pub(crate) inputs: String,
}

/// The streams of this agent. A host without them keeps nothing.
pub(crate) struct Store<'a>(pub(crate) &'a Context);

impl Store<'_> {
    /// All outcomes that are kept.
    ///
    /// # Errors
    /// Where the store cannot be read; a host without one has none.
    pub(crate) async fn experience(&self) -> Result<Experience, AgentError> {
        let mut experience = Experience::default();
        for record in self.read(OUTCOMES).await? {
            experience.add(record.body::<Outcome>()?);
        }
        Ok(experience)
    }

    /// All decisions that are kept, the oldest first, with their moments.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub(crate) async fn decisions(&self) -> Result<Vec<(i64, Kept)>, AgentError> {
        let records = self.read(DECISIONS).await?;
        let kept = |record: Record| Ok((record.at_ms, record.body::<Kept>()?));
        records.into_iter().map(kept).collect()
    }

    /// Keeps outcomes.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub(crate) async fn learn(&self, outcomes: &[Outcome]) -> Result<(), AgentError> {
        self.append(OUTCOMES, "outcome", outcomes).await
    }

    /// Keeps decisions; whether there is a store.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub(crate) async fn keep(&self, decisions: &[Kept]) -> Result<bool, AgentError> {
        match self.append(DECISIONS, "decision", decisions).await {
            Err(error) if error.is(ErrorCode::NoSuchService) => Ok(false),
            other => other.map(|()| true),
        }
    }

    async fn read(&self, stream: &str) -> Result<Vec<Record>, AgentError> {
        match self.0.streams().read_all(stream, 0).await {
            Err(error) if error.is(ErrorCode::NoSuchService) => Ok(Vec::new()),
            other => other,
        }
    }

    async fn append<T: Serialize>(
        &self,
        stream: &str,
        kind: &str,
        bodies: &[T],
    ) -> Result<(), AgentError> {
        let streams = self.0.streams();
        let all = streams.list_all().await?;
        let mut last = all
            .iter()
            .find(|it| it.name == stream)
            .map_or(0, |it| it.last);
        let at_ms = now_ms();
        for chunk in bodies.chunks(CHUNK) {
            let mut tries = 0;
            loop {
                let records = chunk.iter().map(|body| NewRecord::new(kind, at_ms, body));
                let records = records.collect::<Result<Vec<_>, _>>()?;
                match streams.append(stream, records, last).await {
                    Ok(sequence) => {
                        last = sequence;
                        break;
                    }
                    Err(error) => match conflict_of(&error) {
                        // Somebody else was faster: nothing of theirs is in our way.
                        Some(theirs) if tries < TRIES => last = theirs,
                        _ => return Err(error),
                    },
                }
                tries += 1;
            }
        }
        Ok(())
    }
}

/// The only clock of this agent: when something was kept, which nothing depends on.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
