//! Rust: from the syntax tree of a file to its measured functions.

mod cognitive;
mod cyclomatic;
mod functions;
mod names;
mod smells;
mod test_modules;

pub(crate) use functions::{Function, measure};
pub(crate) use smells::{
    Found, Panics, Reach, Silenced, Smells, Unsafety, name_of_associated, name_of_method, smells,
};
pub(crate) use test_modules::test_modules;

/// The functions of a text that is known to be Rust.
#[cfg(test)]
fn measure_text(text: &str) -> Vec<Function> {
    let outline = guildhall_source::rust::outline(text, drop);
    let lines = guildhall_source::read::Lines::new(text);
    let branches = outline.macro_branches.iter();
    let branches: Vec<_> = branches.map(|offset| lines.position(*offset)).collect();
    guildhall_source::rust::parse(text, &outline, |file| measure(file, &branches))
        .expect("the test's text is Rust")
}
