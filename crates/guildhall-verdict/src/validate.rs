//! Whether a question makes sense: everything that is wrong is named with its place.

use std::collections::BTreeSet;

use crate::VerdictError;
use crate::question::{Costs, Policy, Question};

/// Options at the most.
pub(crate) const MOST_OPTIONS: usize = 32;

/// Agents at the most: weighing them takes time that grows with the third power.
pub(crate) const MOST_AGENTS: usize = 64;

/// Pieces of evidence at the most.
pub(crate) const MOST_EVIDENCE: usize = 10_000;

/// Checks, results and premises at the most.
const MOST_CHECKS: usize = 256;

/// Policies at the most.
const MOST_POLICIES: usize = 256;

type Valid = Result<(), VerdictError>;

impl Question {
    /// Whether it can be decided at all.
    ///
    /// # Errors
    /// What is wrong first, with its place.
    pub fn validate(&self) -> Valid {
        if self.question.trim().is_empty() {
            return wrong("/question", "is empty; say what is to be decided");
        }
        self.validate_options()?;
        self.validate_evidence()?;
        self.validate_positions()?;
        self.validate_checks()?;
        self.validate_results()?;
        self.validate_costs()?;
        self.policies
            .iter()
            .enumerate()
            .try_for_each(|(at, policy)| self.validate_policy(at, policy))
    }

    fn validate_options(&self) -> Valid {
        let count = self.options.len();
        if !(2..=MOST_OPTIONS).contains(&count) {
            let problem = format!("{count} options; give 2 to {MOST_OPTIONS}");
            return wrong("/options", problem);
        }
        let ids = self.options.iter().map(|option| option.id.as_str());
        distinct("/options", "option", ids)
    }

    fn validate_positions(&self) -> Valid {
        at_most("/positions", self.positions.len(), MOST_AGENTS, "agents")?;
        at_most("/others", self.others.len(), MOST_AGENTS, "agents")?;
        at_most("/policies", self.policies.len(), MOST_POLICIES, "policies")?;
        let agents = self
            .positions
            .iter()
            .map(|position| position.agent.as_str());
        let others = self.others.iter().map(|other| other.agent.as_str());
        distinct("/positions", "agent", agents.chain(others))?;
        let evidence: BTreeSet<&str> = self.evidence.iter().map(|it| it.id.as_str()).collect();
        for (at, position) in self.positions.iter().enumerate() {
            let pointer = format!("/positions/{at}");
            self.one_of(&format!("{pointer}/option"), &position.option)?;
            let is_share = |share: f64| (0.0..=1.0).contains(&share);
            if let Some(confidence) = position.confidence
                && !is_share(confidence)
            {
                let problem = format!("{confidence} is no confidence; give a number from 0 to 1");
                return wrong(format!("{pointer}/confidence"), problem);
            }
            if let Some(cited) = position
                .evidence
                .iter()
                .find(|id| !evidence.contains(id.as_str()))
            {
                let problem = format!("there is no evidence `{cited}`; give it under `evidence`");
                return wrong(format!("{pointer}/evidence"), problem);
            }
            for (nth, premise) in position.premises.iter().enumerate() {
                let pointer = format!("{pointer}/premises/{nth}/measure");
                if let Some(measure) = &premise.measure {
                    if measure.over.is_some() == measure.under.is_some() {
                        return wrong(pointer, "give one limit, `over` or `under`");
                    }
                    price(&pointer, measure.price)?;
                }
            }
        }
        Ok(())
    }

    fn validate_evidence(&self) -> Valid {
        at_most("/evidence", self.evidence.len(), MOST_EVIDENCE, "pieces")?;
        let ids = self.evidence.iter().map(|evidence| evidence.id.as_str());
        distinct("/evidence", "evidence", ids)?;
        for (at, evidence) in self.evidence.iter().enumerate() {
            let pointer = format!("/evidence/{at}");
            self.one_of(&format!("{pointer}/supports"), &evidence.supports)?;
            if evidence.hash.trim().is_empty() {
                let problem = "is empty; evidence is bound to the hash of its content";
                return wrong(format!("{pointer}/hash"), problem);
            }
            if evidence.commit.is_none() && self.subject.commit.is_some() {
                let problem = "is missing; evidence is bound to a commit where the subject is";
                return wrong(format!("{pointer}/commit"), problem);
            }
        }
        Ok(())
    }

    fn validate_checks(&self) -> Valid {
        let premises = self
            .positions
            .iter()
            .map(|position| position.premises.len());
        let count = self.checks.len() + premises.sum::<usize>();
        at_most("/checks", count, MOST_CHECKS, "checks and premises")?;
        distinct("/checks", "check or premise", self.checkable())?;
        for (at, check) in self.checks.iter().enumerate() {
            let pointer = format!("/checks/{at}");
            if check.command.first().is_none_or(String::is_empty) {
                let problem = "is empty; give the program and its arguments";
                return wrong(format!("{pointer}/command"), problem);
            }
            if check.pass.is_none() && check.fail.is_none() {
                let problem = "speaks for no option; give `pass`, `fail` or both";
                return wrong(pointer, problem);
            }
            if check.pass == check.fail {
                let problem = "speaks for one option however it ends, so it tells nothing";
                return wrong(pointer, problem);
            }
            for option in [&check.pass, &check.fail].into_iter().flatten() {
                self.one_of(&pointer, option)?;
            }
            if check.timeout_seconds == Some(0) {
                let problem = "is 0; give at least a second";
                return wrong(format!("{pointer}/timeout_seconds"), problem);
            }
            price(&pointer, check.price)?;
        }
        for (at, other) in self.others.iter().enumerate() {
            price(&format!("/others/{at}"), other.price)?;
        }
        Ok(())
    }

    fn validate_results(&self) -> Valid {
        at_most("/results", self.results.len(), MOST_CHECKS, "results")?;
        let ids = self.results.iter().map(|result| result.id.as_str());
        distinct("/results", "result", ids)?;
        for (at, result) in self.results.iter().enumerate() {
            if !self.checkable().any(|id| id == result.id) {
                let problem = format!("there is no check and no premise `{}`", result.id);
                return wrong(format!("/results/{at}/id"), problem);
            }
        }
        Ok(())
    }

    /// The ids of all that can have a result.
    fn checkable(&self) -> impl Iterator<Item = &str> {
        let premises = self.positions.iter().flat_map(|it| &it.premises);
        let premises = premises.map(|premise| premise.id.as_str());
        self.checks
            .iter()
            .map(|check| check.id.as_str())
            .chain(premises)
    }

    fn validate_costs(&self) -> Valid {
        let Costs {
            wrong: one,
            ask,
            wrong_option,
        } = &self.costs;
        let named = [("wrong", one), ("ask", ask)];
        for (name, cost) in named {
            positive(&format!("/costs/{name}"), *cost)?;
        }
        for (option, cost) in wrong_option {
            let pointer = format!("/costs/wrong_option/{option}");
            self.one_of(&pointer, option)?;
            positive(&pointer, Some(*cost))?;
        }
        Ok(())
    }

    fn validate_policy(&self, at: usize, policy: &Policy) -> Valid {
        let pointer = format!("/policies/{at}");
        let (by, reason) = match policy {
            Policy::Veto { by, reason, option }
            | Policy::Override {
                by, reason, option, ..
            } => {
                self.one_of(&format!("{pointer}/option"), option)?;
                (by, reason)
            }
            Policy::Hold { by, reason } => (by, reason),
        };
        for (name, value) in [("by", by), ("reason", reason)] {
            if value.trim().is_empty() {
                return wrong(format!("{pointer}/{name}"), "is empty");
            }
        }
        match policy {
            Policy::Override { commit, .. } if commit.trim().is_empty() => {
                let problem = "is empty; an override holds for one commit";
                wrong(format!("{pointer}/commit"), problem)
            }
            Policy::Override { .. } if self.subject.commit.is_none() => {
                let problem = "overrides at a commit, and the subject names none";
                wrong(pointer, problem)
            }
            _ => Ok(()),
        }
    }

    /// Whether there is such an option.
    fn one_of(&self, pointer: &str, option: &str) -> Valid {
        if self.option(option).is_some() {
            return Ok(());
        }
        let ids: Vec<&str> = self.options.iter().map(|it| it.id.as_str()).collect();
        let problem = format!(
            "there is no option `{option}`; there are {}",
            ids.join(", ")
        );
        wrong(pointer, problem)
    }
}

fn wrong(pointer: impl Into<String>, problem: impl Into<String>) -> Valid {
    Err(VerdictError::new(pointer, problem))
}

pub(crate) fn at_most(pointer: &str, count: usize, most: usize, what: &str) -> Valid {
    if count <= most {
        return Ok(());
    }
    wrong(
        pointer,
        format!("{count} {what}; {most} are weighed at the most"),
    )
}

fn positive(pointer: &str, cost: Option<f64>) -> Valid {
    match cost {
        Some(cost) if !(cost > 0.0 && cost <= 1e9) => {
            let problem = format!("{cost} is no cost; give a number over 0, at most 1e9");
            wrong(pointer, problem)
        }
        _ => Ok(()),
    }
}

fn price(pointer: &str, price: Option<f64>) -> Valid {
    match price {
        Some(price) if !(0.0..=1e9).contains(&price) => {
            let problem = format!("{price} is no price; give a number from 0 to 1e9");
            wrong(format!("{pointer}/price"), problem)
        }
        _ => Ok(()),
    }
}

fn distinct<'a>(pointer: &str, what: &str, ids: impl Iterator<Item = &'a str>) -> Valid {
    let mut seen = BTreeSet::new();
    for id in ids {
        if id.trim().is_empty() {
            return wrong(
                pointer,
                format!("there is an empty id: each {what} has one"),
            );
        }
        if !seen.insert(id) {
            let problem = format!("{what} `{id}` stands there twice; each counts once");
            return wrong(pointer, problem);
        }
    }
    Ok(())
}
