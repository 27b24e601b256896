//! Assertions in C about every struct and constant, with the values that Rust has.

use std::fmt::Write as _;
use std::mem::offset_of;

use guildhall_abi::raw::*;

use crate::generated::{PREFIX, constants, structs};

/// A struct as Rust lays it out.
struct Layout {
    name: &'static str,
    size: usize,
    align: usize,
    fields: Vec<(&'static str, usize)>,
}

macro_rules! layouts {
    ($($name:ident { $($field:ident),* $(,)? })*) => {
        /// Every struct with every field.
        fn layouts() -> Vec<Layout> {
            // Does not compile where a field is missing from the list.
            $(const _: fn($name) = |$name { $($field: _),* }| ();)*
            vec![$(Layout {
                name: stringify!($name),
                size: size_of::<$name>(),
                align: align_of::<$name>(),
                fields: vec![$((stringify!($field), offset_of!($name, $field))),*],
            }),*]
        }
    };
}

layouts! {
    GhSlice { ptr, len }
    GhBlobVtable { size, retain, release }
    GhBlob { ptr, len, owner, vtable }
    GhMessage { head, attachments, attachment_count, storage }
    GhWakerVtable { size, clone, wake, wake_by_ref, drop }
    GhWaker { data, vtable }
    GhFutureVtable { size, poll, cancel, drop }
    GhFuture { state, vtable }
    GhCallVtable { size, retain, release, is_cancelled, progress, log, call, extension }
    GhServiceVtable { size, request }
    GhCall { ctx, vtable }
    GhHostVtable { size, retain, release, log, log_enabled, extension }
    GhHost { ctx, vtable }
    GhInstanceVtable { size, begin, call, destroy, extension }
    GhInstance { state, vtable }
    GhEntry { size, abi_major, abi_minor, panic, reserved, manifest, create, extension }
}

macro_rules! values {
    ($($name:ident),* $(,)?) => {
        /// Every constant with its value.
        fn values() -> Vec<(&'static str, u32)> {
            vec![$((stringify!($name), $name)),*]
        }
    };
}

values! {
    ABI_MAJOR, ABI_MINOR,
    STATUS_OK, STATUS_PENDING, STATUS_ERROR, STATUS_PANICKED,
    OPERATION_EXECUTE, OPERATION_START, OPERATION_STOP,
    PANIC_UNWIND, PANIC_ABORT, PANIC_NONE,
    LOG_TRACE, LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR,
}

/// A C (and C++) file that compiles only where the header says what Rust says.
pub(crate) fn assertions() -> String {
    let layouts = layouts();
    let named: Vec<&str> = layouts.iter().map(|layout| layout.name).collect();
    assert_eq!(named, structs(), "a struct is missing from the list above");
    let values = values();
    let named: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        named,
        constants(),
        "a constant is missing from the list above"
    );

    let mut source = String::from(
        "#include \"guildhall.h\"\n\
         #include \"guildhall.h\"\n\
         #ifdef __cplusplus\n\
         #define CHECK(condition) static_assert(condition, #condition)\n\
         #define ALIGN alignof\n\
         #else\n\
         #define CHECK(condition) _Static_assert(condition, #condition)\n\
         #define ALIGN _Alignof\n\
         #endif\n",
    );
    for layout in &layouts {
        let Layout {
            name,
            size,
            align,
            fields,
        } = layout;
        // Writing to a String cannot fail.
        let _ = writeln!(source, "CHECK(sizeof({name}) == {size});");
        let _ = writeln!(source, "CHECK(ALIGN({name}) == {align});");
        for (field, offset) in fields {
            let _ = writeln!(source, "CHECK(offsetof({name}, {field}) == {offset});");
        }
    }
    for (name, value) in &values {
        let _ = writeln!(source, "CHECK({PREFIX}{name} == {value});");
    }
    source
}
