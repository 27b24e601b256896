//! Changes as a plan tells them, and the names that it has for them.

use std::collections::BTreeMap;

use super::{Change, Difference, Member};
use crate::api::Name;
use crate::plan;

impl Difference {
    /// Every change as a plan tells it, ordered by id; what moved with a module is one change.
    pub fn changes(&self) -> Vec<plan::Change> {
        let items = self.paths.values().flatten();
        let members = self.members.values().flat_map(BTreeMap::values).flatten();
        let mut told: BTreeMap<(&str, super::Class, Option<&str>), plan::Change> = BTreeMap::new();
        for change in items.chain(members) {
            let key = (change.id.as_str(), change.class, change.new.as_deref());
            told.entry(key)
                .and_modify(|told| told.covers += 1)
                .or_insert_with(|| self.told(change));
        }
        told.into_values().collect()
    }

    fn told(&self, change: &Change) -> plan::Change {
        let module = self.modules.get(&change.id);
        plan::Change {
            id: change.id.clone(),
            class: change.class,
            old: change.old.clone(),
            new: change.new.clone(),
            to: module.or(change.to.as_ref()).cloned(),
            covers: 1,
            note: change.note.clone(),
        }
    }

    /// What a plan calls the item of a path, or a member of it.
    pub fn id(&self, path: &[Name], member: Option<Member<'_>>) -> String {
        let mut item = self.library.clone();
        for name in path {
            item.push_str("::");
            item.push_str(name);
        }
        match member {
            None => item,
            Some(Member::Named(name)) => format!("{item}::{name}"),
            Some(Member::Field(name)) => format!("{item}.{name}"),
            Some(Member::Literal) => format!("{item} {{ .. }}"),
            Some(Member::Match) => format!("match {item}"),
            Some(Member::Parameters) => format!("{item}<_>"),
            Some(Member::Lifetimes) => format!("{item}<'_>"),
            Some(Member::Impl) => format!("impl {item}"),
            Some(Member::ImplItem(name)) => format!("impl {item}::{name}"),
            Some(Member::Trait(name)) => format!("impl {name} for {item}"),
            Some(Member::Helper(name)) => format!("{item} #[{name}]"),
        }
    }
}
