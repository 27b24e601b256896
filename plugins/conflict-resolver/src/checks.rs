//! Makes the checks that are worth their price: commands, and measurements of the scanner.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use guildhall_report::{Report, Table};
use guildhall_sdk::core::path_text;
use guildhall_sdk::core::programs::{EndedBy, Program};
use guildhall_sdk::prelude::*;
use guildhall_verdict::{Check, CheckResult, Measure, Question};

use crate::Settings;

/// Seconds that a check may take where it does not say.
const USUAL_SECONDS: u32 = 600;

/// The id of the table that a measurement is read from.
const TABLE: &str = "metrics";

/// A check that was made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Made {
    /// The check or the premise.
    pub(crate) id: String,
    /// The command, or what was measured.
    pub(crate) what: String,
    /// The exit code of a command.
    pub(crate) exit: Option<i32>,
    /// Whether it passed, or the premise holds.
    pub(crate) passed: bool,
    /// What was seen.
    pub(crate) seen: String,
    /// How long it took: of this run, not of the decision.
    #[serde(skip)]
    pub(crate) ms: u64,
}

/// Where checks are made, and by whom.
pub(crate) struct Maker<'a> {
    pub(crate) ctx: &'a Context,
    pub(crate) settings: &'a Settings,
    /// The folder that files and commands are relative to.
    pub(crate) folder: PathBuf,
    /// Whether commands may run.
    pub(crate) runs: bool,
    /// Whether anything may be measured.
    pub(crate) measures: bool,
}

/// Something that can be made.
pub(crate) enum Task<'q> {
    Command(&'q Check),
    Measurement(&'q str, &'q Measure),
}

impl Maker<'_> {
    /// What is behind an id, where it may be made.
    pub(crate) fn task<'q>(&self, question: &'q Question, id: &str) -> Option<Task<'q>> {
        if let Some(check) = question.checks.iter().find(|check| check.id == id) {
            return self.runs.then_some(Task::Command(check));
        }
        let premises = question.positions.iter().flat_map(|it| &it.premises);
        let premise = premises.into_iter().find(|premise| premise.id == id)?;
        let measure = premise.measure.as_ref()?;
        self.measures
            .then_some(Task::Measurement(&premise.id, measure))
    }

    /// Makes it, at the commit that the question is about.
    ///
    /// # Errors
    /// Why it could not be made, in words; cancelling ends the whole task.
    pub(crate) async fn make(
        &self,
        task: &Task<'_>,
        commit: Option<&str>,
    ) -> Result<Result<Made, String>, AgentError> {
        let made = match commit {
            None => self.make_in(task, &self.folder).await,
            // What lies outside of the folder is not as it was at the commit.
            Some(commit) if !is_inside(task.place()) => {
                let (place, why) = (task.place(), "is no path inside of the folder");
                return Ok(Err(format!(
                    "{place} {why}, which alone is as it was at {commit}"
                )));
            }
            Some(commit) => {
                // The checkout may have been changed since: a folder of its own has not.
                let workspaces = self.ctx.workspaces();
                let opened = workspaces.open(&self.folder, Some(commit)).await;
                match opened {
                    Err(error) => Err(error),
                    Ok(workspace) => {
                        let made = self.make_in(task, &workspace.path).await;
                        workspaces.close(workspace).await?;
                        made
                    }
                }
            }
        };
        self.ctx.check_cancelled()?;
        match made {
            Err(error) if error.is(ErrorCode::Cancelled) => Err(error),
            Err(error) => Ok(Err(error.message)),
            Ok(made) => Ok(Ok(made)),
        }
    }

    async fn make_in(&self, task: &Task<'_>, folder: &Path) -> Result<Made, AgentError> {
        match task {
            Task::Command(check) => self.run(check, folder).await,
            Task::Measurement(id, measure) => self.measure(id, measure, folder).await,
        }
    }

    async fn run(&self, check: &Check, folder: &Path) -> Result<Made, AgentError> {
        let folder = match &check.folder {
            Some(inner) => folder.join(path_text::decode(inner)),
            None => folder.to_owned(),
        };
        let seconds = check.timeout_seconds.unwrap_or(USUAL_SECONDS);
        let program = Program::new(check.command.iter().cloned(), folder)
            .timeout(Duration::from_secs(u64::from(seconds)));
        let ran = self.ctx.programs().run(program).await?;
        let ended = match (ran.by, ran.code, ran.signal) {
            (EndedBy::Itself, Some(code), _) => Ok(format!("exit code {code}")),
            (EndedBy::Itself, None, Some(signal)) => Err(format!("signal {signal} ended it")),
            (EndedBy::Timeout, ..) => Err(format!("it did not end within {seconds} s")),
            _ => Err("it was ended from outside".to_owned()),
        };
        // What did not end by itself tells nothing of the code.
        let seen = ended.map_err(AgentError::failed)?;
        Ok(Made {
            id: check.id.clone(),
            what: check.command.join(" "),
            exit: ran.code,
            passed: ran.succeeded(),
            seen,
            ms: ran.ms,
        })
    }

    async fn measure(
        &self,
        id: &str,
        measure: &Measure,
        folder: &Path,
    ) -> Result<Made, AgentError> {
        let file = folder.join(path_text::decode(&measure.file));
        let by = if measure.item.is_some() {
            "function"
        } else {
            "file"
        };
        let input = json!({"path": path_text::encode(&file), "by": by});
        let start = std::time::Instant::now();
        let answered = self.ctx.call(&self.settings.measured_by, &input).await?;
        let ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let report: Report = serde_json::from_value(answered.output()?)
            .map_err(|error| AgentError::failed(format!("no report came back: {error}")))?;
        let value = value_in(&report, measure).map_err(AgentError::failed)?;
        let (passed, limit) = match (measure.over, measure.under) {
            (Some(over), _) => (value > over, format!("limit {over}")),
            (None, Some(under)) => (value < under, format!("limit: under {under}")),
            (None, None) => (false, "no limit".to_owned()),
        };
        let of = measure.item.as_deref().unwrap_or(&measure.file);
        Ok(Made {
            id: id.to_owned(),
            what: format!("{} of {of}", measure.value),
            exit: None,
            passed,
            seen: format!("{} {value}, {limit}", measure.value),
            ms,
        })
    }
}

impl Task<'_> {
    /// What it looks at, relative to the folder.
    fn place(&self) -> &str {
        match self {
            Self::Command(check) => check.folder.as_deref().unwrap_or("."),
            Self::Measurement(_, measure) => &measure.file,
        }
    }
}

/// Whether a path stays in the folder that it is relative to.
fn is_inside(path: &str) -> bool {
    let path = path_text::decode(path);
    let mut components = path.components();
    components.all(|it| matches!(it, Component::Normal(_) | Component::CurDir))
}

impl Made {
    /// What it tells the question.
    pub(crate) fn result(&self, commit: Option<&str>) -> CheckResult {
        CheckResult {
            id: self.id.clone(),
            passed: self.passed,
            commit: commit.map(str::to_owned),
            seen: self.seen.clone(),
        }
    }
}

/// The number in the table.
///
/// # Errors
/// What is missing, or why it is not clear.
fn value_in(report: &Report, measure: &Measure) -> Result<f64, String> {
    let table = report.tables.iter().find(|table| table.id == TABLE);
    let table = table.ok_or("nothing was measured")?;
    let titled = |title: &str| {
        let is_it = |column: &guildhall_report::Column| column.title.eq_ignore_ascii_case(title);
        table.columns.iter().position(is_it)
    };
    let wanted = &measure.value;
    let largest = format!("{wanted} max");
    let column = titled(wanted).or_else(|| titled(&largest));
    let column = column.ok_or_else(|| format!("`{wanted}` is not measured; {}", known(table)))?;
    // Whoever measures may be a third party's agent: a row may be shorter than its table.
    let rows: Vec<&Vec<Value>> = match (&measure.item, titled("Function")) {
        (Some(item), Some(name)) => {
            let named = |row: &Vec<Value>| row.get(name)?.as_str().map(str::to_owned);
            let is_it = |row: &&Vec<Value>| is_named(named(row).as_deref(), item);
            table.rows.iter().filter(is_it).collect()
        }
        (Some(item), None) => return Err(format!("`{item}` is not measured, only whole files")),
        (None, _) => table.rows.iter().collect(),
    };
    match (rows.as_slice(), &measure.item) {
        ([row], _) => row
            .get(column)
            .and_then(Value::as_f64)
            .ok_or_else(|| format!("`{wanted}` has no value")),
        ([], Some(item)) => Err(format!("there is no function `{item}` in {}", measure.file)),
        ([], None) => Err(format!("{} was not measured", measure.file)),
        (rows, Some(item)) => Err(format!(
            "{} functions are called `{item}` in {}",
            rows.len(),
            measure.file
        )),
        (rows, None) => Err(format!("{} rows and not one came back", rows.len())),
    }
}

/// Whether a measured function is the one that is meant, with its type before it or not.
fn is_named(name: Option<&str>, item: &str) -> bool {
    name.is_some_and(|name| {
        let last = name.rsplit("::").next().unwrap_or(name);
        name == item || last == item
    })
}

fn known(table: &Table) -> String {
    let titles = table
        .columns
        .iter()
        .map(|column| column.title.to_lowercase());
    let titles: Vec<String> = titles.collect();
    format!("there are {}", titles.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_of_the_folder_is_not_as_it_was_at_a_commit() {
        for inside in [".", "src/a.rs", "./src/a.rs", "a..b/..c"] {
            assert!(is_inside(inside), "{inside}");
        }
        for outside in ["/etc/passwd", "..", "../a.rs", "src/../../a.rs"] {
            assert!(!is_inside(outside), "{outside}");
        }
    }
}
