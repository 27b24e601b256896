//! Loading a plugin's library: the one place that runs foreign code for the first
//! time.
//!
//! What cannot be promised: loading a library runs its initialisers with the host's
//! rights before any check of ours, and nothing in this process can stop them. The
//! checks of [`crate::finding`] come first so that only a file that claims to be a
//! plugin gets that far; real isolation is another process.
#![expect(unsafe_code, reason = "loading a library runs foreign code")]

use std::ffi::c_void;
use std::path::Path;
use std::sync::Arc;

use guildhall_abi::ENTRY_SYMBOL;
use guildhall_abi::host::LoadedEntry;
use guildhall_core::PanicStrategy;

use crate::finding::{Inspected, Refusal};

/// Loads the library at `path` and reads its entry, which must say the same as the
/// manifest that was inspected.
///
/// The library is never unloaded: threads and thread-local destructors of the plugin
/// may outlive every instance of it.
///
/// # Errors
/// The reason why the plugin is refused.
pub(crate) fn load(path: &Path, inspected: &Inspected) -> Result<LoadedEntry, Refusal> {
    let library = open(path)?;
    // SAFETY: the symbol is only taken as an address; `LoadedEntry::read` checks what
    // stands there before it uses it.
    let address = unsafe {
        library
            .get::<*const c_void>(ENTRY_SYMBOL.as_bytes())
            .ok()
            .and_then(|symbol| symbol.try_as_raw_ptr())
    };
    let address = address
        .ok_or(Refusal::NoEntry {
            symbol: ENTRY_SYMBOL,
        })?
        .cast_const();
    // SAFETY: the address is that of the entry symbol of a library that `keepalive`
    // keeps loaded.
    let entry = unsafe { LoadedEntry::read(address, Arc::new(library)) }.map_err(|error| {
        Refusal::BrokenEntry {
            reason: error.to_string(),
        }
    })?;
    if entry.manifest() != inspected.manifest_json {
        return Err(Refusal::ManifestDiffers);
    }
    if entry.panic_strategy() == PanicStrategy::Abort {
        return Err(Refusal::Aborts);
    }
    Ok(entry)
}

#[cfg(unix)]
fn open(path: &Path) -> Result<libloading::Library, Refusal> {
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

    // Not in libloading; the value is the same for every libc that has it.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const RTLD_NODELETE: i32 = 0x1000;
    #[cfg(target_vendor = "apple")]
    const RTLD_NODELETE: i32 = 0x80;
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    const RTLD_NODELETE: i32 = 0;

    // SAFETY: running the library's initialisers is what was asked for; the module's
    // documentation says what that means.
    let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) };
    library.map(Into::into).map_err(|error| load_failed(&error))
}

#[cfg(not(unix))]
fn open(path: &Path) -> Result<libloading::Library, Refusal> {
    // SAFETY: as above.
    let library = unsafe { libloading::Library::new(path) };
    library.map_err(|error| load_failed(&error))
}

fn load_failed(error: &libloading::Error) -> Refusal {
    // The loader's own words are in the source.
    let reason = std::error::Error::source(error)
        .map_or_else(|| error.to_string(), |source| source.to_string());
    Refusal::LoadFailed { reason }
}
