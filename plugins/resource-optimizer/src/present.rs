//! Reports of what was found out.

mod acted;
mod explain;
mod recommend;
mod replay;
mod status;
mod words;

pub(crate) use acted::{applied, places_of_all, watched};
pub(crate) use explain::explanation;
pub(crate) use recommend::recommendations;
pub(crate) use replay::replay;
pub(crate) use status::status;
