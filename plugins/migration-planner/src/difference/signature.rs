//! How signatures differ, as far as a caller notices.

use super::Class;
use crate::api::{Receiver, Signature, Type};

/// One way in which two signatures differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) class: Class,
    /// What it was, as it is written.
    pub(super) old: String,
    /// What it is.
    pub(super) new: String,
}

impl Found {
    fn new(class: Class, old: impl Into<String>, new: impl Into<String>) -> Self {
        Self {
            class,
            old: old.into(),
            new: new.into(),
        }
    }
}

/// The differences of the two signatures that differ least; none where one side has none.
pub(super) fn least(olds: &[Signature], news: &[Signature]) -> Vec<Found> {
    let pairs = olds
        .iter()
        .flat_map(|old| news.iter().map(move |new| (old, new)));
    let all = pairs.map(|(old, new)| differences(old, new));
    let least = all.min_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    least.unwrap_or_default()
}

fn differences(old: &Signature, new: &Signature) -> Vec<Found> {
    let mut found = Vec::new();
    let whole = |class| Found::new(class, old.shown(), new.shown());
    found.extend(receiver(old, new).map(&whole));
    if old.parameters.len() != new.parameters.len() {
        found.push(whole(Class::Arity));
    } else {
        let pairs = old.parameters.iter().zip(&new.parameters);
        let changed = pairs.filter(|(old, new)| is_other(old, new));
        found.extend(changed.map(|(old, new)| of_types(old, new, parameter)));
    }
    let awaited = awaited(old).zip(awaited(new));
    let awaited = awaited.filter(|_| old.is_async != new.is_async);
    if old.is_async != new.is_async && awaited.is_none() || new.is_unsafe && !old.is_unsafe {
        found.push(whole(Class::Arity));
    }
    match awaited {
        Some((before, after)) if before == after => {}
        Some((before, after)) => found.push(whole(result(before, after))),
        None if is_other(&old.result, &new.result) => {
            found.push(of_types(&old.result, &new.result, result));
        }
        None => {}
    }
    found.dedup();
    found
}

/// What `await` leaves of a function that is async or says that it gives a future: callers write
/// the same for both.
fn awaited(signature: &Signature) -> Option<&str> {
    let result = signature.result.normal.as_str();
    if signature.is_async {
        return Some(result);
    }
    let bounds = result.strip_prefix("impl ")?;
    let output = &bounds[bounds.find("Future<Output")?..];
    let output = &output[output.find('=')? + 1..];
    let mut depth = 0_i32;
    let end = output.find(|letter: char| {
        depth += match letter {
            '<' | '(' | '[' => 1,
            '>' | ')' | ']' => -1,
            _ => 0,
        };
        depth < 0
    })?;
    Some(output[..end].trim())
}

fn receiver(old: &Signature, new: &Signature) -> Option<Class> {
    match (&old.receiver, &new.receiver) {
        (old, new) if old == new => None,
        (Receiver::Mutable, Receiver::Reference) => Some(Class::UnneededMut),
        (Receiver::Value, Receiver::Reference | Receiver::Mutable) => Some(Class::RelaxedReceiver),
        (Receiver::None, _) | (_, Receiver::None) => Some(Class::Arity),
        _ => Some(Class::Receiver),
    }
}

/// Whether two types differ. Those that are written alike do not where all that differs is the
/// number of a parameter of the type around them: that is told once, of the type.
fn is_other(old: &Type, new: &Type) -> bool {
    let unnumbered = |ty: &Type| {
        ty.normal
            .replace(|letter: char| letter.is_ascii_digit(), "")
    };
    let is_alike = old.written == new.written && unnumbered(old) == unnumbered(new);
    old.normal != new.normal && !is_alike
}

/// How two types differ. Where both are written alike it is by the bounds of what is in them.
fn of_types(old: &Type, new: &Type, class: impl Fn(&str, &str) -> Class) -> Found {
    if old.written == new.written {
        return Found::new(Class::Bound, &old.normal, &new.normal);
    }
    Found::new(class(&old.normal, &new.normal), &old.written, &new.written)
}

fn parameter(old: &str, new: &str) -> Class {
    match (is_generic(old), is_generic(new)) {
        (true, true) => Class::Bound,
        (false, true) => Class::WidenedParameter,
        _ => Class::Parameter,
    }
}

fn is_generic(ty: &str) -> bool {
    ty == "impl" || ty.starts_with("impl ")
}

fn result(old: &str, new: &str) -> Class {
    let head = |ty: &str| ty.split('<').next().unwrap_or_default().to_owned();
    let (old_head, new_head) = (head(old), head(new));
    let is_wrap = |head: &str| head == "Result" || head == "Option";
    match () {
        () if old == "()" => Class::ReturnSoft,
        () if old_head == new_head => Class::ReturnSoft,
        () if is_wrap(&old_head) || is_wrap(&new_head) => Class::ReturnWrap,
        () => Class::Return,
    }
}
