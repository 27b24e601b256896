//! The structs that cross the boundary, exactly as C sees them.
//!
//! `include/guildhall.h` is generated from this file. The rules for growth: every
//! struct that one side reads through a pointer begins with `size` and only ever
//! appends; a field is read only if `size` covers it; whatever is optional is an
//! extension found by name.

use std::ffi::c_void;

/// Major version of the boundary; it is part of the name of the entry symbol.
pub const ABI_MAJOR: u32 = 1;
/// Minor version of the boundary: fields were appended, none changed.
pub const ABI_MINOR: u32 = 0;

/// The call succeeded, or the future is ready with a result.
pub const STATUS_OK: u32 = 0;
/// The future is not ready; the waker will be called.
pub const STATUS_PENDING: u32 = 1;
/// The call failed, or the future is ready with an error record.
pub const STATUS_ERROR: u32 = 2;
/// The other side panicked; the message holds an error record.
pub const STATUS_PANICKED: u32 = 3;

/// Carry out a task. Head of the request: a task; of the reply: an outcome.
pub const OPERATION_EXECUTE: u32 = 0;
/// Get ready for tasks. Both heads are empty.
pub const OPERATION_START: u32 = 1;
/// End the instance's work. Both heads are empty.
pub const OPERATION_STOP: u32 = 2;

/// A panic unwinds and is caught inside the plugin.
pub const PANIC_UNWIND: u32 = 0;
/// A panic ends the process.
pub const PANIC_ABORT: u32 = 1;
/// The plugin's language has no panics.
pub const PANIC_NONE: u32 = 2;

/// Log level "trace".
pub const LOG_TRACE: u32 = 0;
/// Log level "debug".
pub const LOG_DEBUG: u32 = 1;
/// Log level "info".
pub const LOG_INFO: u32 = 2;
/// Log level "warn".
pub const LOG_WARN: u32 = 3;
/// Log level "error".
pub const LOG_ERROR: u32 = 4;

/// Bytes that are borrowed for the duration of one call.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct GhSlice {
    /// First byte; may be null where `len` is 0.
    pub ptr: *const u8,
    /// Number of bytes.
    pub len: usize,
}

/// What the owner of a blob's memory offers.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct GhBlobVtable {
    /// Size of this struct in bytes.
    pub size: usize,
    /// Adds a reference. Any thread may call it.
    pub retain: Option<unsafe extern "C" fn(owner: *mut c_void)>,
    /// Drops a reference; the last one frees the bytes. Any thread may call it.
    pub release: Option<unsafe extern "C" fn(owner: *mut c_void)>,
}

/// Reference-counted bytes. With a null `vtable` they are borrowed for the
/// duration of one call and must be copied to be kept.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct GhBlob {
    /// First byte; may be null where `len` is 0.
    pub ptr: *const u8,
    /// Number of bytes. They never change while a reference is held.
    pub len: usize,
    /// Handed to the functions of `vtable`.
    pub owner: *mut c_void,
    /// Functions of the owner, or null.
    pub vtable: *const GhBlobVtable,
}

/// An encoded head (JSON) and attachments beside it.
///
/// Given as an argument it is borrowed for the call: a blob that is kept is
/// retained. Written to an `out` pointer it is handed over: the receiver releases
/// the head, each attachment, and `storage`, which owns the array.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct GhMessage {
    /// The head.
    pub head: GhBlob,
    /// First attachment; may be null where there is none.
    pub attachments: *const GhBlob,
    /// Number of attachments.
    pub attachment_count: usize,
    /// Owner of the array of attachments; its bytes are not read.
    pub storage: GhBlob,
}

/// Functions of a waker.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct GhWakerVtable {
    /// Size of this struct in bytes.
    pub size: usize,
    /// Makes another waker, which must be woken or dropped.
    pub clone: Option<unsafe extern "C" fn(data: *const c_void) -> GhWaker>,
    /// Wakes and uses the waker up.
    pub wake: Option<unsafe extern "C" fn(data: *const c_void)>,
    /// Wakes and keeps the waker.
    pub wake_by_ref: Option<unsafe extern "C" fn(data: *const c_void)>,
    /// Drops the waker without waking.
    pub drop: Option<unsafe extern "C" fn(data: *const c_void)>,
}

/// Tells the poller of a future that it can make progress. Any thread may use it.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct GhWaker {
    /// Handed to the functions of `vtable`.
    pub data: *const c_void,
    /// Functions of the waker.
    pub vtable: *const GhWakerVtable,
}

/// Functions of a future.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct GhFutureVtable {
    /// Size of this struct in bytes.
    pub size: usize,
    /// Polls. The waker is borrowed for the call; `out` is written unless the
    /// result is pending. Never called again after another result, never by two
    /// threads at once, but not always by the same thread.
    pub poll: Option<
        unsafe extern "C" fn(state: *mut c_void, waker: *const GhWaker, out: *mut GhMessage) -> u32,
    >,
    /// Asks the future to end soon. May be called during a poll, by any thread,
    /// more than once; never during or after drop.
    pub cancel: Option<unsafe extern "C" fn(state: *mut c_void)>,
    /// Frees the future; never during a poll.
    pub drop: Option<unsafe extern "C" fn(state: *mut c_void)>,
}

/// Something that will be done.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct GhFuture {
    /// Handed to the functions of `vtable`.
    pub state: *mut c_void,
    /// Functions of the future.
    pub vtable: *const GhFutureVtable,
}

/// What a plugin can use during a call.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct GhCallVtable {
    /// Size of this struct in bytes.
    pub size: usize,
    /// Adds a reference. Any thread may call it.
    pub retain: Option<unsafe extern "C" fn(ctx: *mut c_void)>,
    /// Drops a reference. Any thread may call it.
    pub release: Option<unsafe extern "C" fn(ctx: *mut c_void)>,
    /// 1 once the caller has withdrawn the task, else 0.
    pub is_cancelled: Option<unsafe extern "C" fn(ctx: *mut c_void) -> u32>,
    /// Tells how far the task is: JSON `{"done", "total"?, "message"?}`. Never blocks.
    pub progress: Option<unsafe extern "C" fn(ctx: *mut c_void, progress: GhSlice)>,
    /// Writes a line to the host's log: JSON `{"level", "message", "target"?, "fields"?}`.
    pub log: Option<unsafe extern "C" fn(ctx: *mut c_void, line: GhSlice)>,
    /// Calls another agent. Head of the request: JSON `{"capability", "input",
    /// "timeout_ms"?, "attached"?}`; of the reply: an outcome or an error record.
    pub call: Option<
        unsafe extern "C" fn(
            ctx: *mut c_void,
            request: *const GhMessage,
            out: *mut GhFuture,
        ) -> u32,
    >,
    /// A service that is not part of this struct, by name, or null.
    pub extension: Option<unsafe extern "C" fn(ctx: *mut c_void, name: GhSlice) -> *const c_void>,
}

/// The services that the host offers a task: what `GhCallVtable.extension` gives for
/// `EXTENSION_SERVICE`. Constant, and valid as long as the process runs.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct GhServiceVtable {
    /// Size of this struct in bytes.
    pub size: usize,
    /// Asks a service. `ctx` is the call's. Head of the request: JSON `{"service",
    /// "method", "input", "attached"?}`; of the reply: an outcome or an error record.
    pub request: Option<
        unsafe extern "C" fn(
            ctx: *mut c_void,
            request: *const GhMessage,
            out: *mut GhFuture,
        ) -> u32,
    >,
}

/// What a plugin can use during a call; valid during the call unless retained.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct GhCall {
    /// Handed to the functions of `vtable`.
    pub ctx: *mut c_void,
    /// Functions of the call.
    pub vtable: *const GhCallVtable,
}

/// What a plugin can use between calls.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct GhHostVtable {
    /// Size of this struct in bytes.
    pub size: usize,
    /// Adds a reference. Any thread may call it.
    pub retain: Option<unsafe extern "C" fn(ctx: *mut c_void)>,
    /// Drops a reference. Any thread may call it.
    pub release: Option<unsafe extern "C" fn(ctx: *mut c_void)>,
    /// Writes a line to the host's log, as in `GhCallVtable`.
    pub log: Option<unsafe extern "C" fn(ctx: *mut c_void, line: GhSlice)>,
    /// 1 where the host keeps lines of this level (one of the `LOG_` values), else 0.
    pub log_enabled: Option<unsafe extern "C" fn(ctx: *mut c_void, level: u32) -> u32>,
    /// A service that is not part of this struct, by name, or null.
    pub extension: Option<unsafe extern "C" fn(ctx: *mut c_void, name: GhSlice) -> *const c_void>,
}

/// The host as a plugin sees it; valid during the call unless retained.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct GhHost {
    /// Handed to the functions of `vtable`.
    pub ctx: *mut c_void,
    /// Functions of the host.
    pub vtable: *const GhHostVtable,
}

/// Functions of an instance. One of `begin` and `call` must be there; a host
/// prefers `begin`.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct GhInstanceVtable {
    /// Size of this struct in bytes.
    pub size: usize,
    /// Begins an operation as a future, which is written to `out` unless the
    /// result is an error; `error` is written then. Any thread, several at once.
    pub begin: Option<
        unsafe extern "C" fn(
            state: *mut c_void,
            operation: u32,
            call: *const GhCall,
            request: *const GhMessage,
            out: *mut GhFuture,
            error: *mut GhMessage,
        ) -> u32,
    >,
    /// Carries out an operation and comes back when it is done: for plugins
    /// without futures. Any thread, several at once.
    pub call: Option<
        unsafe extern "C" fn(
            state: *mut c_void,
            operation: u32,
            call: *const GhCall,
            request: *const GhMessage,
            out: *mut GhMessage,
        ) -> u32,
    >,
    /// Frees the instance; nothing of it runs any more.
    pub destroy: Option<unsafe extern "C" fn(state: *mut c_void)>,
    /// A service that is not part of this struct, by name, or null.
    pub extension: Option<unsafe extern "C" fn(state: *mut c_void, name: GhSlice) -> *const c_void>,
}

/// A running agent.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct GhInstance {
    /// Handed to the functions of `vtable`.
    pub state: *mut c_void,
    /// Functions of the instance.
    pub vtable: *const GhInstanceVtable,
}

/// The one thing that a plugin exports, as a data symbol named
/// `guildhall_plugin_v1`.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct GhEntry {
    /// Size of this struct in bytes.
    pub size: usize,
    /// `ABI_MAJOR` of the plugin.
    pub abi_major: u32,
    /// `ABI_MINOR` of the plugin.
    pub abi_minor: u32,
    /// One of the `PANIC_` values.
    pub panic: u32,
    /// Zero; there for the alignment.
    pub reserved: u32,
    /// The manifest's JSON: the same bytes as in the section.
    pub manifest: GhSlice,
    /// Makes an instance from a configuration (JSON; empty for none). `out` is
    /// written where the result is `STATUS_OK`, else `error`.
    pub create: Option<
        unsafe extern "C" fn(
            host: *const GhHost,
            config: GhSlice,
            out: *mut GhInstance,
            error: *mut GhMessage,
        ) -> u32,
    >,
    /// A service that is not part of this struct, by name, or null.
    pub extension: Option<unsafe extern "C" fn(name: GhSlice) -> *const c_void>,
}

// SAFETY: the pointers in an entry lead to constant data and functions of the
// library that exports it, which any thread may read and call.
#[expect(unsafe_code, reason = "the boundary is where raw pointers are")]
unsafe impl Sync for GhEntry {}
