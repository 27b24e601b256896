//! Reports of what was found out.

mod explain;
mod recommend;
mod replay;
mod status;
mod words;

pub(crate) use explain::explanation;
pub(crate) use recommend::recommendations;
pub(crate) use replay::replay;
pub(crate) use status::status;
