//! The sum of a question: what was before, what agents say, precedents, evidence and checks.

use std::collections::{BTreeMap, BTreeSet};

use crate::Nats;
use crate::correlation::Speaker;
use crate::decide::{Applied, Settings};
use crate::experience::{Learned, Scope, Weighed, centred, softmax};
use crate::gate::{Candidate, Gate};
use crate::ledger::{Line, LineKind};
use crate::lower_bound;
use crate::question::{CheckResult, Class, Evidence, Policy, Question};
use crate::reliability::{Said, level};

/// Costs are compared in whole millionths.
const PER_COST: f64 = 1e6;

/// Probabilities are kept to a billionth: what is printed is what is used.
const PER_PROBABILITY: f64 = 1e9;

/// How often a class may be wrong more often than its bound says.
const CLASS_RISK: f64 = 0.05;

/// Pseudo-outcomes of a class that says nothing by itself.
const NOTHING_KNOWN: f64 = 4.0;

/// A question with its sum.
#[derive(Debug, Clone)]
pub(crate) struct Weighing {
    pub(crate) lines: Vec<Line>,
    /// By option.
    pub(crate) totals: Vec<Nats>,
    /// By option.
    pub(crate) probabilities: Vec<f64>,
    /// The option of least cost; none where two have it.
    pub(crate) best: Option<usize>,
    pub(crate) gate: Gate,
    pub(crate) policies: Vec<Applied>,
    /// The option that an override names.
    pub(crate) by_policy: Option<usize>,
    /// Whether a policy says that a person decides.
    pub(crate) is_held: bool,
    /// In millionths.
    costs: (i64, i64),
}

impl Weighing {
    /// The option that is chosen without a person.
    pub(crate) fn option(&self) -> Option<usize> {
        match self.by_policy {
            Some(option) => Some(option),
            None => self.best.filter(|_| self.gate.may_act),
        }
    }

    /// What choosing the best option costs.
    pub(crate) fn cost_of_acting(&self) -> f64 {
        self.costs.0 as f64 / PER_COST
    }

    /// What asking costs.
    pub(crate) fn cost_of_asking(&self) -> f64 {
        self.costs.1 as f64 / PER_COST
    }

    /// What the question costs as it stands: acting where it may, else asking.
    pub(crate) fn cost(&self) -> f64 {
        match self.option() {
            Some(_) => self.cost_of_acting(),
            None => self.cost_of_asking(),
        }
    }
}

/// Weighs a question in its canonical form.
pub(crate) fn weigh(question: &Question, learned: &Learned, settings: &Settings) -> Weighing {
    let mut sum = Sum::new(question, learned);
    sum.prior();
    sum.statements();
    sum.precedents();
    sum.evidence();
    sum.checks();
    sum.end(settings)
}

/// How often a class is right, by what is believed and what was seen.
pub(crate) fn class_rate(class: Class, options: usize, learned: &Learned) -> f64 {
    let (right, all) = class_counts(class, options, learned);
    right / all
}

fn class_counts(class: Class, options: usize, learned: &Learned) -> (f64, f64) {
    let (right, all) = match class {
        // Beliefs, until outcomes are known: a test is wrong once in fifty times.
        Class::TestResult => (58.8, 60.0),
        Class::Measurement => (57.6, 60.0),
        Class::StaticAnalysis if options == 2 => (2.5, 4.0),
        Class::StaticAnalysis => (2.0, 4.0),
        Class::Review | Class::Opinion => (NOTHING_KNOWN / options as f64, NOTHING_KNOWN),
    };
    let (more_right, more) = learned.class(class);
    (right + more_right as f64, all + more as f64)
}

/// A sum while it is made.
struct Sum<'a> {
    question: &'a Question,
    learned: &'a Learned,
    scope: Option<&'a Scope>,
    topic: Option<usize>,
    lines: Vec<Line>,
    totals: Vec<Nats>,
    /// Those who are heard, and what they say.
    said: Vec<Said>,
    /// For each option the classes of what checks and outsiders say for it.
    checked: Vec<BTreeSet<Class>>,
    /// By option, the classes of checks that speak against it, for another or for none.
    refuted: Vec<BTreeSet<Class>>,
}

impl<'a> Sum<'a> {
    fn new(question: &'a Question, learned: &'a Learned) -> Self {
        let scope = learned.scope(question);
        let count = question.options.len();
        Self {
            question,
            learned,
            scope,
            topic: scope.and_then(|scope| scope.topic(question.topic())),
            lines: Vec::new(),
            totals: vec![Nats::ZERO; count],
            said: Vec::new(),
            checked: vec![BTreeSet::new(); count],
            refuted: vec![BTreeSet::new(); count],
        }
    }

    fn prior(&mut self) {
        let count = self.question.options.len();
        let even = vec![1.0 / count as f64; count];
        let (prior, because) = match self.scope {
            Some(scope) => {
                let reliability = &scope.model.reliability;
                let known = reliability.outcomes_of(self.topic);
                let prior = reliability.prior(self.topic, count);
                (prior, format!("{known} outcomes of the topic are known"))
            }
            None => (even, "no outcomes are known".to_owned()),
        };
        let scores = centred(prior.into_iter().map(f64::ln).collect());
        let topic = self.question.topic().to_owned();
        self.add(LineKind::Prior, topic, None, because, 1.0, &scores);
    }

    fn statements(&mut self) {
        let question = self.question;
        let mut known = Vec::new();
        for position in &question.positions {
            let struck = question.refuted(&position.premises);
            let agent = self.scope.and_then(|scope| scope.agent(&position.agent));
            match (struck, agent) {
                (Some(struck), _) => {
                    let (who, says) = (&position.agent, &position.option);
                    self.strike(LineKind::Statement, who, says, struck);
                }
                (None, None) => {
                    let scores = vec![0.0; question.options.len()];
                    let (who, says) = (position.agent.clone(), position.option.clone());
                    let because = "no outcome is known of it".to_owned();
                    self.add(LineKind::Statement, who, Some(says), because, 0.0, &scores);
                }
                (None, Some(agent)) => known.push((agent, position)),
            }
        }
        let Some(scope) = self.scope else { return };
        let speakers: Vec<Speaker<'_>> = known
            .iter()
            .map(|(agent, position)| Speaker {
                agent: Some(*agent),
                model: position.model.as_deref(),
            })
            .collect();
        self.said = known
            .iter()
            .map(|(agent, position)| Said {
                agent: *agent,
                option: question.option(&position.option).unwrap_or(0),
                level: position.confidence.map(level),
            })
            .collect();
        let (model, count) = (&scope.model, question.options.len());
        let weighed = model.weighed(self.topic, &self.said, &speakers, count);
        for ((agent, position), Weighed { weight, scores }) in known.into_iter().zip(weighed) {
            let (right, all) = model.reliability.record(agent, None);
            let of_topic = self
                .topic
                .map(|topic| model.reliability.record(agent, Some(topic)));
            let (right_here, all_here) = of_topic.unwrap_or((0, 0));
            let because = format!(
                "right {right_here} of {all_here} times on the topic, {right} of {all} in all"
            );
            let (who, says) = (position.agent.clone(), position.option.clone());
            self.add(
                LineKind::Statement,
                who,
                Some(says),
                because,
                weight,
                &scores,
            );
        }
        let is_statement = |line: &Line| line.kind == LineKind::Statement;
        let first = self.lines.iter().position(is_statement).unwrap_or(0);
        self.lines[first..].sort_by(|a, b| a.who.cmp(&b.who));
    }

    fn precedents(&mut self) {
        let (Some(scope), Some(topic)) = (self.scope, self.topic) else {
            return;
        };
        let count = self.question.options.len();
        let Some(found) = scope.model.precedents.find(topic, &self.said, count) else {
            return;
        };
        let before = softmax(&self.totals);
        let after = found.applied(&before, scope.strength);
        let change = before.iter().zip(&after).map(|(before, after)| {
            // Neither is nothing: counts are drawn towards what was before.
            (after.max(1e-12) / before.max(1e-12)).ln()
        });
        let scores = centred(change.collect());
        let right = found.right.iter().zip(&self.question.options);
        let right: Vec<String> = right
            .filter_map(|(right, option)| Some(format!("{} {}", option.id, (*right)?)))
            .collect();
        let because = format!(
            "they stood so {} times; right was {}",
            found.all,
            right.join(", ")
        );
        let who = self.question.topic().to_owned();
        self.add(LineKind::Precedents, who, None, because, 1.0, &scores);
    }

    fn evidence(&mut self) {
        let question = self.question;
        let mut ranked: Vec<&Evidence> = question.evidence.iter().collect();
        ranked.sort_by(|a, b| (a.class, &a.id).cmp(&(b.class, &b.id)));
        let mut hashes: BTreeMap<&str, &str> = BTreeMap::new();
        let mut counted: Vec<&Evidence> = Vec::new();
        for evidence in ranked {
            if evidence.commit != question.subject.commit {
                let why = question.other_commit(evidence.commit.as_deref());
                self.strike(LineKind::Evidence, &evidence.id, &evidence.supports, why);
            } else if let Some(first) = hashes.get(evidence.hash.as_str()) {
                let why = format!("its content counts already, as {first}");
                self.strike(LineKind::Evidence, &evidence.id, &evidence.supports, why);
            } else {
                hashes.insert(&evidence.hash, &evidence.id);
                counted.push(evidence);
            }
        }
        // Found beforehand: one source may have given thousands of pieces.
        let mut of_source: BTreeMap<(Class, &str), usize> = BTreeMap::new();
        for evidence in &counted {
            if let Some(by) = &evidence.by {
                *of_source.entry((evidence.class, by)).or_default() += 1;
            }
        }
        let positions = question.positions.iter();
        let cited: BTreeSet<&str> = positions
            .clone()
            .flat_map(|position| position.evidence.iter().map(String::as_str))
            .collect();
        let parties: BTreeSet<&str> = positions.map(|position| position.agent.as_str()).collect();
        for evidence in &counted {
            let (class, by) = (evidence.class, evidence.by.as_deref());
            let same = by.map_or(1, |by| of_source[&(class, by)]);
            let option = question.option(&evidence.supports).unwrap_or(0);
            let rate = class_rate(class, question.options.len(), self.learned);
            let others = (1.0 - rate) / (question.options.len() - 1) as f64;
            let likelihood = (0..question.options.len())
                .map(|at| if at == option { rate } else { others })
                .collect();
            let weight = 1.0 / same as f64;
            let is_partys =
                cited.contains(evidence.id.as_str()) || by.is_some_and(|by| parties.contains(by));
            if !is_partys {
                self.checked[option].insert(class);
            }
            self.speak(
                LineKind::Evidence,
                &evidence.id,
                &evidence.supports,
                class,
                weight,
                likelihood,
                &evidence.text,
            );
        }
    }

    fn checks(&mut self) {
        let question = self.question;
        for result in &question.results {
            let Some((class, likelihoods, option)) = question.told_by(&result.id, self.learned)
            else {
                continue;
            };
            let is_passed = result.passed;
            let says = option[usize::from(!is_passed)].clone();
            if result.commit != question.subject.commit {
                let why = question.other_commit(result.commit.as_deref());
                let says = says.unwrap_or_default();
                self.strike(LineKind::Check, &result.id, &says, why);
                continue;
            }
            let likelihood = match is_passed {
                true => likelihoods.clone(),
                false => likelihoods.iter().map(|passed| 1.0 - passed).collect(),
            };
            if let Some(option) = says.as_deref().and_then(|says| question.option(says)) {
                self.checked[option].insert(class);
            }
            let most = likelihood.iter().copied().fold(0.0, f64::max);
            for (option, likelihood) in likelihood.iter().enumerate() {
                if *likelihood < most {
                    self.refuted[option].insert(class);
                }
            }
            let says = says.unwrap_or_default();
            let seen = match (result.seen.as_str(), is_passed) {
                ("", true) => "passed",
                ("", false) => "failed",
                (seen, _) => seen,
            };
            self.speak(
                LineKind::Check,
                &result.id,
                &says,
                class,
                1.0,
                likelihood,
                seen,
            );
        }
    }

    /// A line of something of a class, by how likely it is where each option is right.
    #[expect(clippy::too_many_arguments, reason = "they are the fields of one line")]
    fn speak(
        &mut self,
        kind: LineKind,
        who: &str,
        says: &str,
        class: Class,
        weight: f64,
        likelihood: Vec<f64>,
        seen: &str,
    ) {
        let (right, all) = class_counts(class, self.question.options.len(), self.learned);
        let seen = match seen {
            "" => String::new(),
            seen => format!("{seen}; "),
        };
        let because = format!("{seen}{}, right {right:.1} of {all:.1} times", class.word());
        let scores = likelihood.into_iter().map(|it| weight * it.ln()).collect();
        let says = (!says.is_empty()).then(|| says.to_owned());
        self.add(
            kind,
            who.to_owned(),
            says,
            because,
            weight,
            &centred(scores),
        );
    }

    fn add(
        &mut self,
        kind: LineKind,
        who: String,
        says: Option<String>,
        because: String,
        weight: f64,
        scores: &[f64],
    ) {
        let scores: Vec<Nats> = scores.iter().copied().map(Nats::new).collect();
        for (total, score) in self.totals.iter_mut().zip(&scores) {
            *total = *total + *score;
        }
        let options = self.question.options.iter();
        self.lines.push(Line {
            kind,
            who,
            says,
            because,
            weight,
            scores: options
                .map(|option| option.id.clone())
                .zip(scores)
                .collect(),
            struck: None,
        });
    }

    fn strike(&mut self, kind: LineKind, who: &str, says: &str, why: String) {
        self.lines.push(Line {
            kind,
            who: who.to_owned(),
            says: Some(says.to_owned()),
            because: String::new(),
            weight: 0.0,
            scores: BTreeMap::new(),
            struck: Some(why),
        });
    }

    fn end(self, settings: &Settings) -> Weighing {
        let question = self.question;
        let probabilities: Vec<f64> = softmax(&self.totals)
            .into_iter()
            .map(|probability| (probability * PER_PROBABILITY).round() / PER_PROBABILITY)
            .collect();
        let asking = question.costs.ask.unwrap_or(settings.cost_ask);
        let wrong: Vec<f64> = question
            .options
            .iter()
            .map(|it| question.wrong(&it.id, settings))
            .collect();
        let millionths = |cost: f64| (cost * PER_COST).round() as i64;
        let acting: Vec<i64> = probabilities
            .iter()
            .zip(&wrong)
            .map(|(probability, wrong)| millionths((1.0 - probability) * wrong))
            .collect();
        let least = acting.iter().copied().min().unwrap_or(0);
        let mut cheapest = (0..acting.len()).filter(|at| acting[*at] == least);
        let best = match (cheapest.next(), cheapest.next()) {
            (Some(best), None) => Some(best),
            _ => None,
        };
        let mut policies = Policies::of(question, best);
        let candidate = best.map(|best| {
            let needed = 1.0 - asking / wrong[best];
            Candidate {
                probability: probabilities[best],
                cost_of_acting: acting[best],
                cost_of_asking: millionths(asking),
                needed,
                rests_on_checks: self.rests_on_checks(best, needed),
            }
        });
        let forbidden = std::mem::take(&mut policies.forbidden);
        let gate = Gate::of(question, self.learned, settings, candidate, forbidden);
        Weighing {
            lines: self.lines,
            totals: self.totals,
            probabilities,
            best,
            gate,
            policies: policies.applied,
            by_policy: policies
                .chosen
                .filter(|_| settings.auto_resolve && !policies.is_held),
            is_held: policies.is_held,
            costs: (least, millionths(asking)),
        }
    }

    /// Whether something strong enough by itself speaks for the option, and nothing as strong
    /// for another.
    fn rests_on_checks(&self, best: usize, needed: f64) -> bool {
        let count = self.question.options.len();
        let is_strong = |class: &Class| {
            let (right, all) = class_counts(*class, count, self.learned);
            lower_bound(right, all, CLASS_RISK) >= needed
        };
        let strong = |at: usize| self.checked[at].iter().any(is_strong);
        let is_refuted = self.refuted[best].iter().any(is_strong);
        strong(best) && !is_refuted && !(0..count).any(|other| other != best && strong(other))
    }
}

/// What policies do to a question.
struct Policies {
    applied: Vec<Applied>,
    forbidden: Vec<String>,
    chosen: Option<usize>,
    is_held: bool,
}

impl Policies {
    fn of(question: &Question, best: Option<usize>) -> Self {
        let mut all = Self {
            applied: Vec::new(),
            forbidden: Vec::new(),
            chosen: None,
            is_held: false,
        };
        let overrides = question
            .policies
            .iter()
            .filter_map(|it| question.overridden(it));
        let chosen: BTreeSet<usize> = overrides.collect();
        for policy in &question.policies {
            all.apply(question, policy, best, &chosen);
        }
        if all.is_held {
            all.chosen = None;
        }
        all
    }

    fn apply(
        &mut self,
        question: &Question,
        policy: &Policy,
        best: Option<usize>,
        chosen: &BTreeSet<usize>,
    ) {
        let (holds, effect) = match policy {
            Policy::Hold { by, .. } => {
                self.is_held = true;
                self.forbidden
                    .push(format!("{by} says that a person decides"));
                (true, "a person decides".to_owned())
            }
            Policy::Veto { by, option, .. } => {
                let vetoed = question.option(option);
                if vetoed.is_some_and(|it| Some(it) == best || chosen.contains(&it)) {
                    self.is_held = true;
                    self.forbidden
                        .push(format!("{by} has a veto on `{option}`"));
                    (
                        true,
                        format!("`{option}` is not chosen, so a person decides"),
                    )
                } else {
                    (true, format!("`{option}` is not chosen"))
                }
            }
            Policy::Override { option, commit, .. } => match question.overridden(policy) {
                None => (
                    false,
                    format!("it is of commit {commit}, not of the subject's"),
                ),
                Some(_) if chosen.len() > 1 => {
                    self.is_held = true;
                    let why = "overrides contradict each other".to_owned();
                    if !self.forbidden.contains(&why) {
                        self.forbidden.push(why);
                    }
                    (false, "another override names another option".to_owned())
                }
                Some(at) => {
                    self.chosen = Some(at);
                    (true, format!("`{option}` is chosen at this commit"))
                }
            },
        };
        self.applied.push(Applied {
            policy: policy.clone(),
            holds,
            effect,
        });
    }
}

/// Of a check or a measured premise: how strong it is, how likely it passes where each option
/// is right, and the options that a pass and a failure speak for.
pub(crate) type Told = (Class, Vec<f64>, [Option<String>; 2]);

impl Question {
    /// What choosing this option costs where it is not right.
    fn wrong(&self, option: &str, settings: &Settings) -> f64 {
        let costs = &self.costs;
        let of_option = costs.wrong_option.get(option).copied();
        of_option.or(costs.wrong).unwrap_or(settings.cost_wrong)
    }

    /// What the result of a check or of measuring a premise would tell.
    pub(crate) fn told_by(&self, id: &str, learned: &Learned) -> Option<Told> {
        let (class, speaks_for) = self.speaks_for(id)?;
        let rate = class_rate(class, self.options.len(), learned);
        if let Some(check) = self.checks.iter().find(|check| check.id == id) {
            let passes = |option: &crate::Choice| match (&check.pass, &check.fail) {
                (Some(pass), _) if *pass == option.id => rate,
                (_, Some(fail)) if *fail == option.id => 1.0 - rate,
                // It says nothing of an option that neither names, where both name one.
                (Some(_), Some(_)) => 0.5,
                (Some(_), None) => 1.0 - rate,
                (None, _) => rate,
            };
            let likelihoods = self.options.iter().map(passes).collect();
            return Some((class, likelihoods, speaks_for));
        }
        let [for_its_agent, _] = &speaks_for;
        let passes = |option: &crate::Choice| match Some(&option.id) == for_its_agent.as_ref() {
            true => rate,
            false => 1.0 - rate,
        };
        let likelihoods = self.options.iter().map(passes).collect();
        Some((class, likelihoods, speaks_for))
    }

    /// Of a check or a premise: how strong it is, and the options that a pass and a failure speak
    /// for.
    pub(crate) fn speaks_for(&self, id: &str) -> Option<(Class, [Option<String>; 2])> {
        if let Some(check) = self.checks.iter().find(|check| check.id == id) {
            return Some((check.class, [check.pass.clone(), check.fail.clone()]));
        }
        let position = self
            .positions
            .iter()
            .find(|position| position.premises.iter().any(|premise| premise.id == id))?;
        let premise = position.premises.iter().find(|premise| premise.id == id)?;
        let class = match &premise.measure {
            Some(_) => Class::Measurement,
            None => Class::Review,
        };
        // A premise that is wrong speaks for what its agent is not for.
        let other = match self.options.as_slice() {
            [one, other] if one.id == position.option => Some(other.id.clone()),
            [one, _] => Some(one.id.clone()),
            _ => None,
        };
        Some((class, [Some(position.option.clone()), other]))
    }

    /// Why a position does not count, where one of its premises is refuted.
    fn refuted(&self, premises: &[crate::Premise]) -> Option<String> {
        let is_current = |it: &&CheckResult| it.commit == self.subject.commit;
        let results = self.results.iter().filter(is_current);
        let wrong: Vec<&CheckResult> = results.filter(|result| !result.passed).collect();
        let refuted = premises
            .iter()
            .find(|premise| wrong.iter().any(|result| result.id == premise.id))?;
        Some(format!(
            "its premise {} is refuted: {}",
            refuted.id, refuted.text
        ))
    }

    /// Why what is known of a commit does not count.
    fn other_commit(&self, commit: Option<&str>) -> String {
        match (commit, &self.subject.commit) {
            (Some(commit), Some(_)) => format!("it is of another commit, {commit}"),
            (Some(commit), None) => format!("it is of commit {commit}, and the subject names none"),
            (None, _) => "it names no commit, and the subject does".to_owned(),
        }
    }

    /// The option that an override names, where it holds at this commit.
    fn overridden(&self, policy: &Policy) -> Option<usize> {
        match policy {
            Policy::Override { option, commit, .. }
                if Some(commit) == self.subject.commit.as_ref() =>
            {
                self.option(option)
            }
            _ => None,
        }
    }
}
