//! The memory of the tool's own process, where the system tells (Linux).

use std::fs;

/// Lets the peak begin anew.
pub(super) fn forget_peak() {
    // Where it cannot be done the peak is too high, which nobody will take for a good figure.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The most that was held in memory since then, in kilobytes.
pub(super) fn peak_kb() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
