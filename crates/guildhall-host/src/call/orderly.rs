//! Work that comes to an orderly end even where its caller goes away.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

/// A future that is polled by its caller, and where the caller drops it goes on by
/// itself, withdrawn, until it has ended. A task of its own from the start would do the
/// same at the price of two more changes of thread for each call.
pub(crate) struct Orderly<T: Send + 'static> {
    work: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
    withdraw: CancellationToken,
    runtime: Handle,
}

impl<T: Send + 'static> Orderly<T> {
    /// `withdraw` is cancelled where the caller goes away.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub(crate) fn new(
        work: impl Future<Output = T> + Send + 'static,
        withdraw: CancellationToken,
    ) -> Self {
        Self {
            work: Some(Box::pin(work)),
            withdraw,
            runtime: Handle::current(),
        }
    }
}

impl<T: Send + 'static> Future for Orderly<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Some(work) = self.work.as_mut() else {
            // A future is not polled again after its end.
            return Poll::Pending;
        };
        let polled = work.as_mut().poll(context);
        if polled.is_ready() {
            self.work = None;
        }
        polled
    }
}

impl<T: Send + 'static> Drop for Orderly<T> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            self.withdraw.cancel();
            self.runtime.spawn(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn dropped_work_is_withdrawn_and_still_ends() {
        let withdraw = CancellationToken::new();
        let (ended, has_ended) = oneshot::channel();
        let cancelled = withdraw.clone();
        let work = async move {
            cancelled.cancelled().await;
            let _ = ended.send(());
        };
        drop(Orderly::new(work, withdraw));
        has_ended.await.unwrap();
    }

    #[tokio::test]
    async fn work_that_ends_is_not_withdrawn() {
        let withdraw = CancellationToken::new();
        assert_eq!(Orderly::new(async { 7 }, withdraw.clone()).await, 7);
        assert!(!withdraw.is_cancelled());
    }
}
