//! The only clock of the tool: what the bench is timed with.

/// A stopwatch over the thread's own processor time, which a busy machine does not disturb; where
/// the system has none, over the wall clock.
pub(super) struct Stopwatch {
    #[cfg(unix)]
    began: rustix::time::Timespec,
    #[cfg(not(unix))]
    #[expect(clippy::disallowed_types, reason = "the bench measures real time")]
    began: std::time::Instant,
}

#[cfg(unix)]
impl Stopwatch {
    /// What it measures.
    pub(super) const WHAT: &str = "thread CPU time";

    pub(super) fn start() -> Self {
        Stopwatch { began: now() }
    }

    /// Nanoseconds since it was started.
    pub(super) fn ns(&self) -> u64 {
        let now = now();
        let seconds = (now.tv_sec - self.began.tv_sec) as u64 * 1_000_000_000;
        seconds.saturating_add_signed(now.tv_nsec - self.began.tv_nsec)
    }
}

#[cfg(unix)]
fn now() -> rustix::time::Timespec {
    rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime)
}

#[cfg(not(unix))]
#[expect(clippy::disallowed_types, reason = "the bench measures real time")]
impl Stopwatch {
    /// What it measures.
    pub(super) const WHAT: &str = "wall time";

    pub(super) fn start() -> Self {
        Stopwatch { began: std::time::Instant::now() }
    }

    /// Nanoseconds since it was started.
    pub(super) fn ns(&self) -> u64 {
        self.began.elapsed().as_nanos() as u64
    }
}
