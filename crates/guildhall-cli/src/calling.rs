//! Calling a capability for a user and printing what comes back.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::OnceLock;

use clap::ArgMatches;
use guildhall_core::{Attachment, CapabilityName, CapabilityRequest, HandOver, Outcome};
use guildhall_host::{CallRequest, Called, CancellationToken, ending};
use guildhall_report::{Format, Part, Report, ReportOutcome, RunInfo, Style, merge, render};
use guildhall_runtime::process::Redactor;
use guildhall_runtime::services::{ControlBounds, ServiceSettings, Services};
use serde::Deserialize as _;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::app::App;
use crate::config::{Places, shown};
use crate::dynamic::{self, Given, Target, hand_over};
use crate::exit::{Failure, code};
use crate::output::{self, Output};
use crate::plugins;
use crate::progress::ProgressLine;

/// Runs a plugin's command.
pub(crate) fn run_command(app: &App, target: &Target, own: &ArgMatches) -> Result<u8, Failure> {
    plugins::insist(&app.host)?;
    let capability = &target.capability;
    let input = dynamic::input_of(own, &capability.input)?;
    let wanted = exactly(&capability.name, &capability.version);
    let request = CallRequest::new(wanted, &input)?.to_agent(target.plugin.clone());
    let given = Given::of(own)?;
    match target.hands_over {
        None => call(app, request, given),
        Some(HandOver::Run) => {
            hand_over::check_format(given.format.as_deref())?;
            // The host stays: it carries out the run.
            let called = ask(app, request, &given, false)?;
            let format = given.format.as_deref();
            let saved = save(&given, &called);
            let code = match called.outcome.handed_over_run()? {
                Some(plan) => hand_over::carry_out(app, target, own, format, &plan)?,
                None => print(app, &called, format)?,
            };
            saved.map(|()| code)
        }
        Some(_) => Err(Failure::Refused {
            message: format!(
                "the command hands over what this version of Guildhall does not know; {} needs a newer one",
                target.plugin
            ),
            help: String::new(),
        }),
    }
}

/// The capability in this version and no other.
pub(crate) fn exactly(name: &CapabilityName, version: &semver::Version) -> CapabilityRequest {
    let versions = semver::VersionReq::parse(&format!("={version}"));
    CapabilityRequest {
        name: name.clone(),
        versions: versions.unwrap_or(semver::VersionReq::STAR),
    }
}

/// Calls and prints.
pub(crate) fn call(app: &App, request: CallRequest, given: Given) -> Result<u8, Failure> {
    let called = ask(app, request, &given, true)?;
    let saved = save(&given, &called);
    // What was asked for comes first: to ask again may cost much, or give another answer.
    let code = print(app, &called, given.format.as_deref())?;
    saved.map(|()| code)
}

/// Calls. Where it is the `last` call the host is stopped.
fn ask(app: &App, mut request: CallRequest, given: &Given, last: bool) -> Result<Called, Failure> {
    for attachment in &given.attach {
        request = request.attach(read_attachment(attachment)?);
    }
    if let Some(folder) = &given.save {
        // Told now, and not when there is something to save.
        fs::create_dir_all(folder).map_err(|error| unsaved(folder, &error))?;
    }
    if let Some(timeout) = given.timeout.or(app.config.settings.call_timeout) {
        request = request.timeout(timeout);
    }
    let progress = app.globals.shows_progress().then(ProgressLine::new);
    if let Some(progress) = &progress {
        request = request.on_progress(progress.callback());
    }
    let services = services(app)?;
    let called = block_on(async |cancel| {
        let (request, of_call) = services.offer(request.cancel_with(cancel));
        let called = app.host.call(request).await;
        of_call.close().await;
        if last {
            app.host.stop().await;
        }
        called
    })?;
    drop(progress);
    Ok(called?)
}

/// What agents are offered beside calls. Nothing is opened before one of them asks.
fn services(app: &App) -> Result<Services, Failure> {
    let settings = ServiceSettings {
        state_folder: Places::from_env()?.runs,
        redactor: Redactor::from_env(std::env::vars_os(), &[]),
        control: control_bounds(app),
        ..ServiceSettings::default()
    };
    Ok(Services::new(&app.host, settings))
}

/// How far agents may change the limits of runs.
pub(crate) fn control_bounds(app: &App) -> ControlBounds {
    let settings = &app.config.settings;
    ControlBounds {
        max_places: settings.control_places,
        changes_per_hour: settings.control_changes,
    }
}

/// Runs `work` on a runtime; an interrupt cancels the token that it is given, and the
/// command has failed by it.
pub(crate) fn block_on<T>(work: impl AsyncFnOnce(CancellationToken) -> T) -> Result<T, Failure> {
    let cancel = CancellationToken::new();
    let done = block_on_with(cancel.clone(), work)?;
    if cancel.is_cancelled() {
        return Err(Failure::Interrupted);
    }
    Ok(done)
}

/// The same where `work` comes to an end of its own after an interrupt. Whoever cannot
/// wait for it interrupts again, which ends the program.
pub(crate) fn block_on_through_interrupt<T>(
    work: impl AsyncFnOnce(CancellationToken) -> T,
) -> Result<T, Failure> {
    let cancel = CancellationToken::new();
    let first = cancel.clone();
    runtime()?.spawn(async move {
        first.cancelled().await;
        if tokio::signal::ctrl_c().await.is_ok() {
            output::abandon();
            ending::exit(code::INTERRUPTED);
        }
    });
    block_on_with(cancel, work)
}

fn block_on_with<T>(
    cancel: CancellationToken,
    work: impl AsyncFnOnce(CancellationToken) -> T,
) -> Result<T, Failure> {
    let runtime = runtime()?;
    let interrupted = cancel.clone();
    runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.cancel();
        }
    });
    Ok(runtime.block_on(work(cancel)))
}

/// One runtime for the program; it is never dropped, for the program ends at once.
fn runtime() -> Result<&'static Runtime, Failure> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    Ok(RUNTIME.get_or_init(|| runtime))
}

fn read_attachment(text: &str) -> Result<Attachment, Failure> {
    let (name, path) = text.split_once('=').ok_or_else(|| {
        Failure::usage(
            format!("--attach {text:?} is not NAME=FILE"),
            "name the file, for example --attach log=build.log",
        )
    })?;
    let data = fs::read(path).map_err(|error| {
        Failure::input(
            format!("{path} cannot be read: {error}"),
            "check the name and its permissions",
        )
    })?;
    Ok(Attachment::new(name, "application/octet-stream", data))
}

/// Saves what came back beside the output, where that was asked for.
fn save(given: &Given, called: &Called) -> Result<(), Failure> {
    match &given.save {
        Some(folder) => save_attachments(folder, &called.outcome),
        None => Ok(()),
    }
}

/// Writes each attachment to a file of its name; nothing is replaced. One that cannot be
/// written keeps no other from being saved, and all of those are told.
fn save_attachments(folder: &Path, outcome: &Outcome) -> Result<(), Failure> {
    let attached = outcome.attached.iter().zip(&outcome.attachments);
    let problems = attached.filter_map(|(info, data)| {
        // The name comes from the plugin and must not lead out of the folder.
        let Some(name) = Path::new(&info.name).file_name() else {
            return Some(format!("the attachment {:?} has no file name", info.name));
        };
        let path = folder.join(name);
        let error = write_new(&path, data).err()?;
        Some(format!("{} cannot be written: {error}", path.display()))
    });
    let problems: Vec<String> = problems.collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(Failure::input(
        problems.join("\n"),
        "give --save a folder that has room and holds no such file yet",
    ))
}

/// Writes a file whole or not at all, where there is none.
fn write_new(path: &Path, data: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    let written = file.write_all(data);
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}

fn unsaved(folder: &Path, error: &io::Error) -> Failure {
    Failure::input(
        format!("{} cannot be written: {error}", folder.display()),
        "give --save a folder that can be made or is there",
    )
}

/// Prints what came of a call; gives the exit code.
fn print(app: &App, called: &Called, format: Option<&str>) -> Result<u8, Failure> {
    let mut output = Output::open(None)?;
    let value: Value = called.outcome.output()?;
    match format {
        Some("json") => output.json(&value)?,
        Some(format) if format != "text" => {
            let format: Format =
                format
                    .parse()
                    .map_err(|error: guildhall_report::ReportError| {
                        Failure::usage(error.to_string(), "")
                    })?;
            print_report(app, &mut output, called, &value, format)?;
        }
        _ if is_report(&value) => print_report(app, &mut output, called, &value, Format::Text)?,
        _ => match &value {
            // A program may want the very bytes; a terminal must not be steered by them.
            Value::String(text) if output.is_terminal() => {
                writeln!(output, "{}", shown::lines(text))?;
            }
            Value::String(text) => writeln!(output, "{text}")?,
            value => output.json(value)?,
        },
    }
    output.finish()?;
    Ok(code_of(&value))
}

/// The exit code for an output: a report may say that what was asked for was not reached.
fn code_of(output: &Value) -> u8 {
    let outcome = is_report(output).then(|| ReportOutcome::deserialize(&output["outcome"]));
    match outcome {
        Some(Ok(outcome)) if outcome.reason().is_some() => code::FINDINGS,
        _ => code::CLEAN,
    }
}

/// Whether an output has the two parts that every report has.
fn is_report(value: &Value) -> bool {
    value["findings"].is_array() && value["skipped"].is_array()
}

fn print_report(
    app: &App,
    output: &mut Output,
    called: &Called,
    value: &Value,
    format: Format,
) -> Result<(), Failure> {
    let report: Report = serde_json::from_value(value.clone()).map_err(|error| {
        Failure::usage(
            format!("the result is no report, so it cannot be printed as {format}: {error}"),
            "use --format json",
        )
    })?;
    let agent = called.agent.to_string();
    let part = Part {
        agent,
        agent_version: version_of(app, called),
        report,
    };
    let document = merge(vec![part], RunInfo::default());
    let style = style(app, output);
    Ok(render(&document, format, &style, output)?)
}

fn version_of(app: &App, called: &Called) -> String {
    let agents = app.host.agents();
    let agent = agents.iter().find(|it| it.manifest.id == called.agent);
    agent
        .map(|agent| agent.manifest.version.to_string())
        .unwrap_or_default()
}

/// Whether the locale's characters are those of UTF-8, by the first variable that is set,
/// as `setlocale` looks them up.
fn is_utf8_locale(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(variable)
        .find(|locale| !locale.is_empty());
    set.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// How reports look on this output.
pub(crate) fn style(app: &App, output: &Output) -> Style {
    Style {
        colour: output.colour(app.globals.colour),
        ascii: !is_utf8_locale(|name| std::env::var(name).ok()),
        width: output.width(),
        verbose: app.globals.verbose > 0,
        ..Style::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_says_which_characters_there_are() {
        let with = |set: &'static [(&'static str, &'static str)]| {
            is_utf8_locale(|name| {
                let found = set.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(with(&[("LANG", "en_GB.UTF-8")]));
        assert!(with(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8")]));
        assert!(!with(&[("LC_ALL", "C"), ("LANG", "en_GB.UTF-8")]));
        assert!(!with(&[("LANG", "de_DE.ISO-8859-1")]));
        assert!(!with(&[]));
    }
}
