//! Reports of what was found out.

mod assess;
mod logs;
mod suspects;

pub(crate) use assess::assessment;
pub(crate) use logs::{Shown, logs};
pub(crate) use suspects::report as suspects;
