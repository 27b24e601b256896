//! The input of an attempt, with the results of earlier tasks in it.

use std::time::Duration;

use guildhall_coordination::compact::{self, Keep};
use guildhall_coordination::{
    Call, Compaction, Ledger, Reducer, ResultView, RunId, RunSettings, Spend, TaskKey, TaskSpec,
    Values, Work, build_input, names_of, results_read_by,
};
use guildhall_core::{AgentError, CapabilityRequest};
use guildhall_host::{CallRequest, CancellationToken, Host};
use serde_json::{Value, json};

use super::failure::{Failure, spend_of};
use super::outputs::{Outputs, ResultSource};

/// What an input is made of.
pub(crate) struct Ingredients<'a> {
    pub(crate) run: RunId,
    pub(crate) settings: &'a RunSettings,
    pub(crate) spec: &'a TaskSpec,
    pub(crate) parent: Option<&'a TaskSpec>,
    /// The results that it reads, by the names that it uses.
    pub(crate) results: &'a [(TaskKey, ResultSource)],
    pub(crate) outputs: &'a Outputs,
}

/// Who asks agents to shorten results.
#[derive(Clone, Copy)]
pub(crate) struct Asker<'a> {
    pub(crate) host: &'a Host,
    pub(crate) cancel: &'a CancellationToken,
}

/// The input as the agent gets it. What agents spent that shortened results for it is
/// added to `spent`.
pub(super) async fn input_of(
    ingredients: &Ingredients<'_>,
    call: &Call,
    asker: Asker<'_>,
    spent: &mut Spend,
) -> Result<Value, Failure> {
    made(ingredients, call, Some(asker), spent).await
}

/// The same without asking anybody.
///
/// # Errors
/// Where an agent would shorten a result for it: what it would make of it is not known.
pub(crate) async fn input_without_agents(
    ingredients: &Ingredients<'_>,
    call: &Call,
) -> Result<Value, AgentError> {
    let made = made(ingredients, call, None, &mut Spend::default()).await;
    made.map_err(|failure| failure.error)
}

async fn made(
    ingredients: &Ingredients<'_>,
    call: &Call,
    asker: Option<Asker<'_>>,
    spent: &mut Spend,
) -> Result<Value, Failure> {
    let settings = ingredients.settings;
    let mut values = Values::of_task(ingredients.spec).with_run(ingredients.run, settings);
    if let Some(parent) = ingredients.parent {
        values = values.with_parent(parent);
    }
    values.instructions.clone_from(&settings.instructions);
    for (name, source) in ingredients.results {
        let mut view = ingredients.outputs.view(source).await?;
        if let Some(compaction) = &settings.compaction {
            let mut shortener = Shortener {
                compaction,
                timeout: Duration::from_millis(ingredients.spec.timeout_ms),
                asker,
                spent,
            };
            shortener.view(&mut view).await?;
        }
        values.results.insert(name.clone(), view);
    }
    Ok(build_input(call, &values)?)
}

/// Shortens results to what each may take.
struct Shortener<'a> {
    compaction: &'a Compaction,
    timeout: Duration,
    asker: Option<Asker<'a>>,
    spent: &'a mut Spend,
}

impl Shortener<'_> {
    /// Shortens a result and those of its children.
    async fn view(&mut self, view: &mut ResultView) -> Result<(), Failure> {
        if let Some(output) = view.output.take() {
            view.output = Some(self.output(output).await?);
        }
        for child in &mut view.children {
            Box::pin(self.view(&mut child.result)).await?;
        }
        Ok(())
    }

    /// The output as it goes into a prompt; the whole of it stays in the store.
    async fn output(&mut self, output: Value) -> Result<Value, Failure> {
        let text = match &output {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let tokens = self.compaction.tokens;
        if compact::tokens(&text) <= tokens as usize {
            return Ok(output);
        }
        let keep = match &self.compaction.reducer {
            Reducer::Head => Keep::Head,
            Reducer::Tail => Keep::Tail,
            Reducer::Middle => Keep::Middle,
            Reducer::Agent(capability) => return self.ask(capability, &text).await,
        };
        Ok(match output {
            Value::String(text) => Value::String(compact::text(&text, tokens, keep).into()),
            other => compact::value(&other, tokens, keep),
        })
    }

    async fn ask(&mut self, capability: &CapabilityRequest, text: &str) -> Result<Value, Failure> {
        let Some(asker) = self.asker else {
            let message = format!("{capability} shortened results for the input");
            return Err(AgentError::new("not-repeatable", message).into());
        };
        let input = json!({"text": text, "tokens": self.compaction.tokens});
        let request = CallRequest::new(capability.clone(), &input)?
            .time_limit(self.timeout)
            .cancel_with(asker.cancel.clone());
        let shortened = asker.host.call(request).await?.outcome;
        let usage = shortened.usage().map(spend_of);
        *self.spent = self.spent.plus(usage.unwrap_or_default());
        Ok(shortened.output()?)
    }
}

/// The results that the input of a task reads, by the names that it uses.
pub(crate) fn results_for(ledger: &Ledger, spec: &TaskSpec) -> Vec<(TaskKey, ResultSource)> {
    let Work::Call(call) = &spec.work else {
        return Vec::new();
    };
    let names = results_read_by(call).into_iter();
    let found = names.filter_map(|name| {
        let task =
            names_of(&spec.key, name.as_str()).find_map(|key| ledger.find(&key.parse().ok()?))?;
        Some((name, ResultSource::of(ledger, task)?))
    });
    found.collect()
}
