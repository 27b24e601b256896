//! The kinds of change, and how surely a use of something that changed so has to be edited.
//!
//! The one table of both. The probabilities are read off what a change means, not fitted;
//! halving or doubling any of them moved no result that was measured.

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};

/// A kind of change.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Schema,
)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Class {
    /// It is gone.
    Removed,
    /// It is at another path under the same last name.
    Moved,
    /// It has another name.
    Renamed,
    /// It is something else now, such as a macro instead of a function.
    Kind,
    /// It is deprecated, and was not before.
    Deprecated,
    /// It takes another number of parameters, has a receiver now or none any more, became
    /// async or ceased to be, or became unsafe.
    Arity,
    /// It takes `self` in another way.
    Receiver,
    /// It took `&mut self` and takes `&self`: a binding may be `mut` for nothing.
    UnneededMut,
    /// It took `self` and takes a reference: every call still compiles.
    RelaxedReceiver,
    /// A parameter has another type.
    Parameter,
    /// A parameter takes more types than before.
    WidenedParameter,
    /// A generic parameter has other bounds.
    Bound,
    /// What it returns is wrapped into `Result` or `Option`, or no longer.
    ReturnWrap,
    /// It returns another type.
    Return,
    /// It returns the same type with other arguments, or something where it returned nothing.
    ReturnSoft,
    /// A variant has another shape.
    Variant,
    /// A struct can no longer be written as a literal in the same way.
    Literal,
    /// A `match` without a wildcard is no longer complete.
    Match,
    /// A trait requires an item that it did not.
    RequiredItem,
    /// A type has another number of type parameters.
    Generics,
    /// A type has another number of lifetime parameters.
    Lifetimes,
    /// A field is gone.
    RemovedField,
    /// A field has another type.
    FieldType,
    /// An inherent method became a method of a trait, which must be imported.
    ToTrait,
    /// A type that is still there no longer implements a trait.
    LostImpl,
    /// Values of the crate meet a package that stays on the old version.
    Exchange,
    /// A method of this name changed; of what type the receiver is, is not known.
    UnknownReceiver,
    /// A field of this name is gone; of what type the value is, is not known.
    UnknownField,
    /// Nothing that changed in the public API is used, though the release is a breaking one.
    OpaqueRelease,
    /// The crate is named; nothing that changed is seen.
    Mention,
    /// An item of the project is used that shows a type of the crate.
    Exposed,
    /// The compiler refuses it with the new version, or warns of it.
    Compiler,
    /// It is written otherwise in a later edition.
    Language,
    /// The file is laid out otherwise in a later edition.
    Layout,
}

impl Class {
    /// Every class, in the order of the table.
    pub const ALL: &[Self] = &[
        Self::Removed,
        Self::Moved,
        Self::Renamed,
        Self::Kind,
        Self::Deprecated,
        Self::Arity,
        Self::Receiver,
        Self::UnneededMut,
        Self::RelaxedReceiver,
        Self::Parameter,
        Self::WidenedParameter,
        Self::Bound,
        Self::ReturnWrap,
        Self::Return,
        Self::ReturnSoft,
        Self::Variant,
        Self::Literal,
        Self::Match,
        Self::RequiredItem,
        Self::Generics,
        Self::Lifetimes,
        Self::RemovedField,
        Self::FieldType,
        Self::ToTrait,
        Self::LostImpl,
        Self::Exchange,
        Self::UnknownReceiver,
        Self::UnknownField,
        Self::OpaqueRelease,
        Self::Mention,
        Self::Exposed,
        Self::Compiler,
        Self::Language,
        Self::Layout,
    ];

    /// How probable it is that a use of something that changed so has to be edited.
    ///
    /// [`UnneededMut`](Self::UnneededMut) has nought here: evidence of it is a binding, not
    /// the call, and [`UNNEEDED_MUT_AT_BINDING`] is its probability there.
    pub const fn probability(self) -> f64 {
        self.row().0
    }

    /// The name in the JSON and in the configuration.
    pub const fn name(self) -> &'static str {
        self.row().1
    }

    /// What it says of an item, to stand behind its name.
    pub const fn phrase(self) -> &'static str {
        self.row().2
    }

    /// Whether only a call of the function is evidence, and no mere mention of it.
    pub const fn is_of_calls(self) -> bool {
        matches!(
            self,
            Self::Arity
                | Self::Receiver
                | Self::UnneededMut
                | Self::RelaxedReceiver
                | Self::Parameter
                | Self::WidenedParameter
                | Self::Bound
                | Self::ReturnWrap
                | Self::Return
                | Self::ReturnSoft
        )
    }

    #[rustfmt::skip]
    const fn row(self) -> (f64, &'static str, &'static str) {
        match self {
            Self::Removed => (0.90, "removed", "removed"),
            Self::Moved => (0.90, "moved", "moved"),
            Self::Renamed => (0.90, "renamed", "renamed"),
            Self::Kind => (0.80, "kind", "became something else"),
            Self::Deprecated => (0.75, "deprecated", "deprecated"),
            Self::Arity => (0.85, "arity", "takes other parameters"),
            Self::Receiver => (0.70, "receiver", "takes self in another way"),
            Self::UnneededMut => (0.0, "unneeded-mut", "no longer needs a mutable receiver"),
            Self::RelaxedReceiver => (0.0, "relaxed-receiver", "no longer takes the value"),
            Self::Parameter => (0.50, "parameter", "a parameter has another type"),
            Self::WidenedParameter => (0.05, "widened-parameter", "a parameter takes more types"),
            Self::Bound => (0.05, "bound", "has other bounds"),
            Self::ReturnWrap => (0.80, "return-wrap", "what it returns is wrapped in another way"),
            Self::Return => (0.45, "return", "returns another type"),
            Self::ReturnSoft => (0.10, "return-soft", "returns a little more or less"),
            Self::Variant => (0.80, "variant", "the variant has another shape"),
            Self::Literal => (0.80, "literal", "is written with other fields"),
            Self::Match => (0.50, "match", "has variants that a match must cover"),
            Self::RequiredItem => (0.90, "required-item", "requires another item"),
            Self::Generics => (0.60, "generics", "has other type parameters"),
            Self::Lifetimes => (0.85, "lifetimes", "has other lifetimes"),
            Self::RemovedField => (0.80, "removed-field", "the field is removed"),
            Self::FieldType => (0.50, "field-type", "the field has another type"),
            Self::ToTrait => (0.50, "to-trait", "is a method of a trait now"),
            Self::LostImpl => (0.30, "lost-impl", "the trait is no longer implemented"),
            Self::Exchange => (0.60, "exchange", "meets a package that stays on the old version"),
            Self::UnknownReceiver => (0.50, "unknown-receiver", "perhaps a method that changed"),
            Self::UnknownField => (0.60, "unknown-field", "perhaps a field that is gone"),
            Self::OpaqueRelease => (0.50, "opaque-release", "nothing in the public API explains what breaks"),
            Self::Mention => (0.0, "mention", "is named"),
            Self::Exposed => (0.0, "exposed", "is shown by an item of the project"),
            Self::Compiler => (0.98, "compiler", "the compiler refuses it"),
            Self::Language => (0.95, "language", "is written otherwise in the edition"),
            Self::Layout => (0.95, "layout", "is laid out otherwise in the edition"),
        }
    }
}

/// How probable it is that a `mut` binding whose only reason was an [`Class::UnneededMut`] is
/// edited.
pub const UNNEEDED_MUT_AT_BINDING: f64 = 0.70;

/// The least probability at an `impl` that defines an item of a trait which changed.
pub const IMPLEMENTED_ITEM: f64 = 0.60;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_class_has_a_name_of_its_own_and_a_probability() {
        let names: BTreeSet<&str> = Class::ALL.iter().map(|class| class.name()).collect();
        assert_eq!(names.len(), Class::ALL.len());
        for class in Class::ALL {
            assert!((0.0..=1.0).contains(&class.probability()), "{class:?}");
        }
    }

    #[test]
    fn the_name_is_what_stands_in_the_json() {
        for class in Class::ALL {
            let json = serde_json::to_value(class).unwrap();
            assert_eq!(json, class.name());
        }
    }
}
