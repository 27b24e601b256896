//! The input of an attempt, with the results of earlier tasks in it.

use std::time::Duration;

use guildhall_coordination::compact::{self, Keep};
use guildhall_coordination::{
    Call, Compaction, Ledger, Reducer, ResultView, Spend, TaskKey, TaskSpec, Values, Work,
    build_input, names_of, results_read_by,
};
use guildhall_host::CallRequest;
use serde_json::{Value, json};

use super::attempt::{Job, Workshop};
use super::failure::{Failure, spend_of};
use super::outputs::ResultSource;

/// The input as the agent gets it. What agents spent that shortened results for it is
/// added to `spent`.
pub(super) async fn input_of(
    workshop: &Workshop,
    job: &Job,
    call: &Call,
    spent: &mut Spend,
) -> Result<Value, Failure> {
    let mut values = Values::of_task(&job.spec).with_run(workshop.run, &job.settings);
    if let Some(parent) = &job.parent {
        values = values.with_parent(parent);
    }
    values.instructions.clone_from(&job.settings.instructions);
    for (name, source) in &job.results {
        let mut view = workshop.outputs.view(source).await?;
        if let Some(compaction) = &job.settings.compaction {
            compact_view(workshop, job, compaction, &mut view, spent).await?;
        }
        values.results.insert(name.clone(), view);
    }
    Ok(build_input(call, &values)?)
}

/// Shortens a result and those of its children to what each may take.
async fn compact_view(
    workshop: &Workshop,
    job: &Job,
    compaction: &Compaction,
    view: &mut ResultView,
    spent: &mut Spend,
) -> Result<(), Failure> {
    if let Some(output) = view.output.take() {
        view.output = Some(compacted(workshop, job, compaction, output, spent).await?);
    }
    for child in &mut view.children {
        Box::pin(compact_view(
            workshop,
            job,
            compaction,
            &mut child.result,
            spent,
        ))
        .await?;
    }
    Ok(())
}

/// The output as it goes into a prompt; the whole of it stays in the store.
async fn compacted(
    workshop: &Workshop,
    job: &Job,
    compaction: &Compaction,
    output: Value,
    spent: &mut Spend,
) -> Result<Value, Failure> {
    let text = match &output {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if compact::tokens(&text) <= compaction.tokens as usize {
        return Ok(output);
    }
    let keep = match &compaction.reducer {
        Reducer::Head => Keep::Head,
        Reducer::Tail => Keep::Tail,
        Reducer::Middle => Keep::Middle,
        Reducer::Agent(capability) => {
            let input = json!({"text": text, "tokens": compaction.tokens});
            let request = CallRequest::new(capability.clone(), &input)?
                .time_limit(Duration::from_millis(job.spec.timeout_ms))
                .cancel_with(job.handle.cancel.clone());
            let shortened = workshop.host.call(request).await?.outcome;
            let usage = shortened.usage().map(spend_of);
            *spent = spent.plus(usage.unwrap_or_default());
            return Ok(shortened.output()?);
        }
    };
    Ok(match output {
        Value::String(text) => Value::String(compact::text(&text, compaction.tokens, keep).into()),
        other => compact::value(&other, compaction.tokens, keep),
    })
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
