//! What must hold of every run, however often it was killed.

use std::collections::HashMap;

use guildhall_coordination::ledger::Phase;
use guildhall_coordination::{Ledger, NeedOn, RunEvent, TaskIndex, TaskStatus};

use crate::world::World;

impl World {
    /// Stops the test where a promise is broken.
    pub(crate) fn check(&self) {
        if let Some(problem) = self.problem() {
            panic!("seed {} ({:?}): {problem}", self.seed, self.shape);
        }
    }

    /// The first promise that is broken.
    pub(crate) fn problem(&self) -> Option<String> {
        None.or_else(|| self.lost())
            .or_else(|| self.completed_twice())
            .or_else(|| self.repeated())
            .or_else(|| self.out_of_order())
            .or_else(|| self.too_late())
            .or_else(|| self.overspent())
            .or_else(|| self.raced_on())
            .or_else(|| self.past_a_deadline())
            .or_else(|| self.gave_way_wrongly())
    }

    /// Every task ends, and so does the run.
    fn lost(&self) -> Option<String> {
        let ledger = self.folded();
        let mut open = ledger
            .tasks()
            .iter()
            .filter(|task| !task.status.has_ended());
        if let Some(task) = open.next() {
            return Some(format!("{} never ended: {}", task.spec.key, task.status));
        }
        let ended = matches!(ledger.phase(), Some(Phase::Ended(_)));
        (!ended).then(|| format!("the run never ended: {:?}", ledger.phase()))
    }

    fn completed_twice(&self) -> Option<String> {
        let mut completed: HashMap<TaskIndex, u32> = HashMap::new();
        for recorded in self.journal() {
            if let RunEvent::Completed(it) = &recorded.event {
                *completed.entry(it.task).or_default() += 1;
            }
        }
        let twice = completed.iter().find(|(_, times)| **times > 1);
        twice.map(|(task, times)| format!("{task} completed {times} times"))
    }

    /// An agent carries a task out to its end once, and once more for each time it was in
    /// flight when a process was killed.
    fn repeated(&self) -> Option<String> {
        let more = self.effects.done.iter().find(|(task, times)| {
            let cut = self.effects.cut.get(task).copied().unwrap_or(0);
            **times > 1 + cut
        });
        more.map(|(task, times)| {
            let cut = self.effects.cut.get(task).copied().unwrap_or(0);
            format!("{task} was carried out {times} times and in flight at {cut} crashes")
        })
    }

    /// No task begins before what it needs has ended, before its stage, or above a limit.
    fn out_of_order(&self) -> Option<String> {
        let mut ledger = Ledger::new();
        for recorded in self.journal() {
            let begun = match &recorded.event {
                RunEvent::Started(started) => Some(started.task),
                _ => None,
            };
            let too_early = begun.and_then(|task| begun_too_early(&ledger, task));
            ledger.apply(recorded).unwrap();
            let above = begun.and_then(|_| above_limit(&ledger));
            if let Some(problem) = too_early.or(above) {
                return Some(format!("event {}: {problem}", recorded.seq));
            }
        }
        (self.effects.built_on_sand > 0).then(|| {
            let count = self.effects.built_on_sand;
            format!("{count} attempts were begun on results that could still be lost")
        })
    }

    fn too_late(&self) -> Option<String> {
        let taken = self.effects.taken_too_late;
        (taken > 0).then(|| format!("{taken} results of killed processes were taken"))
    }

    /// What is spent and set aside stays within the budget at all times.
    fn overspent(&self) -> Option<String> {
        let mut ledger = Ledger::new();
        for recorded in self.journal() {
            ledger.apply(recorded).unwrap();
            let taken = ledger.spent().plus(ledger.reserved()).usd;
            let most = ledger.budget().usd.unwrap_or(f64::INFINITY);
            if taken > most {
                let seq = recorded.seq;
                return Some(format!("event {seq}: {taken} dollars are taken of {most}"));
            }
        }
        None
    }

    /// A race that was won under an earlier process is called off by whoever takes the run
    /// over, before anything of it begins.
    fn raced_on(&self) -> Option<String> {
        let ledger = self.folded();
        let race_of = |task: TaskIndex| ledger.task(task)?.spec.race.as_deref();
        let mut won: HashMap<&str, u32> = HashMap::new();
        for recorded in self.journal() {
            match &recorded.event {
                RunEvent::Completed(completed) => {
                    if let Some(race) = race_of(completed.task) {
                        won.entry(race).or_insert(recorded.epoch);
                    }
                }
                RunEvent::Started(started) => {
                    let race = race_of(started.task);
                    let epoch = race.and_then(|race| won.get(race));
                    if epoch.is_some_and(|epoch| *epoch < recorded.epoch) {
                        let (seq, task) = (recorded.seq, started.task);
                        return Some(format!(
                            "event {seq}: task {task} began in a race that was won"
                        ));
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// A stage's time counts from its first start, whoever works on the run: nothing of it
    /// begins later.
    fn past_a_deadline(&self) -> Option<String> {
        let ledger = self.folded();
        let stages = &ledger.created()?.settings.stages;
        let mut first: HashMap<u32, u64> = HashMap::new();
        for recorded in self.journal() {
            let RunEvent::Started(started) = &recorded.event else {
                continue;
            };
            let Some(stage) = ledger.task(started.task)?.spec.stage else {
                continue;
            };
            let since = *first.entry(stage).or_insert(recorded.at_ms);
            let deadline = stages.get(stage as usize)?.deadline_ms;
            if deadline.is_some_and(|deadline| recorded.at_ms > since + deadline) {
                let (seq, task) = (recorded.seq, started.task);
                return Some(format!(
                    "event {seq}: task {task} began after its stage's time"
                ));
            }
        }
        None
    }

    fn gave_way_wrongly(&self) -> Option<String> {
        let wrong = self.effects.wrong_yields;
        (wrong > 0).then(|| format!("{wrong} attempts that do not give way were asked to"))
    }
}

fn begun_too_early(ledger: &Ledger, task: TaskIndex) -> Option<String> {
    let spec = &ledger.task(task)?.spec;
    for need in &spec.needs {
        let status = ledger.task(need.task)?.status;
        let met = match need.on {
            NeedOn::Completed => status == TaskStatus::Completed,
            NeedOn::Ended => status.has_ended(),
        };
        if !met {
            let needed = &ledger.task(need.task)?.spec.key;
            return Some(format!("{} began while {needed} was {status}", spec.key));
        }
    }
    let stage = spec.stage?;
    let earlier = ledger
        .tasks()
        .iter()
        .find(|other| other.spec.stage.is_some_and(|it| it < stage) && !other.status.has_ended());
    earlier.map(|other| format!("{} began before {} ended", spec.key, other.spec.key))
}

fn above_limit(ledger: &Ledger) -> Option<String> {
    let limits = &ledger.created()?.settings.limits;
    let running: Vec<_> = ledger
        .tasks()
        .iter()
        .filter(|task| task.in_flight.is_some())
        .collect();
    if running.len() > limits.concurrency as usize {
        return Some(format!("{} attempts at once", running.len()));
    }
    for (tag, most) in &limits.tags {
        let tagged = running.iter().filter(|task| task.spec.tags.contains(tag));
        if tagged.count() > *most as usize {
            return Some(format!("more than {most} attempts with the tag {tag}"));
        }
    }
    None
}
