//! The host's side: the entry of a loaded plugin, its instances, and the services
//! that the host offers them.
#![expect(unsafe_code, reason = "the boundary is where raw pointers are")]

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use guildhall_core::{
    AgentCall, AgentError, LogLevel, LogLine, Outcome, PanicStrategy, Progress, ServiceRequest,
};

use crate::EXTENSION_SERVICE;
use crate::blob;
use crate::codec;
use crate::error::AbiError;
use crate::future::{self, Incoming, Outgoing, Reply, reply_of};
use crate::guest::Operation;
use crate::message::{self, Message};
use crate::panic::{decode_error, encode_error};
use crate::prefix;
use crate::raw::{
    ABI_MAJOR, GhCall, GhCallVtable, GhEntry, GhFuture, GhHost, GhHostVtable, GhInstance,
    GhInstanceVtable, GhMessage, GhServiceVtable, GhSlice, LOG_DEBUG, LOG_INFO, LOG_TRACE,
    LOG_WARN, PANIC_ABORT, PANIC_UNWIND, STATUS_ERROR, STATUS_OK,
};

/// What the host offers a plugin between calls.
pub trait HostServices: Send + Sync + 'static {
    /// Takes a line for the log.
    fn log(&self, line: LogLine);
    /// Whether lines of this level are kept.
    fn log_enabled(&self, level: LogLevel) -> bool;
}

/// What the host offers a plugin during a call.
pub trait CallServices: Send + Sync + 'static {
    /// Whether the caller has withdrawn the task.
    fn is_cancelled(&self) -> bool;
    /// Takes a report on how far the task is.
    fn progress(&self, progress: Progress);
    /// Takes a line for the log.
    fn log(&self, line: LogLine);
    /// Calls another agent; the second part asks the call for an early end.
    fn call(&self, call: AgentCall) -> ServiceCall;
    /// Asks a service. None is offered unless this is implemented.
    fn service(&self, request: ServiceRequest) -> ServiceCall {
        ServiceCall::ended(Err(request.not_offered()))
    }
}

/// A call to another agent, or a request to a service, that is under way.
pub struct ServiceCall {
    /// The work.
    pub future: std::pin::Pin<Box<dyn Future<Output = Result<Outcome, AgentError>> + Send>>,
    /// Asks for an early end.
    pub cancel: Box<dyn Fn() + Send + Sync>,
}

impl ServiceCall {
    /// One that has its result already.
    pub fn ended(result: Result<Outcome, AgentError>) -> Self {
        Self {
            future: Box::pin(std::future::ready(result)),
            cancel: Box::new(|| ()),
        }
    }
}

/// The entry of a plugin that was loaded and checked.
#[derive(Clone)]
pub struct LoadedEntry {
    raw: GhEntry,
    keepalive: Arc<dyn Send + Sync>,
}

// SAFETY: an entry is constant data; its functions may be called by any thread.
unsafe impl Send for LoadedEntry {}
// SAFETY: as above.
unsafe impl Sync for LoadedEntry {}

impl LoadedEntry {
    /// Reads and checks the entry at `pointer`.
    ///
    /// # Errors
    /// [`AbiError`] where it is of another major version or not usable.
    ///
    /// # Safety
    /// `pointer` is the address of a `guildhall_plugin_v1` symbol, and `keepalive`
    /// keeps its library loaded.
    pub unsafe fn read(
        pointer: *const c_void,
        keepalive: Arc<dyn Send + Sync>,
    ) -> Result<Self, AbiError> {
        // SAFETY: as promised by the caller.
        let raw = unsafe { prefix::read(pointer.cast::<GhEntry>()) }?;
        if raw.abi_major != ABI_MAJOR {
            return Err(AbiError::WrongMajor {
                found: raw.abi_major,
                expected: ABI_MAJOR,
            });
        }
        if raw.create.is_none() {
            return Err(AbiError::BadStruct {
                name: "GhEntry",
                reason: "it has no create",
            });
        }
        Ok(Self { raw, keepalive })
    }

    /// The manifest's JSON as the plugin's code has it.
    pub fn manifest(&self) -> &[u8] {
        // SAFETY: the manifest is constant data of the library, which is kept alive.
        unsafe { blob::slice_of(self.raw.manifest) }
    }

    /// What a panic of the plugin's code does, as its entry says.
    pub fn panic_strategy(&self) -> PanicStrategy {
        match self.raw.panic {
            PANIC_UNWIND => PanicStrategy::Unwind,
            PANIC_ABORT => PanicStrategy::Abort,
            _ => PanicStrategy::None,
        }
    }

    /// Makes an instance with a configuration (JSON).
    ///
    /// This runs code of the plugin, which may take long or never come back.
    ///
    /// # Errors
    /// What the plugin answers, or that it broke the rules.
    pub fn create(
        &self,
        services: Arc<dyn HostServices>,
        config: &[u8],
    ) -> Result<Arc<Instance>, AgentError> {
        let host = host_handle(services);
        let mut out = GhInstance {
            state: std::ptr::null_mut(),
            vtable: std::ptr::null(),
        };
        let mut error = message::EMPTY;
        let Some(create) = self.raw.create else {
            return Err(broken(&"it has no create"));
        };
        // SAFETY: the entry was checked; the arguments are lent, the places are ours.
        let status = unsafe {
            create(
                &raw const host.0,
                blob::lend_slice(config),
                &raw mut out,
                &raw mut error,
            )
        };
        if status != STATUS_OK {
            return Err(error_of(status, error));
        }
        // SAFETY: the plugin has written an instance.
        let vtable = unsafe { prefix::read(out.vtable) }.map_err(|error| broken(&error))?;
        if vtable.begin.is_none() && vtable.call.is_none() {
            return Err(broken(&"its instance has neither `begin` nor `call`"));
        }
        Ok(Arc::new(Instance {
            raw: out,
            vtable,
            _keepalive: Arc::clone(&self.keepalive),
        }))
    }
}

/// A running agent in a loaded library.
pub struct Instance {
    raw: GhInstance,
    vtable: GhInstanceVtable,
    _keepalive: Arc<dyn Send + Sync>,
}

// SAFETY: the boundary allows any thread to use an instance.
unsafe impl Send for Instance {}
// SAFETY: as above, several at once.
unsafe impl Sync for Instance {}

/// An operation that was begun.
pub enum Begun {
    /// A future to be polled.
    Future(Incoming),
    /// The plugin has no futures: it ran to the end, and this is the result.
    Done(Reply),
}

impl Instance {
    /// Begins an operation. Where the plugin has no futures this blocks until the
    /// operation is done, so it belongs on a thread that may wait.
    ///
    /// # Errors
    /// What the plugin answers, or that it broke the rules.
    pub fn begin<S: CallServices>(
        self: &Arc<Self>,
        operation: Operation,
        services: Arc<S>,
        head: &[u8],
        attachments: &[Bytes],
    ) -> Result<Begun, AgentError> {
        let call = call_handle(services);
        message::lend(head, attachments, |request| match self.vtable.begin {
            Some(_) => self
                .begin_future(operation, &call, request)
                .map(Begun::Future),
            None => self
                .call_blocking(operation, &call, request)
                .map(Begun::Done),
        })
    }

    fn begin_future(
        self: &Arc<Self>,
        operation: Operation,
        call: &OwnedCall,
        request: &GhMessage,
    ) -> Result<Incoming, AgentError> {
        let begin = self
            .vtable
            .begin
            .ok_or_else(|| broken(&"its instance has no `begin`"))?;
        let mut out = GhFuture {
            state: std::ptr::null_mut(),
            vtable: std::ptr::null(),
        };
        let mut error = message::EMPTY;
        // SAFETY: the instance is alive, the arguments are lent, the places are ours.
        let status = unsafe {
            begin(
                self.raw.state,
                operation.code(),
                &raw const call.raw,
                request,
                &raw mut out,
                &raw mut error,
            )
        };
        if status != STATUS_OK {
            return Err(error_of(status, error));
        }
        let keepalive: Arc<dyn Send + Sync> = Arc::clone(self) as _;
        // SAFETY: the plugin has written a future and gives it up; the instance and
        // through it the library are kept alive.
        unsafe { Incoming::take(out, Some(keepalive)) }.map_err(|error| broken(&error))
    }

    fn call_blocking(
        &self,
        operation: Operation,
        call: &OwnedCall,
        request: &GhMessage,
    ) -> Result<Reply, AgentError> {
        let run = self
            .vtable
            .call
            .ok_or_else(|| broken(&"its instance has no `call`"))?;
        let mut out = message::EMPTY;
        // SAFETY: the instance is alive, the arguments are lent, `out` is ours.
        let status = unsafe {
            run(
                self.raw.state,
                operation.code(),
                &raw const call.raw,
                request,
                &raw mut out,
            )
        };
        Ok(reply_of(status, out))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Some(destroy) = self.vtable.destroy {
            // SAFETY: nothing of the instance runs any more: each future holds it.
            unsafe { destroy(self.raw.state) };
        }
    }
}

fn broken(reason: &dyn std::fmt::Display) -> AgentError {
    AgentError::new(
        "protocol",
        format!("the plugin broke the rules of the boundary: {reason}"),
    )
}

fn error_of(status: u32, error: GhMessage) -> AgentError {
    match reply_of(status, error) {
        Reply::Ok(_) => broken(&"an error without a status"),
        Reply::Error(record) | Reply::Panicked(record) => decode_error(&record),
    }
}

// The host's services as the plugin sees them: a boxed Arc behind a vtable.

/// A host handle that drops its reference.
struct OwnedHost(GhHost);

impl Drop for OwnedHost {
    fn drop(&mut self) {
        // SAFETY: the reference of `host_handle` is given up once.
        unsafe { release_host(self.0.ctx) };
    }
}

fn host_handle(services: Arc<dyn HostServices>) -> OwnedHost {
    let ctx = Arc::into_raw(Arc::new(services)).cast_mut().cast();
    OwnedHost(GhHost {
        ctx,
        vtable: &raw const HOST,
    })
}

static HOST: GhHostVtable = GhHostVtable {
    size: size_of::<GhHostVtable>(),
    retain: Some(retain_host),
    release: Some(release_host),
    log: Some(log_host),
    log_enabled: Some(log_enabled),
    extension: Some(no_extension),
};

unsafe extern "C" fn retain_host(ctx: *mut c_void) {
    // SAFETY: `ctx` came from `host_handle` and a reference is held.
    unsafe { Arc::increment_strong_count(ctx.cast::<Arc<dyn HostServices>>()) };
}

unsafe extern "C" fn release_host(ctx: *mut c_void) {
    // SAFETY: as above; one reference is given up.
    unsafe { Arc::decrement_strong_count(ctx.cast::<Arc<dyn HostServices>>()) };
}

unsafe extern "C" fn log_host(ctx: *mut c_void, line: GhSlice) {
    // SAFETY: a reference is held and the slice is lent.
    let (services, line) = unsafe { (&*ctx.cast::<Arc<dyn HostServices>>(), blob::slice_of(line)) };
    if let Ok(line) = serde_json::from_slice(line) {
        shielded(|| services.log(line));
    }
}

unsafe extern "C" fn log_enabled(ctx: *mut c_void, level: u32) -> u32 {
    // SAFETY: a reference is held.
    let services = unsafe { &*ctx.cast::<Arc<dyn HostServices>>() };
    let mut enabled = false;
    shielded(|| enabled = services.log_enabled(level_of(level)));
    u32::from(enabled)
}

fn level_of(level: u32) -> LogLevel {
    match level {
        LOG_TRACE => LogLevel::Trace,
        LOG_DEBUG => LogLevel::Debug,
        LOG_INFO => LogLevel::Info,
        LOG_WARN => LogLevel::Warn,
        _ => LogLevel::Error,
    }
}

unsafe extern "C" fn no_extension(_ctx: *mut c_void, _name: GhSlice) -> *const c_void {
    std::ptr::null()
}

/// A call handle that drops its reference.
pub(crate) struct OwnedCall {
    pub(crate) raw: GhCall,
    release: unsafe extern "C" fn(*mut c_void),
}

impl Drop for OwnedCall {
    fn drop(&mut self) {
        // SAFETY: the reference of `call_handle` is given up once.
        unsafe { (self.release)(self.raw.ctx) };
    }
}

pub(crate) fn call_handle<S: CallServices>(services: Arc<S>) -> OwnedCall {
    let ctx = Arc::into_raw(services).cast_mut().cast();
    let raw = GhCall {
        ctx,
        vtable: CallTable::<S>::TABLE,
    };
    OwnedCall {
        raw,
        release: release_call::<S>,
    }
}

/// Carries the vtable of a call as a constant, one for each type of services.
struct CallTable<S>(std::marker::PhantomData<S>);

impl<S: CallServices> CallTable<S> {
    const TABLE: &'static GhCallVtable = &GhCallVtable {
        size: size_of::<GhCallVtable>(),
        retain: Some(retain_call::<S>),
        release: Some(release_call::<S>),
        is_cancelled: Some(is_cancelled::<S>),
        progress: Some(progress::<S>),
        log: Some(log_call::<S>),
        call: Some(call_agent::<S>),
        extension: Some(call_extension::<S>),
    };

    const SERVICE: &'static GhServiceVtable = &GhServiceVtable {
        size: size_of::<GhServiceVtable>(),
        request: Some(ask_service::<S>),
    };
}

unsafe extern "C" fn retain_call<S: CallServices>(ctx: *mut c_void) {
    // SAFETY: `ctx` came from `call_handle` and a reference is held.
    unsafe { Arc::increment_strong_count(ctx.cast::<S>()) };
}

unsafe extern "C" fn release_call<S: CallServices>(ctx: *mut c_void) {
    // SAFETY: as above; one reference is given up.
    unsafe { Arc::decrement_strong_count(ctx.cast::<S>()) };
}

/// # Safety
/// `ctx` came from `call_handle` and a reference is held for `'a`.
unsafe fn call_services<'a, S: CallServices>(ctx: *mut c_void) -> &'a S {
    // SAFETY: as promised by the caller.
    unsafe { &*ctx.cast::<S>() }
}

unsafe extern "C" fn is_cancelled<S: CallServices>(ctx: *mut c_void) -> u32 {
    // SAFETY: a reference is held.
    let services = unsafe { call_services::<S>(ctx) };
    let mut cancelled = false;
    shielded(|| cancelled = services.is_cancelled());
    u32::from(cancelled)
}

unsafe extern "C" fn progress<S: CallServices>(ctx: *mut c_void, progress: GhSlice) {
    // SAFETY: a reference is held and the slice is lent.
    let (services, progress) = unsafe { (call_services::<S>(ctx), blob::slice_of(progress)) };
    if let Ok(progress) = serde_json::from_slice(progress) {
        shielded(|| services.progress(progress));
    }
}

unsafe extern "C" fn log_call<S: CallServices>(ctx: *mut c_void, line: GhSlice) {
    // SAFETY: a reference is held and the slice is lent.
    let (services, line) = unsafe { (call_services::<S>(ctx), blob::slice_of(line)) };
    if let Ok(line) = serde_json::from_slice(line) {
        shielded(|| services.log(line));
    }
}

unsafe extern "C" fn call_extension<S: CallServices>(
    _ctx: *mut c_void,
    name: GhSlice,
) -> *const c_void {
    // SAFETY: the name is lent.
    let name = unsafe { blob::slice_of(name) };
    if name == EXTENSION_SERVICE.as_bytes() {
        return (&raw const *CallTable::<S>::SERVICE).cast();
    }
    std::ptr::null()
}

unsafe extern "C" fn call_agent<S: CallServices>(
    ctx: *mut c_void,
    request: *const GhMessage,
    out: *mut GhFuture,
) -> u32 {
    // SAFETY: as this function was called.
    unsafe {
        begin::<S>(ctx, request, out, |services, request| {
            codec::decode_call(request).map(|call| services.call(call))
        })
    }
}

unsafe extern "C" fn ask_service<S: CallServices>(
    ctx: *mut c_void,
    request: *const GhMessage,
    out: *mut GhFuture,
) -> u32 {
    // SAFETY: as this function was called.
    unsafe {
        begin::<S>(ctx, request, out, |services, request| {
            codec::decode_service(request).map(|request| services.service(request))
        })
    }
}

/// Begins something that ends with an outcome, and hands its future to the plugin.
///
/// # Safety
/// `ctx` came from `call_handle` and a reference is held, the request is lent, and
/// there is a place for the future.
unsafe fn begin<S: CallServices>(
    ctx: *mut c_void,
    request: *const GhMessage,
    out: *mut GhFuture,
    ask: impl FnOnce(&S, Message) -> Result<ServiceCall, AgentError>,
) -> u32 {
    // SAFETY: as promised by the caller.
    let (services, request) = unsafe { (call_services::<S>(ctx), message::keep(&*request)) };
    let mut outgoing = None;
    shielded(|| {
        let begun = ask(services, request);
        outgoing = Some(outgoing_of(
            begun.unwrap_or_else(|error| ServiceCall::ended(Err(error))),
        ));
    });
    let Some(outgoing) = outgoing else {
        return STATUS_ERROR;
    };
    // SAFETY: as promised by the caller.
    unsafe { out.write(future::export(outgoing)) };
    STATUS_OK
}

fn outgoing_of(begun: ServiceCall) -> Outgoing {
    let ServiceCall { future, cancel } = begun;
    let future = async move {
        future
            .await
            .and_then(codec::encode_outcome)
            .map_err(|error| encode_error(&error))
    };
    Outgoing::new(future, cancel)
}

/// Runs host code that a plugin called: a panic in it must not cross into the
/// plugin, where it would abort the process.
fn shielded(run: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(run)) {
        std::mem::forget(payload);
    }
}
