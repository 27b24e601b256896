//! What is left out of records because it is as if nothing were said.

pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

pub(crate) fn is_zero(value: &u32) -> bool {
    *value == 0
}

pub(crate) fn one() -> u32 {
    1
}

pub(crate) fn is_one(value: &u32) -> bool {
    *value == 1
}

pub(crate) fn yes() -> bool {
    true
}

pub(crate) fn is_true(value: &bool) -> bool {
    *value
}
