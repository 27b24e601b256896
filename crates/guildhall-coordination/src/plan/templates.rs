//! Plans that come with Guildhall, to be filled in with parameters.

/// A plan that comes with Guildhall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanTemplate {
    /// Its name.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub about: &'static str,
    /// The plan, in TOML.
    pub text: &'static str,
}

/// The plans that come with Guildhall, by name.
pub const PLAN_TEMPLATES: [PlanTemplate; 1] = [PlanTemplate {
    name: "feature",
    about: "a feature as API, frontend, migrations, documentation and tests, all at once",
    text: include_str!("../../templates/feature.toml"),
}];
