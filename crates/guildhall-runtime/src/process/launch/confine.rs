//! Limits this process, and all that it becomes and starts, as far as the system can.

use super::job::JobLimits;
use super::resources;
use crate::process::limits::Enforcement;

/// Sets all limits but the number of processes, which the supervisor counts; says what
/// the system really enforces.
pub(super) fn apply(limits: &JobLimits) -> Vec<Enforcement> {
    // Files before resources: opening the paths needs descriptors.
    let mut enforcement = access::apply(limits);
    enforcement.extend(resources::apply(limits));
    enforcement
}

/// By Landlock, which any process may apply to itself.
#[cfg(target_os = "linux")]
mod access {
    use std::ffi::OsStr;

    use landlock::{
        ABI, Access as _, AccessFs, AccessNet, BitFlags, LandlockStatus, RestrictionStatus,
        Ruleset, RulesetAttr as _, RulesetCreated, RulesetCreatedAttr as _, RulesetError,
        RulesetStatus, Scope, path_beneath_rules,
    };

    use super::JobLimits;
    use crate::process::launch::text::SystemText;
    use crate::process::limits::Enforcement;

    /// Kernels of this version limit all changes to the contents of folders and files.
    const FILES: ABI = ABI::V3;

    /// Kernels of this version limit signals and abstract sockets to the inside.
    const SCOPES: ABI = ABI::V6;

    /// Devices that give or keep nothing.
    const HARMLESS: [&str; 6] = [
        "/dev/null",
        "/dev/zero",
        "/dev/full",
        "/dev/random",
        "/dev/urandom",
        "/dev/tty",
    ];

    pub(super) fn apply(limits: &JobLimits) -> Vec<Enforcement> {
        let mut enforcement = Vec::new();
        if limits.write.is_some() || limits.read.is_some() {
            let files = verdict(files(limits));
            let named = [
                ("write", limits.write.is_some()),
                ("read", limits.read.is_some()),
            ];
            let wanted = named.into_iter().filter(|(_, is_wanted)| *is_wanted);
            enforcement.extend(wanted.map(|(limit, _)| entry(limit, &files)));
        }
        if limits.network == Some(false) {
            let tcp = verdict(network());
            enforcement.push(entry("network: TCP", &tcp));
            let why = "Landlock knows TCP only: UDP and other sockets stay open";
            enforcement.push(Enforcement::open("network: other than TCP", why));
        }
        if !enforcement.is_empty() {
            scopes();
        }
        enforcement
    }

    fn files(limits: &JobLimits) -> Result<RestrictionStatus, RulesetError> {
        let read = AccessFs::from_read(FILES);
        let write = AccessFs::from_write(FILES);
        // Moves are to stay allowed where writing is not limited.
        let (mut handled, everywhere) = match limits.write {
            Some(_) => (write, BitFlags::empty()),
            None => (AccessFs::Refer.into(), AccessFs::Refer.into()),
        };
        if limits.read.is_some() {
            handled |= read;
        }
        let readable = limits.read.iter().flatten().map(SystemText::as_os_str);
        let writable = limits.write.iter().flatten().map(SystemText::as_os_str);
        let harmless = HARMLESS.iter().map(OsStr::new);
        let ruleset = Ruleset::default().handle_access(handled)?.create()?;
        let ruleset = allow(ruleset, [OsStr::new("/")], everywhere)?;
        let ruleset = allow(ruleset, harmless, (read | write) & handled)?;
        let ruleset = allow(ruleset, readable, read & handled)?;
        allow(ruleset, writable, (read | write) & handled)?.restrict_self()
    }

    /// Allows an access below each path that exists. A rule that allows nothing would be
    /// an error.
    fn allow<'a>(
        ruleset: RulesetCreated,
        paths: impl IntoIterator<Item = &'a OsStr>,
        access: BitFlags<AccessFs>,
    ) -> Result<RulesetCreated, RulesetError> {
        if access.is_empty() {
            return Ok(ruleset);
        }
        ruleset.add_rules(path_beneath_rules(paths, access))
    }

    fn network() -> Result<RestrictionStatus, RulesetError> {
        let ruleset =
            Ruleset::default().handle_access(AccessNet::BindTcp | AccessNet::ConnectTcp)?;
        with_moves(ruleset)?.restrict_self()
    }

    /// Keeps a limited program from having another process do for it what it may not do.
    /// Older systems cannot; nobody asked for it by name, so nothing is said.
    fn scopes() {
        let _ = Ruleset::default()
            .scope(Scope::from_all(SCOPES))
            .and_then(with_moves)
            .and_then(RulesetCreated::restrict_self);
    }

    /// Moving files between folders is refused by every ruleset that does not allow it,
    /// even by one that is not about files.
    fn with_moves(ruleset: Ruleset) -> Result<RulesetCreated, RulesetError> {
        let ruleset = ruleset.handle_access(AccessFs::Refer)?.create()?;
        allow(ruleset, [OsStr::new("/")], AccessFs::Refer.into())
    }

    /// Whether it is enforced, and by what.
    fn verdict(result: Result<RestrictionStatus, RulesetError>) -> (bool, String) {
        match result {
            Ok(status) => (
                status.ruleset == RulesetStatus::FullyEnforced,
                version(&status),
            ),
            Err(error) => (false, format!("Landlock refused: {error}")),
        }
    }

    fn version(status: &RestrictionStatus) -> String {
        let version = match status.landlock {
            LandlockStatus::Available { effective_abi, .. } => effective_abi as i32,
            LandlockStatus::NotEnabled => return "Landlock is switched off".to_owned(),
            LandlockStatus::NotImplemented => return "this kernel has no Landlock".to_owned(),
        };
        match status.ruleset {
            RulesetStatus::FullyEnforced => format!("Landlock, version {version}"),
            RulesetStatus::PartiallyEnforced => {
                format!("Landlock of this kernel, version {version}, cannot do all of it")
            }
            RulesetStatus::NotEnforced => {
                format!("Landlock of this kernel, version {version}, cannot do it")
            }
        }
    }

    fn entry(limit: &str, (enforced, by): &(bool, String)) -> Enforcement {
        match enforced {
            true => Enforcement::held(limit, by),
            false => Enforcement::open(limit, by),
        }
    }
}

/// Elsewhere nothing is known that a process could apply to itself.
#[cfg(not(target_os = "linux"))]
mod access {
    use super::JobLimits;
    use crate::process::limits::Enforcement;

    pub(super) fn apply(limits: &JobLimits) -> Vec<Enforcement> {
        let wanted = [
            ("write", limits.write.is_some()),
            ("read", limits.read.is_some()),
            ("network", limits.network == Some(false)),
        ];
        wanted
            .into_iter()
            .filter(|(_, is_wanted)| *is_wanted)
            .map(|(limit, _)| Enforcement::open(limit, "this system has no means that we use"))
            .collect()
    }
}
