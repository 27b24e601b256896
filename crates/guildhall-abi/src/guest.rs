//! The plugin's side: safe traits that an SDK implements, and the entry that is
//! exported for them.
#![expect(unsafe_code, reason = "the boundary is where raw pointers are")]

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use guildhall_core::{
    AgentCall, AgentError, LogLevel, LogLine, Outcome, PanicStrategy, Progress, ServiceRequest,
};

use crate::EXTENSION_SERVICE;
use crate::blob;
use crate::codec;
use crate::future::{self, Incoming, Outgoing, Reply};
use crate::message::{self, Message, Request};
use crate::panic::{decode_error, encode_error, panic_message, record_of};
use crate::prefix;
use crate::raw::{
    ABI_MAJOR, ABI_MINOR, GhCall, GhCallVtable, GhEntry, GhFuture, GhHost, GhHostVtable,
    GhInstance, GhInstanceVtable, GhMessage, GhServiceVtable, GhSlice, LOG_DEBUG, LOG_ERROR,
    LOG_INFO, LOG_TRACE, LOG_WARN, OPERATION_EXECUTE, OPERATION_START, OPERATION_STOP, PANIC_ABORT,
    PANIC_NONE, PANIC_UNWIND, STATUS_ERROR, STATUS_OK, STATUS_PANICKED,
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
        let missing = || AgentError::new("protocol", "this host cannot call other agents");
        let begin = self
            .vtable
            .and_then(|vtable| vtable.call)
            .ok_or_else(missing)?;
        let request = codec::encode_call(call)?;
        outcome_of(
            self.begin(begin, &request, "the host refused the call")?
                .await,
        )
    }

    /// Asks a service of the host.
    ///
    /// # Errors
    /// What the service answers; [`ErrorCode::NoSuchService`] where the host offers no
    /// such service, or is of a version without services.
    ///
    /// [`ErrorCode::NoSuchService`]: guildhall_core::ErrorCode::NoSuchService
    ///
    /// # Cancel safety
    /// Dropping the future drops the request.
    pub async fn service(&self, request: ServiceRequest) -> Result<Outcome, AgentError> {
        let begin = self
            .service_vtable()
            .and_then(|vtable| vtable.request)
            .ok_or_else(|| request.not_offered())?;
        let request = codec::encode_service(request)?;
        outcome_of(
            self.begin(begin, &request, "the host refused the request")?
                .await,
        )
    }

    /// The host's services, where it is of a version that has them.
    fn service_vtable(&self) -> Option<GhServiceVtable> {
        let extension = self.vtable.and_then(|vtable| vtable.extension)?;
        let name = blob::lend_slice(EXTENSION_SERVICE.as_bytes());
        // SAFETY: the call is retained and the name is lent.
        let found = unsafe { extension(self.raw.ctx, name) };
        // SAFETY: by this name the host gives null or a constant of this type.
        unsafe { prefix::read(found.cast::<GhServiceVtable>()) }.ok()
    }

    fn begin(
        &self,
        begin: unsafe extern "C" fn(*mut c_void, *const GhMessage, *mut GhFuture) -> u32,
        request: &Message,
        refused: &str,
    ) -> Result<Incoming, AgentError> {
        let mut out = GhFuture {
            state: std::ptr::null_mut(),
            vtable: std::ptr::null(),
        };
        let status = message::lend(&request.head, &request.attachments, |raw| {
            // SAFETY: the call is retained, the request is lent, and `out` is ours.
            unsafe { begin(self.raw.ctx, raw, &raw mut out) }
        });
        if status != STATUS_OK {
            return Err(decode_error(&record_of("protocol", refused)));
        }
        // SAFETY: the host has written a future and gives it up; its code outlives
        // every plugin.
        unsafe { Incoming::take(out, None) }
            .map_err(|error| AgentError::new("protocol", error.to_string()))
    }
}

fn outcome_of(reply: Reply) -> Result<Outcome, AgentError> {
    match reply {
        Reply::Ok(message) => codec::decode_outcome(message),
        Reply::Error(record) | Reply::Panicked(record) => Err(decode_error(&record)),
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

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use guildhall_core::{Attachment, ErrorCode};

    use super::*;
    use crate::host::{CallServices, ServiceCall, call_handle};

    /// A host whose one service gives back what it gets.
    struct Echoes;

    impl CallServices for Echoes {
        fn is_cancelled(&self) -> bool {
            false
        }

        fn progress(&self, _: Progress) {}

        fn log(&self, _: LogLine) {}

        fn call(&self, call: AgentCall) -> ServiceCall {
            ServiceCall::ended(Outcome::new(&call.input))
        }

        fn service(&self, request: ServiceRequest) -> ServiceCall {
            if request.service != "echo" {
                return ServiceCall::ended(Err(request.not_offered()));
            }
            let mut outcome = Outcome::from_raw(request.input);
            for attachment in request.attachments {
                outcome.attach(attachment);
            }
            ServiceCall::ended(Ok(outcome))
        }
    }

    /// Asks the service through the vtable that `change` made of the host's.
    fn ask(change: impl FnOnce(&mut GhCallVtable), service: &str) -> Result<Outcome, AgentError> {
        let host = call_handle(Arc::new(Echoes));
        // SAFETY: the handle leads to a vtable of this type.
        let mut vtable = unsafe { *host.raw.vtable };
        change(&mut vtable);
        let raw = GhCall {
            vtable: &raw const vtable,
            ..host.raw
        };
        // SAFETY: the call is as valid as the host's own.
        let call = unsafe { CallHandle::keep(&raw const raw) };
        let request = ServiceRequest::new(service, "say", &[1, 2])?;
        let request = request.attach(Attachment::new("blob", "text/plain", "data"));
        let future = std::pin::pin!(call.service(request));
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result,
            Poll::Pending => panic!("this host answers at once"),
        }
    }

    #[test]
    fn a_service_answers_across_the_boundary() {
        let outcome = ask(|_| (), "echo").unwrap();
        assert_eq!(outcome.output::<[u32; 2]>().unwrap(), [1, 2]);
        assert_eq!(outcome.attachment("blob").unwrap().as_ref(), b"data");
    }

    unsafe extern "C" fn no_extension(_: *mut c_void, _: GhSlice) -> *const c_void {
        std::ptr::null()
    }

    #[test]
    fn a_host_without_services_offers_none() {
        let changes: [fn(&mut GhCallVtable); 2] = [
            |vtable| vtable.extension = Some(no_extension),
            |vtable| vtable.extension = None,
        ];
        for change in changes {
            let error = ask(change, "echo").unwrap_err();
            assert!(error.is(ErrorCode::NoSuchService), "{error:?}");
        }
        let error = ask(|_| (), "other").unwrap_err();
        assert!(error.is(ErrorCode::NoSuchService), "{error:?}");
    }
}
