//! Reports of what was found out.

mod replay;

pub(crate) use replay::replay;
