//! Schemas of the types that fields are usually made of.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::{Schema, Shape};

macro_rules! shapes {
    ($($type:ty => $shape:expr;)*) => {
        $(impl Schema for $type {
            const SHAPE: Shape = $shape;
        })*
    };
}

const fn integer(format: &'static str, minimum: Option<i64>, maximum: Option<i64>) -> Shape {
    Shape::Integer {
        format,
        minimum,
        maximum,
    }
}

shapes! {
    bool => Shape::Bool;
    () => Shape::Null;
    char => Shape::String;
    str => Shape::String;
    String => Shape::String;
    PathBuf => Shape::String;
    u8 => integer("uint8", Some(0), Some(u8::MAX as i64));
    u16 => integer("uint16", Some(0), Some(u16::MAX as i64));
    u32 => integer("uint32", Some(0), Some(u32::MAX as i64));
    u64 => integer("uint64", Some(0), None);
    usize => integer("uint", Some(0), None);
    i8 => integer("int8", Some(i8::MIN as i64), Some(i8::MAX as i64));
    i16 => integer("int16", Some(i16::MIN as i64), Some(i16::MAX as i64));
    i32 => integer("int32", Some(i32::MIN as i64), Some(i32::MAX as i64));
    i64 => integer("int64", None, None);
    isize => integer("int", None, None);
    f32 => Shape::Number("float");
    f64 => Shape::Number("double");
    serde_json::Value => Shape::Any;
    serde_json::value::RawValue => Shape::Any;
    serde_json::Map<String, serde_json::Value> => Shape::Map(&Shape::Any);
    uuid::Uuid => Shape::Format("uuid");
    semver::Version => Shape::String;
    semver::VersionReq => Shape::String;
}

impl<T: Schema> Schema for Option<T> {
    const SHAPE: Shape = Shape::Nullable(&T::SHAPE);
}

impl<T: Schema> Schema for Vec<T> {
    const SHAPE: Shape = Shape::Array(&T::SHAPE);
}

impl<T: Schema> Schema for [T] {
    const SHAPE: Shape = Shape::Array(&T::SHAPE);
}

impl<T: Schema> Schema for BTreeSet<T> {
    const SHAPE: Shape = Shape::Array(&T::SHAPE);
}

impl<T: Schema, S> Schema for HashSet<T, S> {
    const SHAPE: Shape = Shape::Array(&T::SHAPE);
}

impl<T: Schema> Schema for BTreeMap<String, T> {
    const SHAPE: Shape = Shape::Map(&T::SHAPE);
}

impl<T: Schema, S> Schema for HashMap<String, T, S> {
    const SHAPE: Shape = Shape::Map(&T::SHAPE);
}

impl<T: Schema + ?Sized> Schema for Box<T> {
    const SHAPE: Shape = T::SHAPE;
}

impl<T: Schema + ?Sized> Schema for Arc<T> {
    const SHAPE: Shape = T::SHAPE;
}

impl<T: Schema + ?Sized> Schema for &T {
    const SHAPE: Shape = T::SHAPE;
}

impl<T: Schema + ToOwned + ?Sized> Schema for Cow<'_, T> {
    const SHAPE: Shape = T::SHAPE;
}

impl<A: Schema, B: Schema> Schema for (A, B) {
    const SHAPE: Shape = Shape::Tuple(&[A::SHAPE, B::SHAPE]);
}

impl<A: Schema, B: Schema, C: Schema> Schema for (A, B, C) {
    const SHAPE: Shape = Shape::Tuple(&[A::SHAPE, B::SHAPE, C::SHAPE]);
}
