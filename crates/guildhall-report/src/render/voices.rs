//! Who says what: named where more than one agent took part.

use crate::{Document, Said};

/// Whether agents are named.
#[derive(Debug, Clone, Copy)]
pub(super) struct Voices {
    several: bool,
}

impl Voices {
    pub(super) fn of(document: &Document) -> Self {
        Self {
            several: document.agents().len() > 1,
        }
    }

    /// For things that stand alone: agents are named where there are several of them.
    pub(super) fn among<T>(all: &[&Said<T>]) -> Self {
        let mut agents = all.iter().map(|said| said.agent.as_str());
        let first = agents.next();
        Self {
            several: agents.any(|agent| Some(agent) != first),
        }
    }

    /// The agent, where it is named.
    pub(super) fn by<'a, T>(&self, said: &'a Said<T>) -> Option<&'a str> {
        self.several.then_some(said.agent.as_str())
    }

    /// `title`, with the agent in brackets where it is named.
    pub(super) fn titled<T>(&self, title: &str, said: &Said<T>) -> String {
        match self.by(said) {
            Some(agent) => format!("{title} ({agent})"),
            None => title.to_owned(),
        }
    }
}

/// What each agent says, agent by agent.
pub(super) fn by_agent<T>(all: &[Said<T>]) -> impl Iterator<Item = &[Said<T>]> {
    all.chunk_by(|a, b| a.agent == b.agent)
}
