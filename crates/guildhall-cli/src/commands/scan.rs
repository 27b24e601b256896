//! `guildhall scan`: asks every agent that offers the scan capability, and merges
//! what they report.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use clap::{Arg, ArgMatches, Command, value_parser};
use guildhall_core::registry::Offer;
use guildhall_core::{AgentError, AgentId, CapabilityRequest, ErrorCode, path_text};
use guildhall_host::{CallRequest, Called, CancellationToken, Host, OnProgress};
use guildhall_report::{
    AgentFailure, AgentRun, Document, FailedAgent, Format, Part, Report, RunInfo, SCAN_CAPABILITY,
    SCAN_VERSIONS, ScanRequest, Severity, merge, render,
};

use super::BuiltIn;
use crate::app::App;
use crate::args::shared;
use crate::calling;
use crate::exit::{Failure, code};
use crate::output::Output;
use crate::plugins;
use crate::progress::ProgressLine;

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "scan",
    define,
    run,
    runs_plugins: true,
};

fn define() -> Command {
    Command::new("scan")
        .about("Scan a code base and report what should be looked at")
        .arg(
            Arg::new("path")
                .value_name("PATH")
                .value_parser(value_parser!(PathBuf))
                .default_value(".")
                .help("The folder to scan"),
        )
        .arg(shared::format_option(
            Format::ALL.map(Format::as_str),
            "How the report is printed [default: text]",
        ))
        .arg(shared::output_option("the report"))
        .arg(
            Arg::new("fail-on")
                .long("fail-on")
                .value_name("SEVERITY")
                .value_parser(["info", "minor", "major", "critical", "never"])
                .help(
                    "End with code 1 where a finding is of this severity or worse [default: never]",
                ),
        )
        .arg(
            Arg::new("threads")
                .long("threads")
                .value_name("N")
                .value_parser(value_parser!(u32).range(1..=1024))
                .help("Worker threads at the most"),
        )
        .arg(
            Arg::new("timeout")
                .long("timeout")
                .value_name("SECONDS")
                .value_parser(value_parser!(u64).range(1..))
                .help("Give up on an agent after this time"),
        )
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    plugins::insist(&app.host)?;
    let root = root(own)?;
    let gate = gate(app, own)?;
    let request = request(app, own, &root);
    let agents = agents(&app.host)?;
    // Opened before the work: a name that cannot be written is told at once.
    let mut output = Output::open(shared::output_path(own))?;
    let document = scan(app, own, agents, request)?;
    warn_of_unknown_rules(app, &document);
    let format = shared::format_of(own).and_then(|text| text.parse().ok());
    let format = format.or(app.config.settings.format);
    let style = calling::style(app, &output);
    render(&document, format.unwrap_or_default(), &style, &mut output)?;
    output.finish()?;
    Ok(exit_code(&document, gate))
}

/// The folder, absolute and without links.
fn root(own: &ArgMatches) -> Result<PathBuf, Failure> {
    let given = own
        .get_one::<PathBuf>("path")
        .cloned()
        .unwrap_or_else(|| PathBuf::from("."));
    let shown = given.display();
    let root = given.canonicalize().map_err(|error| {
        Failure::input(
            format!("{shown} cannot be scanned: {error}"),
            "give a folder that exists",
        )
    })?;
    if root.is_dir() {
        return Ok(root);
    }
    let folder = given
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    Err(Failure::input(
        format!("{shown} is a file, and a scan takes a folder"),
        format!("scan its folder: guildhall scan {}", folder.display()),
    ))
}

/// The severity from which on the scan fails; none for never.
fn gate(app: &App, own: &ArgMatches) -> Result<Option<Severity>, Failure> {
    match own.get_one::<String>("fail-on").map(String::as_str) {
        None => Ok(app.config.settings.fail_on),
        Some("never") => Ok(None),
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|error: guildhall_report::ReportError| Failure::usage(error.to_string(), "")),
    }
}

fn request(app: &App, own: &ArgMatches, root: &Path) -> ScanRequest {
    let settings = &app.config.settings;
    ScanRequest {
        root: path_text::encode(root),
        threads: own.get_one::<u32>("threads").copied().or(settings.threads),
        settings: settings.scan_settings(),
    }
}

/// The agents that take part.
fn agents(host: &Host) -> Result<Vec<Offer>, Failure> {
    let wanted = wanted()?;
    let mut offers = host.registry().find(&wanted, false);
    // One call an agent, in the highest version that will do.
    offers.sort_by(|a, b| (&a.agent, &b.version).cmp(&(&b.agent, &a.version)));
    offers.dedup_by(|a, b| a.agent == b.agent);
    if offers.is_empty() {
        let error = AgentError::new(
            ErrorCode::NoSuchCapability,
            format!("no plugin offers {wanted}, so nothing can be scanned"),
        );
        return Err(error
            .with_help("`guildhall doctor` shows where plugins are looked for and what is refused")
            .into());
    }
    Ok(offers)
}

fn wanted() -> Result<CapabilityRequest, Failure> {
    format!("{SCAN_CAPABILITY}@{SCAN_VERSIONS}")
        .parse()
        .map_err(|error: guildhall_core::CoreError| Failure::usage(error.to_string(), ""))
}

/// What came of one agent.
struct Answer {
    agent: AgentId,
    agent_version: String,
    result: Result<Called, AgentError>,
    duration: Duration,
}

fn scan(
    app: &App,
    own: &ArgMatches,
    agents: Vec<Offer>,
    request: ScanRequest,
) -> Result<Document, Failure> {
    let started_at = SystemTime::now();
    let started = Instant::now();
    let progress = app.globals.shows_progress().then(ProgressLine::new);
    let call = Call {
        request: &request,
        timeout: own
            .get_one::<u64>("timeout")
            .map(|seconds| Duration::from_secs(*seconds))
            .or(app.config.settings.call_timeout),
        on_progress: progress.as_ref().map(ProgressLine::callback),
    };
    let parts = calling::block_on(async |cancel| {
        let parts = ask_all(&app.host, agents, &call, &cancel).await;
        app.host.stop().await;
        parts
    })??;
    drop(progress);
    let run = RunInfo {
        host_version: env!("CARGO_PKG_VERSION").to_owned(),
        root: request.root.clone(),
        started_at: Some(humantime::format_rfc3339_seconds(started_at).to_string()),
        duration_ms: Some(milliseconds(started.elapsed())),
        threads: request.threads,
        ..RunInfo::default()
    };
    Ok(put_together(parts, run))
}

/// What every agent is asked.
struct Call<'a> {
    request: &'a ScanRequest,
    timeout: Option<Duration>,
    on_progress: Option<OnProgress>,
}

/// Asks all agents at once.
async fn ask_all(
    host: &Host,
    agents: Vec<Offer>,
    call: &Call<'_>,
    cancel: &CancellationToken,
) -> Result<Vec<Answer>, Failure> {
    let mut calls = tokio::task::JoinSet::new();
    for offer in agents {
        let wanted = calling::exactly(&wanted()?.name, &offer.version);
        let mut request = CallRequest::new(wanted, call.request)?
            .to_agent(offer.agent.clone())
            .cancel_with(cancel.clone());
        if let Some(timeout) = call.timeout {
            request = request.timeout(timeout);
        }
        if let Some(on_progress) = &call.on_progress {
            request = request.on_progress(on_progress.clone());
        }
        let (host, agent) = (host.clone(), offer.agent);
        let agent_version = version_of(&host, &agent);
        calls.spawn(async move {
            let started = Instant::now();
            let result = host.call(request).await;
            Answer {
                agent,
                agent_version,
                result,
                duration: started.elapsed(),
            }
        });
    }
    let mut parts = calls.join_all().await;
    parts.sort_by(|a, b| a.agent.cmp(&b.agent));
    Ok(parts)
}

fn version_of(host: &Host, agent: &AgentId) -> String {
    let record = host.registry().agent(agent);
    record
        .map(|record| record.registration.version.to_string())
        .unwrap_or_default()
}

fn put_together(parts: Vec<Answer>, mut run: RunInfo) -> Document {
    let mut reports = Vec::new();
    for part in parts {
        let duration_ms = Some(milliseconds(part.duration));
        let agent = part.agent.to_string();
        let report = part
            .result
            .and_then(|called| called.outcome.output::<Report>());
        match report {
            Ok(report) => {
                let findings = report.findings.len();
                tracing::debug!(agent, duration_ms, findings, "the agent reported");
                let agent_run = AgentRun {
                    duration_ms,
                    ..AgentRun::default()
                };
                run.agents.insert(agent.clone(), agent_run);
                reports.push(Part {
                    agent,
                    agent_version: part.agent_version,
                    report,
                });
            }
            Err(error) => {
                tracing::debug!(agent, ?error, "the agent failed");
                let capability = SCAN_CAPABILITY.to_owned();
                let (code, message) = (error.code, error.message);
                let failed = FailedAgent {
                    agent,
                    capability,
                    code,
                    message,
                };
                run.failures.push(AgentFailure {
                    failed,
                    duration_ms,
                });
            }
        }
    }
    merge(reports, run)
}

/// An agent passes over settings of rules that it does not know, for they may be
/// another agent's. That nobody knows one shows here.
fn warn_of_unknown_rules(app: &App, document: &Document) {
    // An agent that failed may be the one that has the rule.
    if !document.summary.failed_agents.is_empty() {
        return;
    }
    for name in app.config.settings.scan_settings().keys() {
        let is_rule = document.rules.iter().any(|known| known.item.id == *name);
        if is_rule || document.run.agents.contains_key(name) {
            continue;
        }
        tracing::warn!(
            "`scan.rules.{name}` is configured, but no agent has such a rule; `guildhall explain --all` lists the rules"
        );
    }
}

fn exit_code(document: &Document, gate: Option<Severity>) -> u8 {
    let failed = &document.summary.failed_agents;
    if !failed.is_empty() {
        // The root was checked before, so an input that an agent refuses is a setting.
        let refused = |failed: &FailedAgent| failed.code == ErrorCode::InvalidInput.as_str();
        let settings_only = failed.iter().all(refused);
        return if settings_only {
            code::USAGE
        } else {
            code::AGENT
        };
    }
    match gate {
        Some(severity) if document.at_or_over(severity) > 0 => code::FINDINGS,
        _ => code::CLEAN,
    }
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round()
}
