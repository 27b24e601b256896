//! Futures across the boundary: exported with panics contained, imported as Rust
//! futures.
#![expect(unsafe_code, reason = "the boundary is where raw pointers are")]

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use crate::error::AbiError;
use crate::message::{self, Message};
use crate::panic::{panic_message, record_of};
use crate::prefix;
use crate::raw::{
    GhFuture, GhFutureVtable, GhMessage, GhWaker, STATUS_ERROR, STATUS_OK, STATUS_PANICKED,
    STATUS_PENDING,
};
use crate::waker;

/// How a future of the other side, or a blocking call, ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// A result.
    Ok(Message),
    /// An error record as JSON.
    Error(Message),
    /// The other side panicked and contained it; an error record as JSON.
    Panicked(Message),
}

/// A future for the other side, with what asks it for an early end.
pub struct Outgoing {
    raw: GhFuture,
}

// SAFETY: what stands behind it is a `State` of parts that are `Send` (and the cancel
// `Sync`), and nobody else has it yet.
unsafe impl Send for Outgoing {}

impl Outgoing {
    /// Takes the work, which ends with a result or with an error record as JSON, and
    /// what any thread calls at any time to ask for an early end.
    pub fn new<F, C>(future: F, cancel: C) -> Self
    where
        F: Future<Output = Result<Message, Message>> + Send + 'static,
        C: Fn() + Send + Sync + 'static,
    {
        let state = State {
            future: Mutex::new(Some(future)),
            cancel,
        };
        Self {
            raw: GhFuture {
                state: Box::into_raw(Box::new(state)).cast(),
                vtable: State::<F, C>::VTABLE,
            },
        }
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        // SAFETY: nobody else has the state: `export` forgets what it hands over.
        let vtable = unsafe { prefix::read(self.raw.vtable) };
        if let Ok(GhFutureVtable {
            drop: Some(drop), ..
        }) = vtable
        {
            // SAFETY: as above.
            unsafe { drop(self.raw.state) };
        }
    }
}

/// Hands a future over.
pub(crate) fn export(outgoing: Outgoing) -> GhFuture {
    let raw = outgoing.raw;
    std::mem::forget(outgoing);
    raw
}

/// What stands behind an exported future, in one box that never moves. The lock is
/// never contended: the boundary forbids overlapping polls, and the lock makes a
/// plugin or host that breaks the rule wait, where a bare cell would be undefined
/// behaviour.
struct State<F, C> {
    future: Mutex<Option<F>>,
    cancel: C,
}

impl<F, C> State<F, C>
where
    F: Future<Output = Result<Message, Message>> + Send + 'static,
    C: Fn() + Send + Sync + 'static,
{
    const VTABLE: &'static GhFutureVtable = &GhFutureVtable {
        size: size_of::<GhFutureVtable>(),
        poll: Some(poll::<F, C>),
        cancel: Some(cancel::<F, C>),
        drop: Some(drop_state::<F, C>),
    };

    fn poll(&self, waker: &std::task::Waker) -> Poll<Reply> {
        let mut slot = self
            .future
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let Some(future) = slot.as_mut() else {
            return Poll::Ready(Reply::Error(record_of(
                "protocol",
                "the future has ended before",
            )));
        };
        // SAFETY: the state never moves out of its box, and the future is only ever
        // dropped in its place.
        let future = unsafe { Pin::new_unchecked(future) };
        let mut context = Context::from_waker(waker);
        let polled = catch_unwind(AssertUnwindSafe(|| future.poll(&mut context)));
        let reply = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(Ok(message))) => Reply::Ok(message),
            Ok(Poll::Ready(Err(error))) => Reply::Error(error),
            Err(payload) => Reply::Panicked(panic_message(payload)),
        };
        // The future is dropped here and now, so that a panic of its destructors is
        // contained too and tells on the result it would have spoilt.
        match contained(|| *slot = None) {
            Some(panic) if matches!(reply, Reply::Ok(_)) => Poll::Ready(Reply::Panicked(panic)),
            _ => Poll::Ready(reply),
        }
    }
}

unsafe extern "C" fn poll<F, C>(
    state: *mut c_void,
    waker: *const GhWaker,
    out: *mut GhMessage,
) -> u32
where
    F: Future<Output = Result<Message, Message>> + Send + 'static,
    C: Fn() + Send + Sync + 'static,
{
    // SAFETY: `state` came from `Outgoing::new` and is not dropped during a poll.
    let state = unsafe { &*state.cast::<State<F, C>>() };
    // SAFETY: the caller lends a valid waker.
    let polled = unsafe { waker::with(&*waker, |waker| state.poll(waker)) };
    let (status, message) = match polled {
        Poll::Pending => return STATUS_PENDING,
        Poll::Ready(Reply::Ok(message)) => (STATUS_OK, message),
        Poll::Ready(Reply::Error(message)) => (STATUS_ERROR, message),
        Poll::Ready(Reply::Panicked(message)) => (STATUS_PANICKED, message),
    };
    // SAFETY: the caller gives a place for the message.
    unsafe { out.write(message::export(message)) };
    status
}

unsafe extern "C" fn cancel<F, C: Fn()>(state: *mut c_void) {
    // SAFETY: `state` came from `Outgoing::new` and is not dropped during a cancel.
    let state = unsafe { &*state.cast::<State<F, C>>() };
    // A panic in the plugin's own cancel code must not cross; there is nobody to
    // tell it to.
    let _ = contained(|| (state.cancel)());
}

unsafe extern "C" fn drop_state<F, C>(state: *mut c_void) {
    // SAFETY: `state` came from `Outgoing::new`; the other side gives it up.
    let state = unsafe { Box::from_raw(state.cast::<State<F, C>>()) };
    let _ = contained(|| drop(state));
}

/// Runs foreign code and gives the record of a panic on the way.
fn contained(run: impl FnOnce()) -> Option<Message> {
    catch_unwind(AssertUnwindSafe(run)).err().map(panic_message)
}

/// A future of the other side.
///
/// # Cancel safety
/// Dropping it drops the work on the other side; [`Canceller::cancel`] asks for an
/// early end instead.
pub struct Incoming {
    inner: Arc<IncomingInner>,
    done: bool,
}

/// Asks a future of the other side to end early; harmless once it has ended.
#[derive(Clone)]
pub struct Canceller {
    inner: Arc<IncomingInner>,
}

struct IncomingInner {
    raw: GhFuture,
    vtable: GhFutureVtable,
    /// Guards against a cancel during or after drop.
    alive: Mutex<bool>,
    /// Whatever must live as long as the future: its library and instance.
    _keepalive: Option<Arc<dyn Send + Sync>>,
}

// SAFETY: the boundary allows any thread to poll (one at a time), cancel and drop.
unsafe impl Send for IncomingInner {}
// SAFETY: `&IncomingInner` only cancels, which any thread may do at any time; polling
// goes through `&mut Incoming`.
unsafe impl Sync for IncomingInner {}

impl Incoming {
    /// Takes a future over that was written to an `out` pointer.
    ///
    /// # Errors
    /// [`AbiError::BadStruct`] where it lacks what ABI 1.0 has.
    ///
    /// # Safety
    /// `raw` is valid, the caller gives it up, and `keepalive` keeps its code alive.
    pub(crate) unsafe fn take(
        raw: GhFuture,
        keepalive: Option<Arc<dyn Send + Sync>>,
    ) -> Result<Self, AbiError> {
        // SAFETY: the caller promises a valid future.
        let vtable = unsafe { prefix::read(raw.vtable) }?;
        if vtable.poll.is_none() || vtable.drop.is_none() {
            return Err(AbiError::BadStruct {
                name: "GhFutureVtable",
                reason: "it has no poll or no drop",
            });
        }
        let inner = IncomingInner {
            raw,
            vtable,
            alive: Mutex::new(true),
            _keepalive: keepalive,
        };
        Ok(Self {
            inner: Arc::new(inner),
            done: false,
        })
    }

    /// What asks this future for an early end.
    pub fn canceller(&self) -> Canceller {
        Canceller {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl Future for Incoming {
    type Output = Reply;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Reply> {
        let broken = |text| Poll::Ready(Reply::Error(record_of("protocol", text)));
        if self.done {
            return broken("the future has ended before");
        }
        let Some(poll) = self.inner.vtable.poll else {
            return broken("the future has no poll");
        };
        let mut out = message::EMPTY;
        let status = waker::lend(context.waker(), |waker| {
            // SAFETY: the future is alive, `&mut self` excludes a second poll, and
            // the waker and `out` are valid.
            unsafe { poll(self.inner.raw.state, waker, &raw mut out) }
        });
        if status == STATUS_PENDING {
            return Poll::Pending;
        }
        self.done = true;
        Poll::Ready(reply_of(status, out))
    }
}

/// What a status and the message written with it mean.
pub(crate) fn reply_of(status: u32, out: GhMessage) -> Reply {
    // SAFETY: the other side has written the message or left it empty.
    let message = unsafe { message::take(out) };
    match status {
        STATUS_OK => Reply::Ok(message),
        STATUS_ERROR => Reply::Error(message),
        STATUS_PANICKED => Reply::Panicked(message),
        other => Reply::Error(record_of(
            "protocol",
            &format!("the unknown status {other}"),
        )),
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        let mut alive = self
            .inner
            .alive
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        *alive = false;
        if let Some(drop) = self.inner.vtable.drop {
            // SAFETY: `&mut self` excludes a poll, the lock a cancel, and `alive`
            // any later one.
            unsafe { drop(self.inner.raw.state) };
        }
    }
}

impl Canceller {
    /// Asks for an early end.
    pub fn cancel(&self) {
        let alive = self
            .inner
            .alive
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let (true, Some(cancel)) = (*alive, self.inner.vtable.cancel) {
            // SAFETY: the future is alive and the lock excludes its drop.
            unsafe { cancel(self.inner.raw.state) };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Waker;

    use super::*;

    fn incoming(
        future: impl Future<Output = Result<Message, Message>> + Send + 'static,
    ) -> Incoming {
        let outgoing = Outgoing::new(future, || ());
        // SAFETY: the future was just exported.
        unsafe { Incoming::take(export(outgoing), None) }.unwrap()
    }

    fn poll_once(incoming: &mut Incoming) -> Poll<Reply> {
        Pin::new(incoming).poll(&mut Context::from_waker(Waker::noop()))
    }

    struct PanicsOnDrop;

    impl Drop for PanicsOnDrop {
        fn drop(&mut self) {
            panic!("in drop");
        }
    }

    struct Finished(PanicsOnDrop);

    impl Future for Finished {
        type Output = Result<Message, Message>;

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
            Poll::Ready(Ok(Message::new("1")))
        }
    }

    #[test]
    fn results_and_errors_arrive() {
        let mut ok = incoming(async { Ok(Message::new("1")) });
        assert_eq!(
            poll_once(&mut ok),
            Poll::Ready(Reply::Ok(Message::new("1")))
        );
        let mut error = incoming(async { Err(Message::new("2")) });
        assert_eq!(
            poll_once(&mut error),
            Poll::Ready(Reply::Error(Message::new("2")))
        );
    }

    #[test]
    fn a_panic_in_poll_arrives_as_a_record() {
        let mut future = incoming(async { panic!("went {}", "wrong") });
        let Poll::Ready(Reply::Panicked(record)) = poll_once(&mut future) else {
            panic!("expected the record of a panic");
        };
        assert!(String::from_utf8_lossy(&record.head).contains("went wrong"));
    }

    #[test]
    fn a_panic_while_dropping_the_finished_future_spoils_its_result() {
        let mut future = incoming(Finished(PanicsOnDrop));
        assert!(matches!(
            poll_once(&mut future),
            Poll::Ready(Reply::Panicked(_))
        ));
    }

    #[test]
    fn a_panic_while_the_other_side_drops_is_contained() {
        let guard = PanicsOnDrop;
        drop(incoming(async move {
            let _guard = &guard;
            std::future::pending().await
        }));
    }

    #[test]
    fn a_future_polled_after_its_end_says_so() {
        let mut future = incoming(async { Ok(Message::new("1")) });
        let _ = poll_once(&mut future);
        assert!(matches!(
            poll_once(&mut future),
            Poll::Ready(Reply::Error(_))
        ));
    }

    #[test]
    fn cancel_reaches_the_work_only_while_it_lives() {
        let count = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&count);
        let outgoing = Outgoing::new(std::future::pending(), move || {
            seen.fetch_add(1, Ordering::SeqCst);
        });
        // SAFETY: the future was just exported.
        let future = unsafe { Incoming::take(export(outgoing), None) }.unwrap();
        let canceller = future.canceller();
        canceller.cancel();
        drop(future);
        canceller.cancel();
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }
}
