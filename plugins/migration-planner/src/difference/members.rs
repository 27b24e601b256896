//! What became of the members of types, traits and derives.

use std::collections::BTreeSet;

use super::{Change, Class, Difference, Member, note, signature};
use crate::api::{
    Detail, Field, ItemKind, ItemRef, Method, Name, Paths, Shape, Signature, TraitDetail,
    TraitItem, TypeDetail, Variant, Visibility,
};

/// How alike two names must be for one to be taken for a new name of the other.
const ALIKE: f64 = 0.8;

/// Traits that every type has unless something takes them from it.
const AUTOMATIC: [&str; 4] = ["Sized", "Send", "Sync", "'static"];

impl Difference {
    /// Compares two types.
    pub(super) fn types(&mut self, path: &[Name], old: &ItemRef, new: &ItemRef, paths: &Paths) {
        let (Some(before), Some(after)) = (old.type_detail(), new.type_detail()) else {
            return;
        };
        self.methods(path, before, after, paths);
        self.lost_traits(path, before, after, paths);
        self.fields(path, old, new);
        self.variants(path, old, new);
        self.parameters(path, before, after);
    }

    fn methods(&mut self, path: &[Name], before: &TypeDetail, after: &TypeDetail, paths: &Paths) {
        for (name, methods) in &before.methods {
            let olds = inherent(methods);
            if olds.is_empty() {
                continue;
            }
            let all = after.methods.get(name).map_or(&[][..], Vec::as_slice);
            let news = inherent(all);
            if !news.is_empty() {
                self.method(path, name, &olds, &news, after);
            } else if let Some(of_trait) = all.iter().find_map(|method| method.of_trait.as_ref()) {
                let change = Change {
                    to: Some(format!("{of_trait}::{name}")),
                    ..self.change(path, Some(Member::Named(name)), Class::ToTrait)
                };
                self.add_member(path, Member::Named(name), change);
            } else if !paths.is_opaque(path, name) {
                self.gone(path, name, &olds, before, after);
            }
        }
    }

    /// A method that both versions have.
    fn method(
        &mut self,
        path: &[Name],
        name: &str,
        olds: &[&Method],
        news: &[&Method],
        after: &TypeDetail,
    ) {
        let member = Member::Named(name);
        for found in signature::least(&signatures(olds), &signatures(news)) {
            let change = Change {
                old: Some(found.old),
                new: Some(found.new),
                ..self.change(path, Some(member), found.class)
            };
            self.add_member(path, member, change);
        }
        let notes: Vec<&String> = news
            .iter()
            .filter_map(|new| new.deprecated.as_ref())
            .collect();
        let was_deprecated = olds.iter().any(|old| old.deprecated.is_some());
        if !was_deprecated && notes.len() == news.len() {
            let note = notes.into_iter().next().cloned().unwrap_or_default();
            let change = Change {
                to: note::named(&note, |name| after.methods.contains_key(name)),
                note: Some(note).filter(|note| !note.is_empty()),
                ..self.change(path, Some(member), Class::Deprecated)
            };
            self.add_member(path, member, change);
        }
    }

    /// A method that is no longer there: under another name, or not at all.
    fn gone(
        &mut self,
        path: &[Name],
        name: &str,
        olds: &[&Method],
        before: &TypeDetail,
        after: &TypeDetail,
    ) {
        let note = olds.iter().find_map(|old| old.deprecated.clone());
        let named = note
            .as_ref()
            .and_then(|note| note::named(note, |name| after.methods.contains_key(name)));
        let to = named.or_else(|| other_name(name, olds, before, after));
        let class = if to.is_some() {
            Class::Renamed
        } else {
            Class::Removed
        };
        let change = Change {
            old: signatures(olds).first().map(Signature::shown),
            to,
            note: note.filter(|note| !note.is_empty()),
            ..self.change(path, Some(Member::Named(name)), class)
        };
        self.add_member(path, Member::Named(name), change);
    }

    fn lost_traits(
        &mut self,
        path: &[Name],
        before: &TypeDetail,
        after: &TypeDetail,
        paths: &Paths,
    ) {
        let is_lost =
            |name: &&Name| !after.traits.contains_key(*name) && !paths.is_opaque(path, name);
        let lost: BTreeSet<&Name> = before.traits.keys().filter(is_lost).collect();
        for name in &lost {
            let member = Member::Trait(name);
            let change = self.change(path, Some(member), Class::LostImpl);
            self.add_member(path, member, change);
        }
        for (name, methods) in &before.methods {
            let is_of_lost = |method: &Method| {
                let of_trait = method.of_trait.as_ref();
                of_trait.is_some_and(|of_trait| lost.contains(of_trait))
            };
            if methods.iter().all(is_of_lost) && !after.methods.contains_key(name) {
                let member = Member::Named(name);
                let change = Change {
                    old: methods.iter().find_map(|method| method.of_trait.clone()),
                    ..self.change(path, Some(member), Class::LostImpl)
                };
                self.add_member(path, member, change);
            }
        }
    }

    fn fields(&mut self, path: &[Name], old: &ItemRef, new: &ItemRef) {
        let (Some(before), Some(after)) = (structure(old), structure(new)) else {
            return;
        };
        for field in public(before) {
            let member = Member::Field(&field.name);
            let news = named(public(after), &field.name);
            let is_same = |new: &&Field| new.ty.normal == field.ty.normal;
            let change = match news.first() {
                _ if news.iter().any(is_same) => continue,
                None => self.change(path, Some(member), Class::RemovedField),
                Some(other) => Change {
                    old: Some(field.ty.written.clone()),
                    new: Some(other.ty.written.clone()),
                    ..self.change(path, Some(member), Class::FieldType)
                },
            };
            self.add_member(path, member, change);
        }
        if is_written_otherwise(old, new, before, after) {
            let change = self.change(path, Some(Member::Literal), Class::Literal);
            self.add_member(path, Member::Literal, change);
        }
    }

    fn variants(&mut self, path: &[Name], old: &ItemRef, new: &ItemRef) {
        let (Some(before), Some(after)) = (old.type_detail(), new.type_detail()) else {
            return;
        };
        if before.variants.is_empty() || after.variants.is_empty() {
            return;
        }
        for variant in &before.variants {
            let member = Member::Named(&variant.name);
            let is_named = |other: &&Variant| other.name == variant.name;
            let news: Vec<&Variant> = after.variants.iter().filter(is_named).collect();
            if news
                .iter()
                .any(|new| variant_change(variant, new).is_none())
            {
                continue;
            }
            let other = news.first().copied();
            let change = other.and_then(|other| variant_change(variant, other));
            let class = change.unwrap_or(Class::Removed);
            let change = Change {
                old: Some(shown(variant.shape, &variant.fields)),
                new: other.map(|other| shown(other.shape, &other.fields)),
                ..self.change(path, Some(member), class)
            };
            self.add_member(path, member, change);
        }
        let known: BTreeSet<&str> = before
            .variants
            .iter()
            .map(|variant| variant.name.as_str())
            .collect();
        let names = after.variants.iter().map(|variant| variant.name.as_str());
        let more: Vec<&str> = names.filter(|name| !known.contains(name)).collect();
        let is_open = new.item().is_non_exhaustive;
        if !old.item().is_non_exhaustive && (is_open || !more.is_empty()) {
            let change = Change {
                new: Some(if more.is_empty() {
                    "non-exhaustive".to_owned()
                } else {
                    more.join(", ")
                }),
                ..self.change(path, Some(Member::Match), Class::Match)
            };
            self.add_member(path, Member::Match, change);
        }
    }

    fn parameters(&mut self, path: &[Name], before: &TypeDetail, after: &TypeDetail) {
        if before.lifetimes != after.lifetimes {
            let change = Change {
                old: Some(before.lifetimes.to_string()),
                new: Some(after.lifetimes.to_string()),
                ..self.change(path, Some(Member::Lifetimes), Class::Lifetimes)
            };
            self.add_member(path, Member::Lifetimes, change);
        }
        let (old, new) = (needed(before), needed(after));
        if old.len() != new.len() {
            let change = Change {
                old: Some(format!("<{}>", old.join(", "))),
                new: Some(format!("<{}>", new.join(", "))),
                ..self.change(path, Some(Member::Parameters), Class::Generics)
            };
            self.add_member(path, Member::Parameters, change);
        }
    }

    /// Compares two traits.
    pub(super) fn traits(&mut self, path: &[Name], old: &ItemRef, new: &ItemRef, paths: &Paths) {
        let (Some(before), Some(after)) = (old.trait_detail(), new.trait_detail()) else {
            return;
        };
        for item in &before.items {
            match after.items.iter().find(|other| other.name == item.name) {
                None if paths.is_opaque(path, &item.name) => {}
                None => self.trait_item(path, &item.name, |change| Change {
                    class: Class::Removed,
                    note: item.deprecated.clone().filter(|note| !note.is_empty()),
                    ..change
                }),
                Some(other) => self.trait_items(path, item, other, (before, after)),
            }
        }
        self.required(path, before, after);
    }

    /// Compares an item that both versions of a trait have.
    fn trait_items(
        &mut self,
        path: &[Name],
        item: &TraitItem,
        other: &TraitItem,
        (before, after): (&TraitDetail, &TraitDetail),
    ) {
        let forms = |detail: &TraitDetail| {
            let items = detail.items.iter().filter(|other| other.name == item.name);
            let signatures = items.filter_map(|item| item.signature.clone());
            signatures.collect::<Vec<_>>()
        };
        for found in signature::least(&forms(before), &forms(after)) {
            self.trait_item(path, &item.name, |change| Change {
                class: found.class,
                old: Some(found.old.clone()),
                new: Some(found.new.clone()),
                ..change
            });
        }
        if let (None, Some(note)) = (&item.deprecated, &other.deprecated) {
            let member = Member::Named(&item.name);
            let is_item = |name: &str| after.items.iter().any(|item| item.name == name);
            let change = Change {
                to: note::named(note, is_item),
                note: Some(note.clone()).filter(|note| !note.is_empty()),
                ..self.change(path, Some(member), Class::Deprecated)
            };
            self.add_member(path, member, change);
        }
    }

    /// Adds a change of a trait's item, for those who use it and for those who define it.
    fn trait_item(&mut self, path: &[Name], name: &str, told: impl Fn(Change) -> Change) {
        for member in [Member::Named(name), Member::ImplItem(name)] {
            let change = told(self.change(path, Some(member), Class::Removed));
            self.add_member(path, member, change);
        }
    }

    /// What an `impl` of a trait needs that it did not.
    fn required(&mut self, path: &[Name], before: &TraitDetail, after: &TraitDetail) {
        let is_known = |name: &str| before.items.iter().any(|item| item.name == name);
        let items = after.items.iter();
        for item in items.filter(|item| !item.has_default && !is_known(&item.name)) {
            let change = Change {
                new: Some(item.name.clone()),
                ..self.change(path, Some(Member::Impl), Class::RequiredItem)
            };
            self.add_member(path, Member::Impl, change);
        }
        let more = after.supertraits.difference(&before.supertraits);
        let more = more.map(String::as_str);
        let more: Vec<&str> = more.filter(|name| !AUTOMATIC.contains(name)).collect();
        if !more.is_empty() {
            let change = Change {
                new: Some(more.join(" + ")),
                ..self.change(path, Some(Member::Impl), Class::Bound)
            };
            self.add_member(path, Member::Impl, change);
        }
    }

    /// Compares the attributes that two derives read.
    pub(super) fn helpers(&mut self, path: &[Name], old: &ItemRef, new: &ItemRef) {
        let (Detail::Macro { helpers: before }, Detail::Macro { helpers: after }) =
            (&old.item().detail, &new.item().detail)
        else {
            return;
        };
        for helper in before.difference(after) {
            let member = Member::Helper(helper);
            let change = self.change(path, Some(member), Class::Removed);
            self.add_member(path, member, change);
        }
    }
}

fn inherent(methods: &[Method]) -> Vec<&Method> {
    let inherent = methods.iter().filter(|method| method.of_trait.is_none());
    inherent.collect()
}

fn signatures(methods: &[&Method]) -> Vec<Signature> {
    let signatures = methods.iter().filter_map(|method| method.signature.clone());
    signatures.collect()
}

/// The one method that is new, has the same signature and a name much like `name`.
fn other_name(
    name: &str,
    olds: &[&Method],
    before: &TypeDetail,
    after: &TypeDetail,
) -> Option<String> {
    let olds = signatures(olds);
    let is_same = |news: &[Method]| {
        let news = signatures(&inherent(news));
        !news.is_empty() && signature::least(&olds, &news).is_empty()
    };
    let candidates = after.methods.iter().filter(|(other, methods)| {
        !before.methods.contains_key(*other)
            && strsim::jaro_winkler(name, other) >= ALIKE
            && is_same(methods)
    });
    let candidates: Vec<&Name> = candidates.map(|(other, _)| other).collect();
    match candidates.as_slice() {
        [only] if !olds.is_empty() => Some((*only).clone()),
        _ => None,
    }
}

/// The parts of a struct; `None` of anything else.
fn structure(item: &ItemRef) -> Option<&TypeDetail> {
    let is_struct = item.kind() == ItemKind::Struct;
    item.type_detail().filter(|_| is_struct)
}

fn public(detail: &TypeDetail) -> impl Iterator<Item = &Field> {
    let fields = detail.fields.iter();
    fields.filter(|field| field.visibility == Visibility::Public)
}

/// Whether a literal of a struct, which anyone could write, is written in another way.
fn is_written_otherwise(
    old: &ItemRef,
    new: &ItemRef,
    before: &TypeDetail,
    after: &TypeDetail,
) -> bool {
    let is_open = |detail: &TypeDetail| public(detail).count() == detail.fields.len();
    let is_new = |field: &Field| before.fields.iter().all(|other| other.name != field.name);
    let had_fields = !before.fields.is_empty();
    let has_more = new.item().is_non_exhaustive || after.fields.iter().any(is_new);
    let could_be_written = had_fields && is_open(before) && !old.item().is_non_exhaustive;
    let was_tuple = before.shape == Shape::Tuple && public(before).next().is_some();
    could_be_written && has_more || was_tuple && after.shape != Shape::Tuple
}

/// Of several fields those of a name: conditions choose among them.
fn named<'a>(fields: impl Iterator<Item = &'a Field>, name: &str) -> Vec<&'a Field> {
    fields.filter(|field| field.name == name).collect()
}

/// What became of a variant that both versions have.
fn variant_change(old: &Variant, new: &Variant) -> Option<Class> {
    if old.shape != new.shape || old.fields.len() != new.fields.len() {
        return Some(Class::Variant);
    }
    (forms(&old.fields) != forms(&new.fields)).then_some(Class::FieldType)
}

fn forms(fields: &[Field]) -> Vec<(&str, &str)> {
    let forms = fields
        .iter()
        .map(|field| (field.name.as_str(), field.ty.normal.as_str()));
    forms.collect()
}

/// The fields of a variant as a person reads them.
fn shown(shape: Shape, fields: &[Field]) -> String {
    let named = fields
        .iter()
        .map(|field| format!("{}: {}", field.name, field.ty.written));
    let types = fields.iter().map(|field| field.ty.written.clone());
    match shape {
        Shape::Named => format!("{{ {} }}", named.collect::<Vec<_>>().join(", ")),
        Shape::Tuple => format!("({})", types.collect::<Vec<_>>().join(", ")),
        Shape::Unit => "no fields".to_owned(),
    }
}

/// The type parameters that must be written.
fn needed(detail: &TypeDetail) -> Vec<&str> {
    let needed = detail
        .parameters
        .iter()
        .filter(|parameter| !parameter.has_default);
    needed.map(|parameter| parameter.name.as_str()).collect()
}
