//! A scan: gather what is known of the files, judge it, and make the report.

use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use guildhall_core::path_text;
use guildhall_report::{Finding, Report, ScanRequest, Standing};
use guildhall_source::SourceError;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::cache::{self, Cache, Digest, Parts};
use crate::clippy::{ClippyError, Messages};
use crate::gather::{self, Gathered};
use crate::history::{self, CUT_HISTORY, Past, ages};
use crate::rank::Ranking;
use crate::settings::{SettingError, Settings};
use crate::tree::Tree;
use crate::trend::TrendError;
use crate::{divergence, duplicates, present, rules, suppress};

/// More threads than this are not started, whatever the request says.
const MOST_THREADS: usize = 256;

/// What a scan tells and asks its caller; called from several threads.
pub trait Hooks: Sync {
    /// `files_done` of `files_found` files are examined, the last of them `path`
    /// (relative to the root).
    fn progress(&self, files_done: u64, files_found: u64, path: &Path);

    /// Whether the scan should stop; asked before each file.
    fn is_cancelled(&self) -> bool;
}

/// Why a scan gave no report.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// There is nothing to scan at the root.
    #[error("`{path}` can't be scanned: {source}; name an existing folder or source file")]
    Root {
        /// The root as `guildhall_core::path_text` writes it.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// The tree cannot be read for another reason.
    #[error(transparent)]
    Source(SourceError),
    /// A setting is not understood.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// A trend cannot be told.
    #[error(transparent)]
    Trend(#[from] TrendError),
    /// What clippy has found cannot be read.
    #[error(transparent)]
    Clippy(#[from] ClippyError),
    /// [`Hooks::is_cancelled`] said so.
    #[error("the scan was cancelled")]
    Cancelled,
    /// The system gives no thread.
    #[error("no thread could be started: {0}; ask for fewer threads")]
    Threads(#[source] io::Error),
    /// A thread of the scan panicked: a defect of this agent.
    #[error("a thread of the scan broke down; please report this")]
    Broken,
}

impl From<SourceError> for ScanError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Root { path, source } => Self::Root { path, source },
            SourceError::Cancelled => Self::Cancelled,
            SourceError::Threads(error) => Self::Threads(error),
            SourceError::Broken => Self::Broken,
            other => Self::Source(other),
        }
    }
}

/// Scans what `request` names.
///
/// Everything in the report but [`Report::run`] depends only on the files and the
/// settings, not on the number of threads or the order in which they work.
///
/// # Errors
///
/// [`ScanError`] says when there is no report. A file that can't be read or parsed
/// is no error: it is listed under [`Report::skipped`].
pub fn scan(request: &ScanRequest, hooks: &dyn Hooks) -> Result<Report, ScanError> {
    // Who wants a report is not told that it has one.
    let request = ScanRequest {
        known: None,
        ..request.clone()
    };
    answer(&request, None, hooks)?.told.into_report()
}

/// What a scan gives.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) told: Told,
    pub(crate) standing: Standing,
}

/// The report of a scan.
#[derive(Debug)]
pub(crate) enum Told {
    Made(Box<Report>),
    /// The report of an earlier scan, which nobody needs to understand to pass it on.
    Kept(Box<RawValue>),
    /// The one that the host has, so that there is nothing to tell but facts on this run.
    Unchanged(Map<String, Value>),
}

impl Told {
    /// The report, of which there is nothing but [`Report::run`] where it is unchanged.
    pub(crate) fn into_report(self) -> Result<Report, ScanError> {
        match self {
            Self::Made(report) => Ok(*report),
            Self::Kept(json) => serde_json::from_str(json.get()).map_err(|_| ScanError::Broken),
            Self::Unchanged(run) => Ok(Report {
                run,
                ..Report::default()
            }),
        }
    }

    /// The JSON of a report that was written without facts on a run, with these.
    fn kept(json: Vec<u8>, run: &Map<String, Value>) -> Option<Self> {
        let json = String::from_utf8(json).ok()?;
        let fields = json.strip_prefix('{')?;
        let run = serde_json::to_string(run).ok()?;
        let whole = RawValue::from_string(format!("{{\"run\":{run},{fields}"));
        whole.ok().map(Self::Kept)
    }
}

/// Scans, and adds what clippy has found: `clippy` is the path, as
/// `guildhall_core::path_text` writes it, of a file with what
/// `cargo clippy --message-format=json` has printed.
///
/// # Errors
///
/// As [`scan()`], and where the file cannot be read.
pub(crate) fn answer(
    request: &ScanRequest,
    clippy: Option<&str>,
    hooks: &dyn Hooks,
) -> Result<Answer, ScanError> {
    let clippy = clippy.map(Messages::read).transpose()?;
    let rules = rules::all();
    let settings = Settings::read(&request.settings, &rules)?;
    let root = path_text::decode(&request.root);
    let cache = match &request.cache {
        Some(folder) => Cache::open(path_text::decode(folder), &root, settings.max_cache_bytes),
        None => Cache::off(),
    };
    answer_with(request, &settings, clippy.as_ref(), cache, hooks)
}

/// The same with a cache that is open.
pub(crate) fn answer_with(
    request: &ScanRequest,
    settings: &Settings,
    clippy: Option<&Messages>,
    mut cache: Cache,
    hooks: &dyn Hooks,
) -> Result<Answer, ScanError> {
    let started = Instant::now();
    let root = path_text::decode(&request.root);
    let threads = thread_count(request.threads);
    let mut gathered = gather::look(&root, &settings.reading, &cache, threads, hooks)?;
    let looked = started.elapsed();
    let of_this = |gathered: &Gathered| key(request, clippy, &root, gathered);
    let key = cache.is_on().then(|| of_this(&gathered));
    let standing = |key: Option<Digest>, unchanged| match key {
        Some(key) => Standing::new(cache::state(key), unchanged),
        None => Standing::default(),
    };
    let unchanged = key.filter(|key| {
        let is_known = request.known.as_deref() == Some(&cache::state(*key));
        is_known && cache.has_report(*key)
    });
    let kept = match unchanged {
        Some(_) => None,
        None => key.and_then(|key| cache.report(key)),
    };
    if unchanged.is_some() || kept.is_some() {
        let assemble = started.elapsed() - looked;
        gathered.keep(&mut cache);
        cache.store(None);
        let times = [Duration::ZERO, Duration::ZERO, assemble];
        let run = run_facts(&gathered, times, threads, &cache, true);
        let told = match kept {
            Some(kept) => Told::kept(kept, &run).ok_or(ScanError::Broken)?,
            None => Told::Unchanged(run),
        };
        let standing = standing(key, unchanged.is_some());
        return Ok(Answer { told, standing });
    }
    let tree = gathered.tree(&settings.reading, &mut cache, threads, hooks)?;
    let made = make(&root, &tree, &gathered, settings, clippy, threads, hooks)?;
    let assemble = started.elapsed() - looked - made.clones - made.history;
    gathered.keep(&mut cache);
    let mut report = made.report;
    // What was written to meanwhile may be in the report in both states.
    let is_lasting = made.is_lasting
        && key.is_some()
        && !gathered.has_changed(&root, &cache, threads, hooks)?
        && key == Some(of_this(&gathered));
    let lasting = key.filter(|_| is_lasting);
    cache.store(lasting.map(|key| (key, &report)));
    let times = [made.clones, made.history, assemble];
    report.run = run_facts(&gathered, times, threads, &cache, false);
    Ok(Answer {
        told: Told::Made(Box::new(report)),
        standing: standing(lasting, false),
    })
}

/// A report, and how it came about.
struct Made {
    report: Report,
    clones: Duration,
    history: Duration,
    /// Whether the same files and the same history would give it again.
    is_lasting: bool,
}

/// Judges a tree.
fn make(
    root: &Path,
    tree: &Tree,
    gathered: &Gathered,
    settings: &Settings,
    clippy: Option<&Messages>,
    threads: usize,
    hooks: &dyn Hooks,
) -> Result<Made, ScanError> {
    let started = Instant::now();
    let mut copies = duplicates::check_with(tree, settings, &|file| {
        // Texts that nobody waits for any more need not be read.
        let is_wanted = !hooks.is_cancelled();
        is_wanted.then(|| gathered.text_again(file, &settings.reading))?
    });
    if hooks.is_cancelled() {
        return Err(ScanError::Cancelled);
    }
    let clones = started.elapsed();
    let past = past(root, tree, settings, threads, &mut copies, hooks)?;
    let looked_back = started.elapsed() - clones;
    let taken = clippy.map(|clippy| clippy.take(root, tree));
    let taken = taken.unwrap_or_default();
    let mut findings = rules::check(tree, copies, settings);
    findings.extend(taken.findings);
    let mut sifted = suppress::sift(tree, findings, settings);
    let judged = started.elapsed();
    let ranking = rank(root, tree, past, &mut sifted.findings, settings, hooks)?;
    let history = started.elapsed() - judged + looked_back;
    let rules = rules::all().into_iter().chain(taken.rules).collect();
    let mut report = present::report(tree, sifted, rules);
    report.skipped.extend(taken.skipped);
    if let Some((ranking, undated)) = &ranking {
        ranking.add_to_scan(tree, *undated, &mut report);
    }
    let is_lasting = ranking.is_none_or(|(ranking, _)| is_lasting(root, &ranking));
    Ok(Made {
        report,
        clones,
        history,
        is_lasting,
    })
}

/// Whether git will say the same next time. It may be missing today or fail, and be there
/// tomorrow, and what took too long today may not then.
fn is_lasting(root: &Path, ranking: &Ranking) -> bool {
    let is_cut = ranking.left_out.iter().any(|note| note.id == CUT_HISTORY);
    let is_missing = ranking.history.is_none() && cache::history_digest(root).is_some();
    !is_cut && !is_missing
}

/// A digest of all that a report depends on, beside the analysis.
fn key(
    request: &ScanRequest,
    clippy: Option<&Messages>,
    root: &Path,
    gathered: &Gathered,
) -> Digest {
    let mut parts = Parts::new();
    let settings = serde_json::to_vec(&request.settings).unwrap_or_default();
    parts.add("settings", &settings);
    if let Some(messages) = clippy {
        parts.add("clippy", messages.bytes());
        // Lints are found in the tree by where it is.
        parts.add("root", request.root.as_bytes());
        parts.add("name", messages.name().as_bytes());
    }
    let history = cache::history_digest(root);
    parts.add(
        "history",
        history.as_ref().map_or(&[], |digest| digest.bytes()),
    );
    gathered.add_to(root, &mut parts);
    parts.finish()
}

fn run_facts(
    gathered: &Gathered,
    [clones, history, assemble]: [Duration; 3],
    threads: usize,
    cache: &Cache,
    is_kept: bool,
) -> Map<String, Value> {
    let mut run = Map::new();
    run.insert("threads".to_owned(), json!(threads));
    for (name, time) in [
        ("walk_ms", gathered.times.walk),
        ("analyse_ms", gathered.times.analyse),
        ("clones_ms", clones),
        ("history_ms", history),
        ("assemble_ms", assemble),
    ] {
        run.insert(name.to_owned(), json!(time.as_micros() as f64 / 1000.0));
    }
    let counts = gathered.counts();
    run.insert("files_read".to_owned(), json!(counts.read));
    run.insert("files_analysed".to_owned(), json!(counts.analysed));
    run.insert("report_kept".to_owned(), json!(is_kept));
    if let Some(problem) = cache.problem() {
        if cache.is_damaged() {
            guildhall_sdk::tracing::warn!("the cache was of no use: {problem}");
        } else {
            guildhall_sdk::tracing::info!("the cache is of no full use: {problem}");
        }
        run.insert("cache_problem".to_owned(), json!(problem));
    }
    run
}

/// What git knows of the files, where that is wanted; copies that have diverged are added to
/// the findings.
pub(crate) fn past(
    root: &Path,
    tree: &Tree,
    settings: &Settings,
    threads: usize,
    findings: &mut Vec<Finding>,
    hooks: &dyn Hooks,
) -> Result<Option<Past>, ScanError> {
    if !settings.history {
        return Ok(None);
    }
    let mut past = history::read(root, tree, hooks)?;
    if let Some(history) = &past.history {
        let diverged = divergence::check(root, tree, history, settings, threads, hooks)?;
        findings.extend(diverged.findings);
        past.left_out
            .extend(history::without_contents(diverged.missing));
    }
    Ok(Some(past))
}

/// Ranks the files and gives findings their ages, where that is wanted. Beside the ranking
/// comes the number of files whose lines were left without an age.
pub(crate) fn rank(
    root: &Path,
    tree: &Tree,
    past: Option<Past>,
    findings: &mut [Finding],
    settings: &Settings,
    hooks: &dyn Hooks,
) -> Result<Option<(Ranking, usize)>, ScanError> {
    let Some(past) = past else {
        return Ok(None);
    };
    let ranking = Ranking::new(root, tree, past, findings);
    let mut undated = 0;
    if let Some(history) = &ranking.history {
        let most_files = usize::try_from(settings.blame_files).unwrap_or(usize::MAX);
        let order = ranking.by_risk(tree);
        undated = ages::date(findings, tree, history, &order, most_files, hooks)?;
    }
    Ok(Some((ranking, undated)))
}

pub(crate) fn thread_count(wanted: Option<u32>) -> usize {
    let processors = || thread::available_parallelism().map_or(1, usize::from);
    let wanted = wanted.map(|wanted| usize::try_from(wanted).unwrap_or(MOST_THREADS));
    wanted.unwrap_or_else(processors).clamp(1, MOST_THREADS)
}
