//! Panics of code within this program: of services and of native agents. Those of
//! plugins are contained on their own side of the boundary.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use guildhall_core::{AgentError, ErrorCode};
use tokio::task::JoinError;

/// The text of a panic. The payload is leaked: its own destructor may panic once more.
pub(crate) fn text_of(payload: Box<dyn Any + Send>) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned());
    std::mem::forget(payload);
    text.unwrap_or_else(|| "a payload that is not text".to_owned())
}

/// The error for work that the runtime dropped.
pub(crate) fn host_is_ending(error: &JoinError) -> AgentError {
    AgentError::new(
        ErrorCode::Unavailable,
        format!("the host is ending: {error}"),
    )
}

/// A future whose panics end with it, in a poll or in its destructor. It gives the
/// output, or the text of the panic.
pub(crate) struct Caught<T> {
    work: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
}

impl<T> Caught<T> {
    pub(crate) fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self {
            work: Some(Box::pin(work)),
        }
    }

    fn end(&mut self) {
        let work = self.work.take();
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(work))) {
            std::mem::forget(payload);
        }
    }
}

impl<T> Future for Caught<T> {
    type Output = Result<T, String>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(work) = self.work.as_mut() else {
            // A future is not polled again after its end.
            return Poll::Pending;
        };
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        let result = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(output)) => Ok(output),
            Err(payload) => Err(text_of(payload)),
        };
        self.end();
        Poll::Ready(result)
    }
}

impl<T> Drop for Caught<T> {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    struct PanicsOnDrop;

    impl Drop for PanicsOnDrop {
        fn drop(&mut self) {
            panic!("in drop");
        }
    }

    /// Still has what panics when it is done.
    struct Finished(PanicsOnDrop);

    impl Future for Finished {
        type Output = u32;

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
            Poll::Ready(7)
        }
    }

    #[test]
    fn panics_end_with_the_future_in_a_poll_and_in_a_destructor() {
        let mut context = Context::from_waker(Waker::noop());
        let mut panics = Caught::new(async { panic!("went {}", "wrong") });
        let polled: Poll<Result<(), String>> = Pin::new(&mut panics).poll(&mut context);
        assert_eq!(polled, Poll::Ready(Err("went wrong".to_owned())));
        let mut ends = Caught::new(Finished(PanicsOnDrop));
        assert_eq!(Pin::new(&mut ends).poll(&mut context), Poll::Ready(Ok(7)));
        let guard = PanicsOnDrop;
        let mut waits = Caught::new(async move {
            let _guard = &guard;
            std::future::pending::<()>().await;
        });
        assert!(Pin::new(&mut waits).poll(&mut context).is_pending());
        drop(waits);
    }
}
