//! The run that `guildhall run --resume` goes on with, and what is changed of it before.

use clap::ArgMatches;
use guildhall_coordination::{RunId, TaskKey};
use guildhall_runtime::{Retry, Runtime};

use super::plan;
use crate::exit::Failure;
use crate::{input, running};

/// What is to be tried again, read before anything of the run is changed.
pub(super) fn retries(own: &ArgMatches) -> Result<Vec<Retry>, Failure> {
    let mut retries = Vec::new();
    for task in own.get_many::<String>("retry").into_iter().flatten() {
        entry(&mut retries, "retry", task)?;
    }
    for text in own.get_many::<String>("retry-prompt").into_iter().flatten() {
        let (task, file) = task_and_file("retry-prompt", text)?;
        let prompt = input::read(file).map_err(|error| {
            Failure::input(
                format!("{file} cannot be read: {error}"),
                "give a text file",
            )
        })?;
        entry(&mut retries, "retry-prompt", task)?.prompt = Some(prompt);
    }
    for text in own.get_many::<String>("retry-input").into_iter().flatten() {
        let (task, file) = task_and_file("retry-input", text)?;
        let value = input::read_json(file)?;
        entry(&mut retries, "retry-input", task)?.input = Some(value);
    }
    Ok(retries)
}

/// The run, with its budget changed and tasks opened again where that is asked for.
pub(super) async fn run(
    own: &ArgMatches,
    runtime: &Runtime,
    retries: &[Retry],
) -> Result<RunId, Failure> {
    let text = own.get_one::<String>("resume").cloned().unwrap_or_default();
    let (run, ledger) = running::find(runtime, &text).await?;
    let wanted = plan::budget(own, ledger.budget())?;
    if !retries.is_empty() {
        runtime.reopen(run, retries).await?;
    }
    if own.get_flag("retry-failed") {
        runtime.reopen(run, &[]).await?;
    }
    if wanted != ledger.budget() {
        runtime.change_budget(run, wanted).await?;
    }
    Ok(run)
}

fn task_and_file<'a>(option: &str, text: &'a str) -> Result<(&'a str, &'a str), Failure> {
    text.split_once('=').ok_or_else(|| {
        Failure::usage(
            format!("--{option} {text:?} is not TASK=FILE"),
            format!("for example --{option} review=review.txt"),
        )
    })
}

/// The entry of `task`, made where there is none yet.
fn entry<'a>(
    retries: &'a mut Vec<Retry>,
    option: &str,
    task: &str,
) -> Result<&'a mut Retry, Failure> {
    let task = TaskKey::new(task)
        .map_err(|error| Failure::usage(format!("--{option}: {error}"), "give the id of a task"))?;
    let at = match retries.iter().position(|retry| retry.task == task) {
        Some(at) => at,
        None => {
            retries.push(Retry {
                task,
                input: None,
                prompt: None,
            });
            retries.len() - 1
        }
    };
    Ok(&mut retries[at])
}
