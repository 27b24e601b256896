//! Reports of what was found out.

mod logs;

pub(crate) use logs::{Shown, logs};
