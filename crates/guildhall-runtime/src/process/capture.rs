//! Takes in what a program writes, within bounds.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use guildhall_core::Context;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio_util::sync::CancellationToken;

/// Bytes of standard error that are kept: the last ones.
pub(super) const KEPT_OF_ERRORS: usize = 64 << 10;

/// What was read of one stream.
#[derive(Debug, Default)]
pub(super) struct Captured {
    pub(super) bytes: Vec<u8>,
    /// Whether more was written than is kept here.
    pub(super) is_cut: bool,
}

/// Tells that a program has written: its sign of life.
#[derive(Clone)]
pub(super) struct Heard {
    ctx: Context,
    bytes: Arc<AtomicU64>,
}

impl Heard {
    pub(super) fn new(ctx: &Context) -> Self {
        Self {
            ctx: ctx.clone(),
            bytes: Arc::default(),
        }
    }

    fn more(&self, bytes: usize) {
        let before = self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.ctx
            .progress(before + bytes as u64, None, "bytes written");
    }
}

/// Reads to the end and keeps all, up to `limit`; where there is more it calls `flood`
/// and goes on reading, so that the writer is not blocked while it is ended.
pub(super) async fn all(
    mut stream: impl AsyncRead + Unpin,
    limit: usize,
    flood: CancellationToken,
    heard: Option<Heard>,
) -> Captured {
    let mut captured = Captured::default();
    let mut buffer = vec![0; 64 << 10];
    while let Some(chunk) = next(&mut stream, &mut buffer).await {
        heard.iter().for_each(|heard| heard.more(chunk.len()));
        let room = limit - captured.bytes.len();
        captured
            .bytes
            .extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            captured.is_cut = true;
            flood.cancel();
        }
    }
    captured
}

/// Reads to the end and keeps the last [`KEPT_OF_ERRORS`] bytes; calls `flood` where
/// there are more than `limit`.
pub(super) async fn last(
    mut stream: impl AsyncRead + Unpin,
    limit: usize,
    flood: CancellationToken,
    heard: Option<Heard>,
) -> Captured {
    let mut ring = VecDeque::new();
    let mut total: usize = 0;
    let mut buffer = vec![0; 64 << 10];
    while let Some(chunk) = next(&mut stream, &mut buffer).await {
        heard.iter().for_each(|heard| heard.more(chunk.len()));
        total = total.saturating_add(chunk.len());
        ring.extend(chunk);
        ring.drain(..ring.len().saturating_sub(KEPT_OF_ERRORS));
        if total > limit {
            flood.cancel();
        }
    }
    Captured {
        bytes: ring.into(),
        is_cut: total > KEPT_OF_ERRORS,
    }
}

/// The next bytes; `None` at the end, and where the stream fails, which a pipe does
/// only at its end.
async fn next<'a>(stream: &mut (impl AsyncRead + Unpin), buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    let length = stream.read(buffer).await.ok()?;
    (length > 0).then(|| &buffer[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_over_the_limit_is_dropped_and_told() {
        let flood = CancellationToken::new();
        let captured = all(&b"12345678"[..], 8, flood.clone(), None).await;
        assert_eq!(captured.bytes, b"12345678");
        assert!(!captured.is_cut && !flood.is_cancelled());
        let captured = all(&b"123456789"[..], 8, flood.clone(), None).await;
        assert_eq!(captured.bytes, b"12345678");
        assert!(captured.is_cut && flood.is_cancelled());
    }

    #[tokio::test]
    async fn the_last_bytes_are_kept() {
        let text: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
        let captured = last(&text[..], usize::MAX, CancellationToken::new(), None).await;
        assert_eq!(captured.bytes, text[text.len() - KEPT_OF_ERRORS..]);
        assert!(captured.is_cut);
    }
}
