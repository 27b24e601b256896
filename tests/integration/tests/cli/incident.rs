//! `guildhall incident`: what an on-call engineer sees.

mod assess;
mod kept;
mod logs;

use std::path::Path;

use crate::support::{Plugin, Sandbox};

fn sandbox() -> Sandbox {
    Sandbox::new(&[Plugin::Responder])
}

/// What stands in a file, where it is there.
fn content(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}
