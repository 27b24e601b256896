//! `guildhall optimize`: what whoever runs many agents sees.

mod acting;
mod recorded;
mod replay;

use crate::support::{Plugin, Sandbox};

fn sandbox() -> Sandbox {
    Sandbox::new(&[Plugin::Optimizer])
}
