//! Places in source code that are told: in the traces that programs print (`trace`), and
//! anywhere in what people write (`prose`).

mod prose;
mod trace;

pub(crate) use prose::of as in_prose;
pub(crate) use trace::{Found, of as in_trace};

/// Places that are kept of one telling.
pub(crate) const MOST: usize = 50;

/// Parts of paths that lead to code of others.
const FOREIGN: [&str; 11] = [
    "/rustc/",
    "/library/std/",
    ".cargo/registry",
    "site-packages",
    "dist-packages",
    "node_modules",
    "/usr/lib/",
    "/usr/local/go/",
    "/go/pkg/mod/",
    "node:internal",
    "<frozen",
];

/// Whether a path leads to code of others.
pub(crate) fn is_foreign(path: &str) -> bool {
    FOREIGN.iter().any(|part| path.contains(part))
}
