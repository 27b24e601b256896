//! Ways to end the process.

use guildhall_sdk::prelude::*;

/// How to end it.
#[derive(Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum End {
    /// `std::process::exit(0)`.
    Exit,
    /// `_exit(0)`, which runs no handlers.
    ExitAtOnce,
    /// `std::process::abort()`.
    Abort,
    /// Writes through a null pointer.
    NullPointer,
    /// Recurses without end.
    StackOverflow,
    /// `exit(0)` by a thread that the plugin started.
    ExitOfThread,
}

pub(crate) fn end(how: End) {
    match how {
        End::Exit => std::process::exit(0),
        // SAFETY: `_exit` may always be called.
        End::ExitAtOnce => unsafe { libc::_exit(0) },
        End::Abort => std::process::abort(),
        // SAFETY: it is not sound, and that is the point: the process must die of it.
        End::NullPointer => unsafe { libc::memset(std::ptr::null_mut(), 1, 1) as usize },
        End::StackOverflow => recurse(0),
        End::ExitOfThread => {
            let thread = std::thread::spawn(|| std::process::exit(0));
            usize::from(thread.join().is_ok())
        }
    };
}

/// Needs more of the stack at each step than the step before has left.
fn recurse(depth: usize) -> usize {
    let room = std::hint::black_box([depth; 1024]);
    if room[depth % 1024] == usize::MAX {
        return depth;
    }
    recurse(depth + 1) + room[0]
}
