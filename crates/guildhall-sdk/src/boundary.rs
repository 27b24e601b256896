//! What `export!` expands to; nothing here is for use by hand.

use guildhall_abi::guest;
pub use guildhall_abi::raw::GhEntry;
pub use guildhall_abi::section::{HEADER_LENGTH, record};

use crate::Plugin;
use crate::bridge::Bridge;

/// The entry of the plugin `P`, whose manifest stands in `section`.
pub const fn entry<P: Plugin>(section: &'static [u8]) -> GhEntry {
    let (_, json) = section.split_at(HEADER_LENGTH);
    guest::entry::<Bridge<P>>(json, P::MANIFEST.panic)
}
