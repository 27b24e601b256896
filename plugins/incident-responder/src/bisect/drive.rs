//! `guildhall incident bisect`: finds the first bad commit with the user's reproduction.

use guildhall_report::Report;
use guildhall_sdk::Schema;
use guildhall_sdk::core::{AgentError, Context, ErrorCode};
use guildhall_source::git::ObjectId;
use serde::{Deserialize, Serialize};

use super::bench::{Bench, Observed};
use super::line::Line;
use super::record::Record;
use super::{Answer, Bisect, Step, WrongEnd};
use crate::Settings;
use crate::event::SURE;
use crate::incident::Incident;
use crate::manage::Clock;
use crate::present;
use crate::trial::{Checkout, Commands, Title, TrialRequest};

/// Commits of an answer that are told with their subjects.
const MOST_TITLES: usize = 100;

/// Runs at the most where nobody says how many.
const USUAL_RUNS: u32 = 200;

/// Which commits to search, and by what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BisectRequest {
    /// An incident in which each run is kept, so that a search that was cut off goes on: its name, its number, or `last`.
    #[serde(default)]
    #[schema(positional = 1)]
    pub incident: Option<String>,
    /// Where, and by which commands.
    #[serde(flatten)]
    pub trial: TrialRequest,
    /// A commit, tag or branch that is known to be good; the last good release of the incident where absent.
    #[serde(default)]
    pub good: Option<String>,
    /// One that is known to be bad; what is checked out where absent.
    #[serde(default)]
    pub bad: Option<String>,
    /// Runs of the reproduction at the most; 200 where absent.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub most_runs: Option<u32>,
}

/// All that was found out.
pub(crate) struct Bisected {
    /// What was asked for, by its names.
    pub(crate) good: String,
    pub(crate) bad: String,
    /// Commits in the first line.
    pub(crate) commits: usize,
    pub(crate) notes: Vec<String>,
    pub(crate) answer: Answer,
    /// Of which the first bad one is one, with what they say of themselves.
    pub(crate) among: Vec<(ObjectId, Title)>,
    /// The end that is not what it was said to be, where there is one.
    pub(crate) wrong_end: Option<(WrongEnd, ObjectId)>,
    pub(crate) observed: Vec<(Observed, Title)>,
    /// Commits that were run at, in all lines.
    pub(crate) tried: usize,
    pub(crate) builds: u32,
    pub(crate) checkout_changed: bool,
}

/// Searches the commits between a good and a bad one.
///
/// # Errors
/// Where the request names no commits or no reproduction, a command cannot be run or does not
/// speak the convention, or the task is withdrawn.
pub(crate) async fn bisect(
    request: &BisectRequest,
    settings: &Settings,
    clock: fn() -> Clock,
    ctx: &Context,
) -> Result<Report, AgentError> {
    let commands = Commands::of(&request.trial, &[], settings)?;
    let record = match &request.incident {
        Some(name) => Some(Record::of(name, &commands, clock, ctx).await?),
        None => None,
    };
    let incident = record.as_ref().map(|record| &record.incident);
    let checkout = Checkout::of(request.trial.repo.as_deref(), incident, ctx)?;
    let told = incident.and_then(|incident| incident.symptom.release.last_good.clone());
    let good = request.good.clone().or(told).ok_or_else(no_good)?;
    let bad = request.bad.clone().unwrap_or_else(|| "HEAD".to_owned());
    let line =
        checkout.look(|repository, watch| Line::between(repository, (&good, &bad), watch))?;
    let before = checkout.standing()?;
    let mut search = Search {
        checkout: &checkout,
        bench: Bench::new(checkout.folder(), &commands, ctx),
        runs_left: request.most_runs.unwrap_or(USUAL_RUNS),
        record,
        ctx,
    };
    let commits = line.commits.len();
    let notes = line.note.iter().cloned().collect();
    let (line, answer) = search.all(line).await?;
    search.bench.close().await?;
    if let Some(record) = &search.record {
        record.ended(&line, &answer).await?;
    }
    let bench = search.bench;
    let mut among = Vec::new();
    for (place, number) in answer.among.iter().enumerate() {
        let id = *line.at(*number);
        // Git is asked for each, so not for thousands of which few are shown.
        let title = match place < MOST_TITLES {
            true => checkout.title_of(&id)?,
            false => Title::default(),
        };
        among.push((id, title));
    }
    let mut observed = Vec::new();
    for one in bench.seen {
        let id = ObjectId::from_hex(one.commit.as_bytes());
        let title = id.map(|id| checkout.title_of(&id)).transpose()?;
        observed.push((one, title.unwrap_or_default()));
    }
    let mut tried: Vec<&str> = observed
        .iter()
        .map(|(one, _)| one.commit.as_str())
        .collect();
    tried.sort_unstable();
    tried.dedup();
    let tried = tried.len();
    let wrong_end = answer.wrong_end.map(|end| {
        let number = match end {
            WrongEnd::GoodFails => 0,
            WrongEnd::BadPasses | WrongEnd::BadIsSkipped => line.commits.len(),
        };
        (end, *line.at(number))
    });
    Ok(present::bisected(&Bisected {
        good,
        bad,
        commits,
        notes,
        answer,
        among,
        wrong_end,
        observed,
        tried,
        builds: bench.builds,
        checkout_changed: checkout.standing()? != before,
    }))
}

struct Search<'a> {
    checkout: &'a Checkout<'a>,
    bench: Bench<'a>,
    runs_left: u32,
    record: Option<Record<'a>>,
    ctx: &'a Context,
}

impl Search<'_> {
    /// Searches a line, then what a merge that was found has brought, and so on.
    async fn all(&mut self, mut line: Line) -> Result<(Line, Answer), AgentError> {
        loop {
            let answer = self.one(&line).await?;
            let [number] = answer.among[..] else {
                return Ok((line, answer));
            };
            if !answer.is_decided {
                return Ok((line, answer));
            }
            let found = *line.at(number);
            let parents = self.checkout.title_of(&found)?.parents;
            let inside = self
                .checkout
                .look(|repository, watch| Line::inside(repository, &parents, &found, watch));
            match inside? {
                // A merge that is its own last commit is not searched twice.
                Some(inside) if inside.commits != line.commits => line = inside,
                _ => return Ok((line, answer)),
            }
        }
    }

    async fn one(&mut self, line: &Line) -> Result<Answer, AgentError> {
        let mut bisect = Bisect::new(line.commits.len(), SURE);
        if let Some(record) = &mut self.record {
            bisect.prefer(&suspected(&record.incident, line));
            let runs = record.begin(line).await?;
            for run in &runs {
                if let Some(at) = line.number_of(&run.commit) {
                    bisect.observe(at, run.seen);
                }
            }
            // In a further line they are the runs of this search.
            if self.bench.seen.is_empty() {
                let before = runs.into_iter().map(Observed::before);
                self.bench.seen.extend(before);
            }
        }
        while let Step::Test(at) = bisect.next() {
            if self.runs_left == 0 {
                break;
            }
            self.runs_left -= 1;
            self.ctx.check_cancelled()?;
            let ends = bisect.interval().map(|(low, high)| [low, high]);
            let kept = ends.into_iter().flatten();
            let kept: Vec<String> = kept.map(|number| line.at(number).to_string()).collect();
            let commit = line.at(at).to_string();
            let builds = self.bench.builds;
            let seen = self.bench.observe(&commit, &kept).await?;
            bisect.observe(at, seen);
            if let (Some(record), Some(observed)) = (&self.record, self.bench.seen.last()) {
                record.run(observed, self.bench.builds > builds).await?;
            }
        }
        Ok(bisect.answer())
    }
}

/// The suspects of an incident that are in a line, by number, with their chances.
fn suspected(incident: &Incident, line: &Line) -> Vec<(usize, f64)> {
    let suspects = incident.suspects.iter();
    let ranked = suspects.flat_map(|suspects| &suspects.ranked);
    let in_line = ranked.filter_map(|suspect| Some((line.number_of(&suspect.commit)?, suspect.p)));
    in_line.collect()
}

fn no_good() -> AgentError {
    let text = "`good` is missing: there is no commit at which all was well";
    AgentError::new(ErrorCode::InvalidInput, text)
        .with_help("name a tag, commit or branch by --good, for example the last good release")
}
