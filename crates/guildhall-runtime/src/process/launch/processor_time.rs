//! The processor time of a program and its descendants, from the system's own accounting.

/// The processor time of all children that were waited for, theirs included, in
/// milliseconds; `None` where the system does not tell. Linux counts in ticks, which are
/// hundredths of a second on most machines.
#[cfg(target_os = "linux")]
pub(super) fn of_children() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    in_milliseconds(
        ticks_of_children(&stat)?,
        rustix::param::clock_ticks_per_second(),
    )
}

#[cfg(not(target_os = "linux"))]
pub(super) fn of_children() -> Option<u64> {
    None
}

/// `cutime` and `cstime` of proc_pid_stat(5), its 16th and 17th field. The second, the
/// program's name in parentheses, may itself hold spaces and parentheses.
#[cfg(target_os = "linux")]
fn ticks_of_children(stat: &str) -> Option<u64> {
    const AFTER_NAME: usize = 3;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut ticks = fields.split_ascii_whitespace().skip(16 - AFTER_NAME);
    let user: u64 = ticks.next()?.parse().ok()?;
    let system: u64 = ticks.next()?.parse().ok()?;
    user.checked_add(system)
}

#[cfg(target_os = "linux")]
fn in_milliseconds(ticks: u64, per_second: u64) -> Option<u64> {
    ticks.checked_mul(1000)?.checked_div(per_second)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    const STAT: &str = "7 (a) b (c) S 1 7 7 0 -1 4194560 9 8 0 0 11 12 130 40 20 0 1 0 5 6 7";

    #[test]
    fn the_fields_are_counted_after_the_name() {
        assert_eq!(ticks_of_children(STAT), Some(170));
        assert_eq!(in_milliseconds(170, 100), Some(1700));
    }

    #[test]
    fn what_cannot_be_read_is_not_told() {
        assert_eq!(ticks_of_children("7 (a) S 1"), None);
        assert_eq!(ticks_of_children(""), None);
        assert_eq!(in_milliseconds(1, 0), None);
    }
}
