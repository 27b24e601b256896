//! The protocol and the registry as their users see them.

#[cfg(test)]
mod choosing;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod health;
#[cfg(test)]
mod lending;
#[cfg(test)]
mod life;
#[cfg(test)]
mod persistence;
#[cfg(test)]
mod protocol;
#[cfg(test)]
mod registry_model;
#[cfg(test)]
mod support;
#[cfg(test)]
mod watching;
