//! The plugin's side: safe traits that an SDK implements, and the entry that is
//! exported for them.
#![expect(unsafe_code, reason = "the boundary is where raw pointers are")]

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use guildhall_core::{AgentCall, AgentError, LogLevel, LogLine, Outcome, PanicStrategy, Progress};

use crate::blob;
use crate::codec;
use crate::future::{self, Incoming, Outgoing, Reply};
use crate::message::{self, Message, Request};
use crate::panic::{decode_error, encode_error, panic_message, record_of};
use crate::prefix;
use crate::raw::{
    ABI_MAJOR, ABI_MINOR, GhCall, GhCallVtable, GhEntry, GhFuture, GhHost, GhHostVtable,
    GhInstance, GhInstanceVtable, GhMessage, GhSlice, LOG_DEBUG, LOG_ERROR, LOG_INFO, LOG_TRACE,
    LOG_WARN, OPERATION_EXECUTE, OPERATION_START, OPERATION_STOP, PANIC_ABORT, PANIC_NONE,
    PANIC_UNWIND, STATUS_ERROR, STATUS_OK, STATUS_PANICKED,
};

/// A plugin as an SDK sees it.
pub trait Guest: Sized + Send + Sync + 'static {
    /// Makes an instance.
    ///
    /// # Errors
    /// Any failure, for example a configuration that does not fit.
    fn create(host: HostHandle, config: &[u8]) -> Result<Self, AgentError>;

    /// Begins an operation. The request of [`Operation::Execute`] is a task; the
    /// other operations have none.
    ///
    /// # Errors
    /// A failure to begin; failures on the way come from the future.
    fn begin(
        self: &Arc<Self>,
        operation: Operation,
        call: CallHandle,
        request: Request<'_>,
    ) -> Result<Outgoing, AgentError>;
}

/// What an instance is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Carry out a task.
    Execute,
    /// Get ready for tasks.
    Start,
    /// End the instance's work.
    Stop,
}

impl Operation {
    /// Number of the operation at the boundary.
    pub(crate) const fn code(self) -> u32 {
        match self {
            Self::Execute => OPERATION_EXECUTE,
            Self::Start => OPERATION_START,
            Self::Stop => OPERATION_STOP,
        }
    }

    const fn of(code: u32) -> Option<Self> {
        match code {
            OPERATION_EXECUTE => Some(Self::Execute),
            OPERATION_START => Some(Self::Start),
            OPERATION_STOP => Some(Self::Stop),
            _ => None,
        }
    }
}

/// The entry that exports `G` with this manifest.
pub const fn entry<G: Guest>(manifest: &'static [u8], panic: PanicStrategy) -> GhEntry {
    GhEntry {
        size: size_of::<GhEntry>(),
        abi_major: ABI_MAJOR,
        abi_minor: ABI_MINOR,
        panic: match panic {
            PanicStrategy::Unwind => PANIC_UNWIND,
            PanicStrategy::Abort => PANIC_ABORT,
            PanicStrategy::None => PANIC_NONE,
        },
        reserved: 0,
        manifest: blob::lend_slice(manifest),
        create: Some(create::<G>),
        extension: None,
    }
}

unsafe extern "C" fn create<G: Guest>(
    host: *const GhHost,
    config: GhSlice,
    out: *mut GhInstance,
    error: *mut GhMessage,
) -> u32 {
    // SAFETY: the host lends valid arguments.
    let (host, config) = unsafe { (HostHandle::keep(host), blob::slice_of(config)) };
    let created = catch_unwind(AssertUnwindSafe(|| G::create(host, config)));
    let (status, record) = match created {
        Ok(Ok(guest)) => {
            let state = Arc::into_raw(Arc::new(guest)).cast_mut().cast();
            let instance = GhInstance {
                state,
                vtable: &raw const *Vtable::<G>::INSTANCE,
            };
            // SAFETY: the host gives a place for the instance.
            unsafe { out.write(instance) };
            return STATUS_OK;
        }
        Ok(Err(record)) => (STATUS_ERROR, encode_error(&record)),
        Err(payload) => (STATUS_PANICKED, panic_message(payload)),
    };
    // SAFETY: the host gives a place for the error.
    unsafe { error.write(message::export(record)) };
    status
}

/// Carries the vtable of an instance as a constant, one for each plugin type.
struct Vtable<G>(std::marker::PhantomData<G>);

impl<G: Guest> Vtable<G> {
    const INSTANCE: &'static GhInstanceVtable = &GhInstanceVtable {
        size: size_of::<GhInstanceVtable>(),
        begin: Some(begin::<G>),
        call: None,
        destroy: Some(destroy::<G>),
        extension: None,
    };
}

unsafe extern "C" fn begin<G: Guest>(
    state: *mut c_void,
    operation: u32,
    call: *const GhCall,
    request: *const GhMessage,
    out: *mut GhFuture,
    error: *mut GhMessage,
) -> u32 {
    let begun = catch_unwind(AssertUnwindSafe(|| {
        let operation = Operation::of(operation).ok_or_else(|| {
            AgentError::new("protocol", format!("the unknown operation {operation}"))
        })?;
        // SAFETY: `state` came from `create`, which gave one reference to the host;
        // the added one is given back when `guest` is dropped.
        let guest = unsafe {
            Arc::increment_strong_count(state.cast::<G>());
            Arc::from_raw(state.cast::<G>())
        };
        // SAFETY: the host lends a valid call and request.
        let (call, request) = unsafe { (CallHandle::keep(call), message::borrow(&*request)) };
        guest.begin(operation, call, request)
    }));
    let (status, record) = match begun {
        Ok(Ok(outgoing)) => {
            // SAFETY: the host gives a place for the future.
            unsafe { out.write(future::export(outgoing)) };
            return STATUS_OK;
        }
        Ok(Err(record)) => (STATUS_ERROR, encode_error(&record)),
        Err(payload) => (STATUS_PANICKED, panic_message(payload)),
    };
    // SAFETY: the host gives a place for the error.
    unsafe { error.write(message::export(record)) };
    status
}

unsafe extern "C" fn destroy<G: Guest>(state: *mut c_void) {
    // SAFETY: `state` came from `create`; the host gives its reference up.
    let guest = unsafe { Arc::from_raw(state.cast::<G>()) };
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(guest))) {
        std::mem::forget(payload);
    }
}

/// The host as a plugin sees it between calls.
pub struct HostHandle {
    raw: GhHost,
    vtable: Option<GhHostVtable>,
}

// SAFETY: the boundary allows any thread to use the host.
unsafe impl Send for HostHandle {}
// SAFETY: as above.
unsafe impl Sync for HostHandle {}

impl HostHandle {
    /// # Safety
    /// `host` points to a valid host.
    unsafe fn keep(host: *const GhHost) -> Self {
        // SAFETY: as promised by the caller.
        let raw = unsafe { *host };
        // SAFETY: as promised by the caller.
        let vtable = unsafe { prefix::read(raw.vtable) }.ok();
        if let Some(retain) = vtable.and_then(|vtable| vtable.retain) {
            // SAFETY: the host is valid for the duration of the call.
            unsafe { retain(raw.ctx) };
        }
        Self { raw, vtable }
    }

    /// Writes a line to the host's log.
    pub fn log(&self, line: &LogLine) {
        let Some(log) = self.vtable.and_then(|vtable| vtable.log) else {
            return;
        };
        if let Ok(json) = serde_json::to_vec(line) {
            // SAFETY: the host is retained and the slice is lent.
            unsafe { log(self.raw.ctx, blob::lend_slice(&json)) };
        }
    }
}

impl HostHandle {
    /// Whether the host keeps lines of this level.
    pub fn log_enabled(&self, level: LogLevel) -> bool {
        let Some(enabled) = self.vtable.and_then(|vtable| vtable.log_enabled) else {
            return true;
        };
        let level = match level {
            LogLevel::Trace => LOG_TRACE,
            LogLevel::Debug => LOG_DEBUG,
            LogLevel::Info => LOG_INFO,
            LogLevel::Warn => LOG_WARN,
            LogLevel::Error => LOG_ERROR,
        };
        // SAFETY: the host is retained.
        unsafe { enabled(self.raw.ctx, level) == 1 }
    }
}

impl Drop for HostHandle {
    fn drop(&mut self) {
        if let Some(release) = self.vtable.and_then(|vtable| vtable.release) {
            // SAFETY: the reference of `keep` is given up once.
            unsafe { release(self.raw.ctx) };
        }
    }
}

/// The services of one call.
pub struct CallHandle {
    raw: GhCall,
    vtable: Option<GhCallVtable>,
}

// SAFETY: the boundary allows any thread to use a call's services.
unsafe impl Send for CallHandle {}
// SAFETY: as above.
unsafe impl Sync for CallHandle {}

impl CallHandle {
    /// # Safety
    /// `call` points to a valid call.
    unsafe fn keep(call: *const GhCall) -> Self {
        // SAFETY: as promised by the caller.
        let raw = unsafe { *call };
        // SAFETY: as promised by the caller.
        let vtable = unsafe { prefix::read(raw.vtable) }.ok();
        if let Some(retain) = vtable.and_then(|vtable| vtable.retain) {
            // SAFETY: the call is valid for the duration of this function.
            unsafe { retain(raw.ctx) };
        }
        Self { raw, vtable }
    }

    /// Whether the caller has withdrawn the task.
    pub fn is_cancelled(&self) -> bool {
        let Some(is_cancelled) = self.vtable.and_then(|vtable| vtable.is_cancelled) else {
            return false;
        };
        // SAFETY: the call is retained.
        unsafe { is_cancelled(self.raw.ctx) == 1 }
    }

    /// Tells how far the task is.
    pub fn progress(&self, progress: &Progress) {
        let Some(tell) = self.vtable.and_then(|vtable| vtable.progress) else {
            return;
        };
        if let Ok(json) = serde_json::to_vec(progress) {
            // SAFETY: the call is retained and the slice is lent.
            unsafe { tell(self.raw.ctx, blob::lend_slice(&json)) };
        }
    }

    /// Writes a line to the host's log.
    pub fn log(&self, line: &LogLine) {
        let Some(log) = self.vtable.and_then(|vtable| vtable.log) else {
            return;
        };
        if let Ok(json) = serde_json::to_vec(line) {
            // SAFETY: the call is retained and the slice is lent.
            unsafe { log(self.raw.ctx, blob::lend_slice(&json)) };
        }
    }

    /// Calls another agent.
    ///
    /// # Errors
    /// What the other agent or the host answers.
    ///
    /// # Cancel safety
    /// Dropping the future drops the other call.
    pub async fn call(&self, call: AgentCall) -> Result<Outcome, AgentError> {
        let request = codec::encode_call(call)?;
        match self.begin_call(&request)?.await {
            Reply::Ok(message) => codec::decode_outcome(message),
            Reply::Error(record) | Reply::Panicked(record) => Err(decode_error(&record)),
        }
    }

    fn begin_call(&self, request: &Message) -> Result<Incoming, AgentError> {
        let missing = || AgentError::new("protocol", "this host cannot call other agents");
        let begin = self
            .vtable
            .and_then(|vtable| vtable.call)
            .ok_or_else(missing)?;
        let mut out = GhFuture {
            state: std::ptr::null_mut(),
            vtable: std::ptr::null(),
        };
        let status = message::lend(&request.head, &request.attachments, |raw| {
            // SAFETY: the call is retained, the request is lent, and `out` is ours.
            unsafe { begin(self.raw.ctx, raw, &raw mut out) }
        });
        if status != STATUS_OK {
            return Err(decode_error(&record_of(
                "protocol",
                "the host refused the call",
            )));
        }
        // SAFETY: the host has written a future and gives it up; its code outlives
        // every plugin.
        unsafe { Incoming::take(out, None) }
            .map_err(|error| AgentError::new("protocol", error.to_string()))
    }
}

impl Drop for CallHandle {
    fn drop(&mut self) {
        if let Some(release) = self.vtable.and_then(|vtable| vtable.release) {
            // SAFETY: the reference of `keep` is given up once.
            unsafe { release(self.raw.ctx) };
        }
    }
}
