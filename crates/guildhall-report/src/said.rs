//! Who says what.

use std::ops::Deref;

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    ActionPlan, Chart, Figure, Finding, Graph, Prose, Rule, Skipped, Suppressed, Table, Timeline,
    UnusedSuppression,
};

/// Something together with the agent that says so. It can be read like the thing itself.
///
/// In JSON the agent's id stands beside the thing's own fields, under `agent`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Said<T> {
    /// Id of the agent, as the host knows it.
    pub agent: String,
    /// What it says.
    #[serde(flatten)]
    pub item: T,
}

impl<T> Deref for Said<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.item
    }
}

/// What agents say and the host attributes.
pub(crate) trait Attributed {
    /// Fields of newer versions.
    fn extra(&mut self) -> &mut Map<String, Value>;
}

/// Adds `items` to `all`, as said by `agent`.
pub(crate) fn say<T: Attributed>(all: &mut Vec<Said<T>>, agent: &str, items: Vec<T>) {
    all.extend(items.into_iter().map(|mut item| {
        // Whatever the agent says of itself, the host knows better.
        item.extra().remove("agent");
        Said {
            agent: agent.to_owned(),
            item,
        }
    }));
}

macro_rules! attributed {
    ($($name:ident),+ $(,)?) => {
        $(impl Attributed for $name {
            fn extra(&mut self) -> &mut Map<String, Value> {
                &mut self.extra
            }
        })+
    };
}

attributed!(
    ActionPlan,
    Chart,
    Figure,
    Finding,
    Graph,
    Prose,
    Rule,
    Skipped,
    Suppressed,
    Table,
    Timeline,
    UnusedSuppression,
);
