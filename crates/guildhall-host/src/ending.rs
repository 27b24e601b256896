//! How the process ends: only when the host says so.
//!
//! A plugin in the host's process can call `exit(0)`, and a scan would look green.
//! Two nets catch that. [`guard_exit`] sees an `exit` from anywhere but [`exit`] and
//! turns it into a failure. [`supervise`] runs the whole program in a child of its own
//! and also sees what the first cannot: `_exit`, a crash, a kill.
#![expect(unsafe_code, reason = "the C library's process functions are unsafe")]

use std::io::Write as _;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// Exit code where a plugin ended or crashed the process.
pub const EXIT_PLUGIN_ENDED_PROCESS: u8 = 70;

/// What a supervised child adds to its exit code, so that an `exit(0)` of a plugin
/// is no code that the host gives.
const SUPERVISED_OFFSET: u8 = 100;

/// Name under which a supervised child is started.
const SUPERVISED_NAME: &str = "guildhall: supervised";

/// Whether the host itself ends the process.
static DELIBERATE: AtomicBool = AtomicBool::new(false);

/// Makes an `exit` by a plugin a failure. [`crate::Host`] calls it before it loads the
/// first plugin.
///
/// Plugins never run on the main thread, so an exit from there is the program's own:
/// returning from `main` needs nothing. A program that ends itself from another thread
/// uses [`exit`], or calls [`allow_exit`] first.
pub fn guard_exit() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // SAFETY: the handler is a plain function without arguments.
        let failed = unsafe { libc::atexit(refuse_exit) } != 0;
        if failed {
            tracing::warn!("an exit by a plugin could not be guarded against");
        }
    });
}

extern "C" fn refuse_exit() {
    if DELIBERATE.load(Ordering::Acquire) || on_main_thread() {
        return;
    }
    // The process is ending: the plain descriptor is all that is sure to work.
    let _ = std::io::stderr()
        .write_all(b"error: a plugin ended the process with exit(); its results are incomplete\n");
    // SAFETY: `_exit` may be called from an exit handler.
    unsafe { libc::_exit(EXIT_PLUGIN_ENDED_PROCESS.into()) };
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn on_main_thread() -> bool {
    rustix::thread::gettid() == rustix::process::getpid()
}

#[cfg(target_vendor = "apple")]
fn on_main_thread() -> bool {
    // SAFETY: the function only reads.
    unsafe { libc::pthread_main_np() == 1 }
}

/// Elsewhere the thread cannot be told, and a program's own end must not fail.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn on_main_thread() -> bool {
    true
}

/// Ends the process with `code`, at once: threads that are stuck in a plugin are not
/// waited for and no destructors of plugins run. Whatever was written to buffers must
/// be flushed before.
pub fn exit(code: u8) -> ! {
    DELIBERATE.store(true, Ordering::Release);
    let _ = std::io::stdout().flush();
    let _ = std::io::stderr().flush();
    let code = if is_supervised() {
        code.saturating_add(SUPERVISED_OFFSET)
    } else {
        code
    };
    // SAFETY: `_exit` may always be called.
    unsafe { libc::_exit(code.into()) }
}

/// For a program that ends itself from another thread than the main one while the
/// guard is up: says that the next exit is meant.
pub fn allow_exit() {
    DELIBERATE.store(true, Ordering::Release);
}

#[cfg(unix)]
use unix::is_supervised;
#[cfg(unix)]
pub use unix::supervise;

#[cfg(not(unix))]
fn is_supervised() -> bool {
    false
}

/// Does nothing on this system: see the documentation on Unix.
#[cfg(not(unix))]
pub fn supervise() {}

#[cfg(unix)]
mod unix {
    use std::mem::MaybeUninit;
    use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
    use std::process::{Command, ExitStatus};
    use std::sync::OnceLock;

    use super::{EXIT_PLUGIN_ENDED_PROCESS, SUPERVISED_NAME, SUPERVISED_OFFSET};

    pub(super) fn is_supervised() -> bool {
        static SUPERVISED: OnceLock<bool> = OnceLock::new();
        *SUPERVISED.get_or_init(|| {
            std::env::args_os()
                .next()
                .is_some_and(|name| name == SUPERVISED_NAME)
        })
    }

    /// Runs the program once more as a child and ends with the code that the child
    /// gave to [`super::exit`]; comes back only in that child. A program calls it
    /// first thing in `main`, before it starts threads, when it is about to load
    /// plugins, and ends by [`super::exit`] from then on.
    ///
    /// Where the child ends in any other way, a message on standard error says how,
    /// and the code is [`EXIT_PLUGIN_ENDED_PROCESS`]. Where no child can be started
    /// the program goes on unsupervised.
    pub fn supervise() {
        if is_supervised() {
            return;
        }
        let Ok(program) = std::env::current_exe() else {
            return;
        };
        let mut command = Command::new(program);
        command
            .arg0(SUPERVISED_NAME)
            .args(std::env::args_os().skip(1));
        end_with_parent(&mut command);
        // One that comes before the child is there reaches both once it is.
        let held_back = InterruptsHeldBack::new(&mut command);
        let Ok(mut child) = command.spawn() else {
            return;
        };
        ignore_interrupts();
        drop(held_back);
        let code = child.wait().map_or(EXIT_PLUGIN_ENDED_PROCESS, code_of);
        super::exit(code);
    }

    /// Has the child end when this process does, from its first moment on: it may take a
    /// while until it comes to code of its own.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn end_with_parent(command: &mut Command) {
        use rustix::io::Errno;
        use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal};

        let parent = getpid();
        let attach = move || {
            set_parent_process_death_signal(Some(Signal::TERM))?;
            // It may have died before.
            match getppid() {
                Some(pid) if pid == parent => Ok(()),
                _ => Err(Errno::SRCH.into()),
            }
        };
        // SAFETY: between fork and exec it only makes system calls, and allocates nothing.
        unsafe { command.pre_exec(attach) };
    }

    /// Elsewhere the child is not told of its parent's end.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn end_with_parent(_command: &mut Command) {}

    /// Interrupts of the terminal wait until this is dropped.
    struct InterruptsHeldBack {
        before: libc::sigset_t,
    }

    impl InterruptsHeldBack {
        /// Holds them back in this thread, and in the child until it becomes the program.
        fn new(command: &mut Command) -> Self {
            let mut interrupts = MaybeUninit::uninit();
            let mut before = MaybeUninit::uninit();
            // SAFETY: the calls fill both sets, which outlive them.
            let before = unsafe {
                libc::sigemptyset(interrupts.as_mut_ptr());
                libc::sigaddset(interrupts.as_mut_ptr(), libc::SIGINT);
                libc::sigaddset(interrupts.as_mut_ptr(), libc::SIGQUIT);
                libc::sigemptyset(before.as_mut_ptr());
                libc::pthread_sigmask(libc::SIG_BLOCK, interrupts.as_ptr(), before.as_mut_ptr());
                before.assume_init()
            };
            let let_through = move || {
                set_mask(&before);
                Ok(())
            };
            // SAFETY: between fork and exec it only makes a system call.
            unsafe { command.pre_exec(let_through) };
            Self { before }
        }
    }

    impl Drop for InterruptsHeldBack {
        fn drop(&mut self) {
            set_mask(&self.before);
        }
    }

    fn set_mask(mask: &libc::sigset_t) {
        // SAFETY: the set is one that the system gave, and is only read.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, mask, std::ptr::null_mut()) };
    }

    /// An interrupt at the terminal reaches the child as well, which decides.
    fn ignore_interrupts() {
        // SAFETY: ignoring a signal installs no handler; the child was started before,
        // so it does not inherit this.
        unsafe {
            libc::signal(libc::SIGINT, libc::SIG_IGN);
            libc::signal(libc::SIGQUIT, libc::SIG_IGN);
        }
    }

    fn code_of(status: ExitStatus) -> u8 {
        if let Some(signal) = status.signal() {
            return code_of_signal(signal);
        }
        let code = status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .unwrap_or(u8::MAX);
        match code.checked_sub(SUPERVISED_OFFSET) {
            Some(code) => code,
            // The child's own guard has said it already.
            None if code == EXIT_PLUGIN_ENDED_PROCESS => code,
            None => {
                say(&format!("a plugin ended the process with code {code}"));
                EXIT_PLUGIN_ENDED_PROCESS
            }
        }
    }

    fn code_of_signal(signal: i32) -> u8 {
        // Whoever sends these to the child means the program.
        if [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGPIPE].contains(&signal) {
            return u8::try_from(128 + signal).unwrap_or(u8::MAX);
        }
        say(&format!(
            "the process was ended by signal {signal}, most likely by a plugin"
        ));
        EXIT_PLUGIN_ENDED_PROCESS
    }

    fn say(what: &str) {
        use std::io::Write as _;

        let _ = writeln!(
            std::io::stderr(),
            "error: {what}; its results are incomplete",
        );
    }
}
