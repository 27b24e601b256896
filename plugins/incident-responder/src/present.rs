//! Reports of what was found out.

mod assess;
mod logs;

pub(crate) use assess::assessment;
pub(crate) use logs::{Shown, logs};
