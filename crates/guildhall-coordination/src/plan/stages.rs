//! What a strategy makes of a plan: its stages, and which keys it does not use.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::links::{Links, Why};
use super::mistakes::{Mistake, Mistakes, Origin};
use super::model::{PlanPlace, PlanSource, PlanTask};
use super::node::Span;
use super::read_plan::{Draft, ReadStage, StageTable, strategies_of};
use super::read_task::{ReadTask, given_children};
use super::texts::Field;
use crate::run_settings::{Stage, StageWhen, Strategy};
use crate::source_text::{code, nearest};

/// The stages of the strategy `map-reduce`.
const MAP_REDUCE: [&str; 2] = ["map", "reduce"];

/// The stages of a plan.
#[derive(Debug, Default)]
pub(crate) struct Stages {
    pub(crate) stages: Vec<Stage>,
    /// The stage of each task, where there are stages.
    pub(crate) of: Vec<Option<u32>>,
    /// Tasks that each item of a pipeline passes through, in order; empty where there is
    /// no such pipeline.
    pub(crate) chain: Vec<u32>,
}

/// Puts the tasks of `draft` into stages, and tells what cannot be.
pub(crate) fn arrange(
    draft: &Draft,
    links: &Links,
    origin: &Origin<'_>,
    mistakes: &mut Mistakes,
) -> Stages {
    let mut arranger = Arranger {
        draft,
        links,
        origin,
        mistakes,
    };
    let stages = arranger.stages();
    if arranger.mistakes.is_empty() {
        arranger.check_order(&stages);
        arranger.check_items(&stages);
        arranger.check_sizes(&stages);
    }
    stages
}

struct Arranger<'a> {
    draft: &'a Draft,
    links: &'a Links,
    origin: &'a Origin<'a>,
    mistakes: &'a mut Mistakes,
}

/// The tasks of one stage, by the name of the stage.
type Members = Vec<(String, Vec<u32>)>;

impl Arranger<'_> {
    fn stages(&mut self) -> Stages {
        self.refuse_unused();
        match self.draft.settings.strategy {
            Strategy::Waves => self.waves(),
            Strategy::Groups => self.groups(),
            Strategy::Pipeline => self.pipeline(),
            Strategy::MapReduce => self.map_reduce(),
            Strategy::Sequential
            | Strategy::Parallel
            | Strategy::Graph
            | Strategy::ScatterGather => Stages {
                of: vec![None; self.draft.tasks.len()],
                ..Stages::default()
            },
        }
    }

    /// Tells the keys that the strategy does not use.
    fn refuse_unused(&mut self) {
        let strategy = self.draft.settings.strategy;
        let draft = self.draft;
        for table in &draft.stages {
            if !strategies_of(table.table).contains(&strategy) {
                let key = format!("[[{}]]", table.table.as_str());
                self.unused(&key, strategies_of(table.table), table.span);
            }
        }
        for read in &draft.tasks {
            self.refuse_unused_of(read);
        }
        let counts_nothing = matches!(strategy, Strategy::Sequential | Strategy::Graph);
        if let Some((_, place)) = draft.max_wave_size.filter(|_| counts_nothing) {
            let used_by = Strategy::ALL
                .into_iter()
                .filter(|it| !matches!(it, Strategy::Sequential | Strategy::Graph));
            self.unused("limits.max_wave_size", &used_by.collect::<Vec<_>>(), place);
        }
    }

    fn refuse_unused_of(&mut self, read: &ReadTask) {
        let strategy = self.draft.settings.strategy;
        if let Some(place) = &read.task.place {
            let table = table_of(place);
            if !strategies_of(table).contains(&strategy) {
                self.unused(table.as_str(), strategies_of(table), read.places.place);
            }
        }
        let unordered = matches!(strategy, Strategy::Parallel | Strategy::ScatterGather);
        if let Some(place) = read.places.needs.first()
            && (unordered || strategy == Strategy::Sequential)
        {
            self.unused("needs", &ORDERED, *place);
        }
        let no_race = matches!(strategy, Strategy::Sequential | Strategy::ScatterGather);
        if read.task.race.is_some() && no_race {
            let used_by = Strategy::ALL
                .into_iter()
                .filter(|it| !matches!(it, Strategy::Sequential | Strategy::ScatterGather));
            self.unused("race", &used_by.collect::<Vec<_>>(), read.places.race);
        }
    }

    fn unused(&mut self, key: &str, used_by: &[Strategy], place: Span) {
        let names: Vec<String> = used_by.iter().map(|it| format!("`{it}`")).collect();
        let word = if names.len() == 1 {
            "strategy"
        } else {
            "the strategies"
        };
        let message = format!(
            "`{key}` is used by {word} {}, but this plan's is `{}`",
            names.join(", "),
            self.draft.settings.strategy
        );
        self.mistakes.add(Mistake::new(place, message));
    }

    fn waves(&mut self) -> Stages {
        let name = |task: &PlanTask| match &task.place {
            Some(PlanPlace::Wave(name)) => Some(name.clone()),
            _ => None,
        };
        let members = self.members("wave", name);
        let members = self.in_declared_order(StageTable::Wave, members);
        self.made_of(members)
    }

    fn groups(&mut self) -> Stages {
        let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (at, read) in self.draft.tasks.iter().enumerate() {
            match read.task.place {
                Some(PlanPlace::Group(number)) => {
                    groups.entry(number).or_default().push(at as u32);
                }
                _ => self.has_no_place("group", read),
            }
        }
        self.refuse_repeated_tables();
        for table in &self.draft.stages {
            if table.table == StageTable::Group && !groups.contains_key(&table.number) {
                self.empty_stage(table);
            }
        }
        let members = groups.into_iter();
        let members = members.map(|(number, tasks)| (number.to_string(), tasks));
        self.made_of(members.collect())
    }

    fn map_reduce(&mut self) -> Stages {
        let stage = |task: &PlanTask| {
            let by_default = usize::from(task.expansion.is_none());
            match &task.place {
                Some(PlanPlace::Stage(name)) => Some(name.clone()),
                _ => Some(MAP_REDUCE[by_default].to_owned()),
            }
        };
        let mut members = self.members("stage", stage);
        let unknown: Vec<u32> = members
            .extract_if(.., |(name, _)| !MAP_REDUCE.contains(&name.as_str()))
            .filter_map(|(_, tasks)| tasks.first().copied())
            .collect();
        for at in unknown {
            let place = self.draft.tasks[at as usize].places.place;
            let message = "under strategy `map-reduce` a `stage` is \"map\" or \"reduce\"";
            self.mistakes.add(Mistake::new(place, message));
        }
        // The order of the stages is fixed, whatever is first in the plan.
        members.sort_by(|(a, _), (b, _)| a.cmp(b));
        for stage in MAP_REDUCE {
            if !members.iter().any(|(name, _)| name == stage) && self.mistakes.is_empty() {
                let message = format!(
                    "under strategy `map-reduce` there is a task of stage `{stage}`, but this plan has none"
                );
                self.mistakes
                    .add(Mistake::new(self.draft.strategy_place, message));
            }
        }
        for table in &self.draft.stages {
            if !MAP_REDUCE.contains(&table.stage.name.as_str()) {
                let message = "under strategy `map-reduce` the stages are `map` and `reduce`";
                self.mistakes.add(Mistake::new(table.span, message));
            }
        }
        self.refuse_collecting();
        self.refuse_repeated_tables();
        self.made_of(members)
    }

    fn pipeline(&mut self) -> Stages {
        let states = |read: &&ReadTask| read.task.place.is_some();
        let stated = self.draft.tasks.iter().filter(states).count();
        let by_task = stated == 0;
        let stage = move |task: &PlanTask| match &task.place {
            Some(PlanPlace::Stage(name)) => Some(name.clone()),
            // Each task is a stage of its own where none says anything else.
            _ => by_task.then(|| task.id.to_string()),
        };
        let members = self.members("stage", stage);
        let members = self.in_declared_order(StageTable::Stage, members);
        let first = members.first().map_or(&[][..], |(_, tasks)| tasks);
        let has_items = |at: &&u32| {
            let expansion = &self.draft.tasks[**at as usize].task.expansion;
            let source = expansion.as_ref().map(|it| &it.source);
            matches!(
                source,
                Some(PlanSource::Items(_) | PlanSource::Output { .. })
            )
        };
        match first.iter().find(has_items) {
            Some(_) => self.item_pipeline(members),
            None => {
                self.refuse_collecting();
                self.made_of(members)
            }
        }
    }

    /// Each item passes through the stages on its own, up to those that collect.
    fn item_pipeline(&mut self, members: Members) -> Stages {
        let collects = |name: &str| self.table_of(name).is_some_and(|table| table.collect);
        let passed = members
            .iter()
            .take_while(|(name, _)| !collects(name))
            .count();
        if passed == 0 {
            let message = "the first stage of a pipeline has nothing to collect";
            let place = self
                .draft
                .stages
                .first()
                .map_or(Span::default(), |it| it.span);
            self.mistakes.add(Mistake::new(place, message));
            return Stages::default();
        }
        let mut chain = Vec::new();
        for (number, (name, tasks)) in members[..passed].iter().enumerate() {
            self.check_step(number, name, tasks);
            chain.extend(tasks.first());
        }
        let mut members = members;
        let rest = members.split_off(passed);
        let first = members
            .into_iter()
            .next()
            .map(|(name, _)| (name, chain.clone()));
        let mut stages = self.made_of(first.into_iter().chain(rest).collect());
        stages.chain = chain;
        stages
    }

    fn check_step(&mut self, number: usize, name: &str, tasks: &[u32]) {
        let draft = self.draft;
        let table = draft.stages.iter().find(|table| table.stage.name == name);
        if let [_, second, ..] = tasks {
            let message = format!(
                "stage `{name}` has a second task, but in a pipeline whose items pass on their own each stage has one"
            );
            let place = self.draft.tasks[*second as usize].places.id;
            self.mistakes.add(Mistake::new(place, message));
        }
        if let Some(table) = table
            && number > 0
            && (table.stage.when != StageWhen::default() || table.stage.deadline_ms.is_some())
        {
            let message = format!(
                "items pass through stage `{name}` on their own, so it has no `when` and no `deadline_seconds`"
            );
            self.mistakes.add(Mistake::new(table.span, message));
        }
        for at in tasks.iter().filter(|_| number > 0) {
            let read = &self.draft.tasks[*at as usize];
            if read.task.expansion.is_some() {
                let message = "in a pipeline whose items pass on their own, only the first stage has `for_each`";
                self.mistakes.add(Mistake::new(read.places.source, message));
            }
            if let Some(place) = read.places.needs.first() {
                let message = "items pass through the stages of this pipeline in order, so `needs` says nothing";
                self.mistakes.add(Mistake::new(*place, message));
            }
        }
    }

    /// The tasks by the names of their stages, in the order in which these come up.
    fn members(&mut self, key: &str, name: impl Fn(&PlanTask) -> Option<String>) -> Members {
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut members: Members = Vec::new();
        for (at, read) in self.draft.tasks.iter().enumerate() {
            let Some(name) = name(&read.task) else {
                self.has_no_place(key, read);
                continue;
            };
            let place = *places.entry(name).or_insert_with_key(|name| {
                members.push((name.clone(), Vec::new()));
                members.len() - 1
            });
            members[place].1.push(at as u32);
        }
        members
    }

    fn has_no_place(&mut self, key: &str, read: &ReadTask) {
        // A key of another strategy was told already.
        if read.task.place.is_some() {
            return;
        }
        let message = match self.draft.settings.strategy {
            Strategy::Pipeline => {
                "either every task of a pipeline has a `stage`, or none has".to_owned()
            }
            strategy => format!("under strategy `{strategy}` each task has a `{key}`"),
        };
        self.mistakes.add(Mistake::new(read.places.id, message));
    }

    /// Puts stages into the order of their tables, where there are any.
    fn in_declared_order(&mut self, table: StageTable, members: Members) -> Members {
        let draft = self.draft;
        let declared = draft.stages.iter().filter(|it| it.table == table);
        let declared: Vec<&ReadStage> = declared.collect();
        self.refuse_repeated_tables();
        if declared.is_empty() {
            return members;
        }
        let mut by_name: HashMap<String, Vec<u32>> = members.into_iter().collect();
        let mut ordered = Vec::with_capacity(declared.len());
        let mut seen = HashSet::new();
        for table in declared
            .iter()
            .filter(|table| seen.insert(&table.stage.name))
        {
            match by_name.remove(&table.stage.name) {
                Some(tasks) => ordered.push((table.stage.name.clone(), tasks)),
                None => self.empty_stage(table),
            }
        }
        for (name, tasks) in by_name {
            let names = declared.iter().map(|it| it.stage.name.as_str());
            let help = match nearest(&name, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "either every stage has a table, or none has".to_owned(),
            };
            let message = format!(
                "no table [[{}]] has the name {}",
                table.as_str(),
                code(&name)
            );
            let place = tasks
                .first()
                .map_or(Span::default(), |at| draft.tasks[*at as usize].places.place);
            self.mistakes
                .add(Mistake::new(place, message).with_help(Some(help)));
        }
        ordered
    }

    fn refuse_repeated_tables(&mut self) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        let draft = self.draft;
        for table in &draft.stages {
            if let Some(earlier) = seen.insert(&table.stage.name, table.span) {
                let message = format!(
                    "the {} {} has a table already {}",
                    table.table.as_str(),
                    code(&table.stage.name),
                    self.origin.place(earlier)
                );
                self.mistakes.add(Mistake::new(table.span, message));
            }
        }
    }

    fn refuse_collecting(&mut self) {
        let draft = self.draft;
        for table in draft.stages.iter().filter(|table| table.collect) {
            let message = "`collect` is used in a pipeline whose first task has `for_each`";
            self.mistakes.add(Mistake::new(table.span, message));
        }
    }

    fn empty_stage(&mut self, table: &ReadStage) {
        let message = format!(
            "the {} {} has no tasks",
            table.table.as_str(),
            code(&table.stage.name)
        );
        self.mistakes.add(Mistake::new(table.span, message));
    }

    fn table_of(&self, name: &str) -> Option<&ReadStage> {
        self.draft
            .stages
            .iter()
            .find(|table| table.stage.name == name)
    }

    fn made_of(&self, members: Members) -> Stages {
        let tables = self.draft.stages.iter();
        let tables: HashMap<&str, &Stage> = tables
            .map(|table| (table.stage.name.as_str(), &table.stage))
            .collect();
        let mut stages = Stages {
            stages: Vec::with_capacity(members.len()),
            of: vec![None; self.draft.tasks.len()],
            chain: Vec::new(),
        };
        for (number, (name, tasks)) in members.into_iter().enumerate() {
            for at in tasks {
                stages.of[at as usize] = Some(number as u32);
            }
            let stage = tables.get(name.as_str()).map(|stage| (*stage).clone());
            stages.stages.push(stage.unwrap_or(Stage {
                name,
                ..Stage::default()
            }));
        }
        stages
    }

    /// Tells what is needed but does not come before.
    fn check_order(&mut self, stages: &Stages) {
        let strategy = self.draft.settings.strategy;
        let steps: HashMap<u32, usize> = stages
            .chain
            .iter()
            .enumerate()
            .map(|(step, at)| (*at, step))
            .collect();
        let links = self.links;
        for (at, of) in links.of.iter().enumerate() {
            for link in of {
                let reason = match strategy {
                    Strategy::Parallel | Strategy::ScatterGather => Some(format!(
                        "under strategy `{strategy}` no task is before another"
                    )),
                    Strategy::Sequential => (link.task as usize >= at)
                        .then(|| "that task comes later in the plan".to_owned()),
                    _ => later_stage(stages, at, link.task)
                        .or_else(|| out_of_step(&steps, at as u32, link.task)),
                };
                if let Some(reason) = reason {
                    let other = &self.draft.tasks[link.task as usize];
                    let message = format!(
                        "`{}` {} `{}` {}, but {reason}",
                        self.draft.tasks[at].task.id,
                        verb(link.why),
                        other.task.id,
                        self.origin.place(other.places.id)
                    );
                    self.mistakes.add(Mistake::new(link.place, message));
                }
            }
        }
    }

    /// Tells texts that read an item where there is none.
    fn check_items(&mut self, stages: &Stages) {
        let draft = self.draft;
        for (at, read) in draft.tasks.iter().enumerate() {
            let Some((place, field)) = read.places.reads.item else {
                continue;
            };
            let step = stages.chain.iter().position(|it| *it as usize == at);
            if let Some(mistake) = no_item(&read.task, step, place, field) {
                self.mistakes.add(mistake);
            }
        }
    }

    fn check_sizes(&mut self, stages: &Stages) {
        let Some((most, place)) = self.draft.max_wave_size else {
            return;
        };
        let mut sizes = vec![0_usize; stages.stages.len().max(1)];
        for (at, read) in self.draft.tasks.iter().enumerate() {
            let passes = stages.chain.iter().skip(1).any(|it| *it as usize == at);
            if !passes {
                sizes[stages.of[at].unwrap_or(0) as usize] += size(&read.task);
            }
        }
        let strategy = self.draft.settings.strategy;
        for (number, size) in sizes.into_iter().enumerate() {
            if size <= most as usize {
                continue;
            }
            let name = match (strategy, stages.stages.get(number)) {
                (Strategy::Waves, Some(stage)) => format!("wave {}", code(&stage.name)),
                (Strategy::Groups, Some(stage)) => format!("group {}", stage.name),
                (_, Some(stage)) => format!("stage {}", code(&stage.name)),
                (_, None) => "the plan".to_owned(),
            };
            let message = format!("{name} has {size} tasks, but `limits.max_wave_size` is {most}");
            self.mistakes.add(Mistake::new(place, message));
        }
    }
}

/// The strategies under which a task can need another.
const ORDERED: [Strategy; 5] = [
    Strategy::Graph,
    Strategy::Waves,
    Strategy::Groups,
    Strategy::MapReduce,
    Strategy::Pipeline,
];

/// Why a task cannot read an item, where it cannot. `step` is its place in a pipeline
/// whose items pass on their own.
pub(crate) fn no_item(
    task: &PlanTask,
    step: Option<usize>,
    place: Span,
    field: Field,
) -> Option<Mistake> {
    let source = task.expansion.as_ref().map(|expansion| &expansion.source);
    let is_made_of_items = matches!(
        source,
        Some(PlanSource::Items(_) | PlanSource::Output { .. })
    );
    let later = step.is_some_and(|step| step > 0);
    if later || (is_made_of_items && field != Field::When) {
        return None;
    }
    let message = match field {
        Field::When if is_made_of_items => {
            "`when` decides before the items are known, so it cannot read `item` and `index`"
        }
        _ => "`item` and `index` are known to tasks with `for_each` alone",
    };
    Some(Mistake::new(place, message))
}

fn table_of(place: &PlanPlace) -> StageTable {
    match place {
        PlanPlace::Wave(_) => StageTable::Wave,
        PlanPlace::Group(_) => StageTable::Group,
        PlanPlace::Stage(_) => StageTable::Stage,
    }
}

fn later_stage(stages: &Stages, at: usize, needed: u32) -> Option<String> {
    let (own, other) = (stages.of[at]?, stages.of[needed as usize]?);
    let name = &stages.stages.get(other as usize)?.name;
    (other > own).then(|| format!("that is of the later stage {}", code(name)))
}

/// Why a task of a pipeline whose items pass on their own cannot be needed.
fn out_of_step(steps: &HashMap<u32, usize>, at: u32, needed: u32) -> Option<String> {
    match (steps.get(&at), steps.get(&needed)) {
        (Some(own), Some(other)) => {
            (other > own).then(|| "each item comes there later".to_owned())
        }
        (None, Some(step)) => (*step > 0).then(|| {
            "it is done for each item: read the result of the first task of the pipeline, whose `output` lists what the items came to"
                .to_owned()
        }),
        _ => None,
    }
}

fn verb(why: Why) -> &'static str {
    match why {
        Why::Stated => "needs",
        Why::Read => "reads the result of",
        Why::Listed => "is made of the output of",
    }
}

/// How many tasks it counts as, as far as that is known.
pub(crate) fn size(task: &PlanTask) -> usize {
    match task.expansion.as_ref() {
        Some(expansion) => match &expansion.source {
            PlanSource::Items(items) => given_children(items.len(), expansion.batch),
            _ => 1,
        },
        None => 1,
    }
}
