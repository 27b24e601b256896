//! Scanning a folder, or telling its trend: every agent that offers the capability is
//! asked, and what they report is merged. What is done with the document is for the
//! commands to say.

mod asking;
mod merging;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use guildhall_core::registry::Offer;
use guildhall_core::{AgentError, CapabilityRequest, ErrorCode, path_text};
use guildhall_host::{CancellationToken, Host};
use guildhall_report::{
    Document, FailedAgent, RunInfo, SCAN_CAPABILITY, SCAN_VERSIONS, ScanRequest, TREND_CAPABILITY,
    TREND_VERSIONS, TrendPoints, TrendRequest, merge,
};
use serde::Serialize;
use serde_json::{Map, Value};

use self::asking::{Answer, Call, ask_all};
use self::merging::{milliseconds, put_together, states, with_facts};
use crate::app::App;
use crate::calling;
use crate::config::Places;
use crate::exit::{Failure, code};
use crate::plugins;
use crate::progress::ProgressLine;
use crate::scan_kept::States;

/// The arguments that every command takes that scans.
pub(crate) fn arguments() -> [Arg; 4] {
    [
        Arg::new("path")
            .value_name("PATH")
            .value_parser(value_parser!(PathBuf))
            .default_value(".")
            .help("The folder to scan"),
        Arg::new("threads")
            .long("threads")
            .value_name("N")
            .value_parser(value_parser!(u32).range(1..=1024))
            .help("Worker threads at the most"),
        Arg::new("timeout")
            .long("timeout")
            .value_name("SECONDS")
            .value_parser(value_parser!(u64).range(1..))
            .help("Give up on an agent after this time"),
        Arg::new("no-cache")
            .long("no-cache")
            .action(ArgAction::SetTrue)
            .help("Measure everything anew, and keep nothing for the next scan"),
    ]
}

/// The folder that is to be scanned, absolute and without links.
pub(crate) fn root(own: &ArgMatches) -> Result<PathBuf, Failure> {
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

/// For scans of what nobody has a report on.
pub(crate) static NOTHING_KNOWN: States = States::new();

/// What all agents are asked that offer it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    capability: &'static str,
    versions: &'static str,
    /// What cannot be done where nobody offers it, as the end of a sentence.
    undone: &'static str,
}

impl Asked {
    /// What there is to find.
    pub(crate) const SCAN: Self = Self {
        capability: SCAN_CAPABILITY,
        versions: SCAN_VERSIONS,
        undone: "nothing can be scanned",
    };

    /// What has changed.
    pub(crate) const TREND: Self = Self {
        capability: TREND_CAPABILITY,
        versions: TREND_VERSIONS,
        undone: "no trend can be told",
    };

    /// Whether agents may keep what they measure, and take options of their own.
    fn is_scan(self) -> bool {
        self.capability == SCAN_CAPABILITY
    }

    fn wanted(self) -> Result<CapabilityRequest, Failure> {
        format!("{}@{}", self.capability, self.versions)
            .parse()
            .map_err(|error: guildhall_core::CoreError| Failure::usage(error.to_string(), ""))
    }
}

/// Scans folders with the same agents and settings.
pub(crate) struct Scanner<'a> {
    app: &'a App,
    asked: Asked,
    agents: Vec<Offer>,
    /// What was given of each agent's own options, in their order.
    options: Vec<Map<String, Value>>,
    threads: Option<u32>,
    timeout: Option<Duration>,
    /// The folder in which each agent has one for what it keeps between scans.
    caches: Option<PathBuf>,
}

impl<'a> Scanner<'a> {
    /// One with what the command line and the configuration say.
    ///
    /// # Errors
    /// Where a plugin given by name is refused, or no agent takes part in scans.
    pub(crate) fn new(app: &'a App, own: &ArgMatches) -> Result<Self, Failure> {
        Self::of(app, own, Asked::SCAN)
    }

    /// One that asks for something else than a scan.
    ///
    /// # Errors
    /// As [`Scanner::new`].
    pub(crate) fn of(app: &'a App, own: &ArgMatches, asked: Asked) -> Result<Self, Failure> {
        plugins::insist(&app.host)?;
        let settings = &app.config.settings;
        let timeout = own.get_one::<u64>("timeout");
        let timeout = timeout.map(|seconds| Duration::from_secs(*seconds));
        let agents = agents(&app.host, asked)?;
        let options = agents.iter().map(|offer| match asked.is_scan() {
            true => app.scan_options.given(own, &offer.agent),
            false => Ok(Map::new()),
        });
        Ok(Self {
            app,
            asked,
            options: options.collect::<Result<_, _>>()?,
            agents,
            threads: own.get_one::<u32>("threads").copied().or(settings.threads),
            timeout: timeout.or(settings.call_timeout),
            caches: match asked.is_scan() {
                true => caches(app, own)?,
                false => None,
            },
        })
    }

    /// Whether agents may keep what they measure, and so may we what they said.
    pub(crate) fn keeps(&self) -> bool {
        self.caches.is_some()
    }

    /// Scans one folder, of which the host still has what the agents reported in the states
    /// of `known`, and stops the agents.
    pub(crate) fn scan_knowing(self, root: &Path, known: &States) -> Result<Scanned, Failure> {
        let host = &self.app.host;
        calling::block_on(async |cancel| {
            let scanned = self
                .scan_one(root, self.caches.as_deref(), known, &cancel)
                .await;
            host.stop().await;
            scanned
        })?
    }

    /// Scans each of `roots`, one after the other, and stops the agents. What they keep is
    /// about the first, for the others are made for one comparison.
    pub(crate) fn scan(self, roots: &[&Path]) -> Result<Vec<Document>, Failure> {
        let host = &self.app.host;
        calling::block_on(async |cancel| {
            let mut documents = Vec::new();
            let mut caches = self.caches.as_deref();
            for root in roots {
                let scanned = self.scan_one(root, caches.take(), &NOTHING_KNOWN, &cancel);
                documents.push(scanned.await.map(Scanned::into_document));
                if cancel.is_cancelled() {
                    break;
                }
            }
            host.stop().await;
            documents.into_iter().collect()
        })?
    }

    /// Scans one folder, and warns of settings that no agent knows.
    pub(crate) fn scan_alone(self, root: &Path) -> Result<Document, Failure> {
        let app = self.app;
        let document = self.scan(&[root])?.pop().unwrap_or_default();
        warn_of_unknown_rules(app, &document);
        Ok(document)
    }

    /// Asks for the trend of one folder, and stops the agents.
    pub(crate) fn trend(self, root: &Path, points: TrendPoints) -> Result<Document, Failure> {
        let request = TrendRequest {
            root: path_text::encode(root),
            points,
            threads: self.threads,
            settings: self.app.config.settings.scan_settings(),
        };
        calling::block_on(async |cancel| {
            let scanned = self.ask(&request, &request.root, None, &NOTHING_KNOWN, &cancel);
            let document = scanned.await.map(Scanned::into_document);
            self.app.host.stop().await;
            document
        })?
    }

    async fn scan_one(
        &self,
        root: &Path,
        caches: Option<&Path>,
        known: &States,
        cancel: &CancellationToken,
    ) -> Result<Scanned, Failure> {
        let request = ScanRequest {
            root: path_text::encode(root),
            threads: self.threads,
            settings: self.app.config.settings.scan_settings(),
            ..ScanRequest::default()
        };
        self.ask(&request, &request.root, caches, known, cancel)
            .await
    }

    /// Asks all agents for something about `root`.
    async fn ask(
        &self,
        request: &impl Serialize,
        root: &str,
        caches: Option<&Path>,
        known: &States,
        cancel: &CancellationToken,
    ) -> Result<Scanned, Failure> {
        let started_at = SystemTime::now();
        let started = Instant::now();
        let progress = self.app.globals.shows_progress().then(ProgressLine::new);
        let mut call = Call {
            asked: self.asked,
            request,
            caches,
            known,
            timeout: self.timeout,
            on_progress: progress.as_ref().map(ProgressLine::callback),
        };
        let agents = || self.agents.iter().zip(&self.options);
        let mut parts = ask_all(&self.app.host, agents(), &call, cancel).await?;
        let all_unchanged = !known.is_empty()
            && parts.len() == known.len()
            && parts.iter().all(Answer::is_unchanged);
        if !all_unchanged && parts.iter().any(Answer::is_unchanged) {
            // What was printed holds the reports of all, and so is of use for none.
            call.known = &NOTHING_KNOWN;
            parts = ask_all(&self.app.host, agents(), &call, cancel).await?;
        }
        drop(progress);
        let run = RunInfo {
            host_version: env!("CARGO_PKG_VERSION").to_owned(),
            root: root.to_owned(),
            started_at: Some(humantime::format_rfc3339_seconds(started_at).to_string()),
            duration_ms: Some(milliseconds(started.elapsed())),
            threads: self.threads,
            ..RunInfo::default()
        };
        if all_unchanged {
            return Ok(Scanned::Unchanged(Box::new(with_facts(parts, run))));
        }
        let states = states(&parts);
        let document = put_together(self.asked, parts, run);
        tell_failed(&document);
        Ok(Scanned::Made(Box::new(document), states))
    }
}

/// What came of a scan.
pub(crate) enum Scanned {
    /// The document, and the states of all reports in it; none where not all have one.
    Made(Box<Document>, Option<States>),
    /// All agents have reported what is known already. Facts on this run are all there is.
    Unchanged(Box<RunInfo>),
}

impl Scanned {
    /// The document, which has nothing but a run where all is known, and the states.
    pub(crate) fn into_parts(self) -> (Document, Option<States>) {
        match self {
            Self::Made(document, states) => (*document, states),
            Self::Unchanged(run) => (merge(Vec::new(), *run), None),
        }
    }

    fn into_document(self) -> Document {
        self.into_parts().0
    }
}

/// An agent passes over settings of rules that it does not know, for they may be
/// another agent's. That nobody knows one shows here.
pub(crate) fn warn_of_unknown_rules(app: &App, document: &Document) {
    // An agent that failed may be the one that has the rule.
    if document.summary.failed_agents.is_empty() {
        let rules = document.rules.iter().map(|rule| rule.item.id.as_str());
        warn_of_rules_beside(app, &rules.collect(), &document.run);
    }
}

/// The same where these are all rules.
pub(crate) fn warn_of_rules_beside(app: &App, rules: &BTreeSet<&str>, run: &RunInfo) {
    for name in app.config.settings.scan_settings().keys() {
        if rules.contains(name.as_str()) || run.agents.contains_key(name) {
            continue;
        }
        tracing::warn!(
            "`scan.rules.{name}` is configured, but no agent has such a rule; `guildhall explain --all` lists the rules"
        );
    }
}

/// The exit code of a scan in which an agent failed; none where none did.
pub(crate) fn code_of_failed(document: &Document) -> Option<u8> {
    let failed = &document.summary.failed_agents;
    if failed.is_empty() {
        return None;
    }
    Some(if failed.iter().all(refuses_setting) {
        code::USAGE
    } else {
        code::AGENT
    })
}

/// Fails where an agent failed: for what an incomplete document cannot be used.
pub(crate) fn insist_on_all(document: &Document, what: &str) -> Result<(), Failure> {
    let Some(failed) = document.summary.failed_agents.first() else {
        return Ok(());
    };
    if refuses_setting(failed) {
        return Err(Failure::usage(
            format!("{what}: {}", told(failed)),
            SETTINGS_HELP,
        ));
    }
    Err(Failure::Missing {
        message: format!("{what}: {} ({})", told(failed), failed.code),
        help: "`guildhall doctor` tells what is wrong with an agent".to_owned(),
    })
}

/// Where the settings are that an agent refuses.
const SETTINGS_HELP: &str = "settings of rules stand in `scan.rules` of guildhall.toml or of your \
                             own configuration; `guildhall explain RULE` says what one takes";

/// Says on standard error which agents failed: a report may go to a file.
fn tell_failed(document: &Document) {
    let failed = || {
        let all = document.summary.failed_agents.iter();
        // Whoever interrupts a scan knows why.
        all.filter(|failed| failed.code != ErrorCode::Cancelled.as_str())
    };
    for one in failed() {
        tracing::error!("{}", told(one));
    }
    if failed().any(refuses_setting) {
        tracing::error!("{SETTINGS_HELP}");
    }
}

fn told(failed: &FailedAgent) -> String {
    let verb = if refuses_setting(failed) {
        "refuses a setting"
    } else {
        "failed"
    };
    format!("{} {verb}: {}", failed.agent, failed.message)
}

/// The root was checked before, so an input that an agent refuses is a setting.
fn refuses_setting(failed: &FailedAgent) -> bool {
    failed.code == ErrorCode::InvalidInput.as_str()
}

/// Where agents keep what they have measured; none where they shall not.
fn caches(app: &App, own: &ArgMatches) -> Result<Option<PathBuf>, Failure> {
    if own.get_flag("no-cache") || app.config.settings.cache == Some(false) {
        return Ok(None);
    }
    let caches = Places::from_env()?.scan_caches;
    if caches.is_none() {
        tracing::info!("no home folder is known, so nothing is kept for the next scan");
    }
    Ok(caches)
}

/// The agents that take part.
fn agents(host: &Host, asked: Asked) -> Result<Vec<Offer>, Failure> {
    let wanted = asked.wanted()?;
    let mut offers = host.registry().find(&wanted, false);
    // One call an agent, in the highest version that will do.
    offers.sort_by(|a, b| (&a.agent, &b.version).cmp(&(&b.agent, &a.version)));
    offers.dedup_by(|a, b| a.agent == b.agent);
    if offers.is_empty() {
        let error = AgentError::new(
            ErrorCode::NoSuchCapability,
            format!("no plugin offers {wanted}, so {}", asked.undone),
        );
        return Err(error
            .with_help("`guildhall doctor` shows where plugins are looked for and what is refused")
            .into());
    }
    Ok(offers)
}
