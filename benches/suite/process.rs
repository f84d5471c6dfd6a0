//! What the system knows about this process; nothing where it does not say.

use std::fs::read_to_string;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// What the process has in memory, now and at the most, in kilobytes.
pub fn memory() -> (u64, u64) {
    let status = read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|l| l.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    (field("VmRSS:").unwrap_or(0), field("VmHWM:").unwrap_or(0))
}

/// How long processors have worked for the threads of the process: on a shared machine a better measure than the clock.
fn processor_time() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let time = |thread: std::fs::DirEntry| -> Option<u64> {
        read_to_string(thread.path().join("schedstat")).ok()?.split_whitespace().next()?.parse().ok()
    };
    Duration::from_nanos(threads.filter_map(time).sum())
}

/// Seconds.
pub struct Took {
    pub clock: f64,
    pub processor: f64,
}

pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Took) {
    let worked = processor_time();
    let start = Instant::now();
    let made = black_box(work());
    let clock = start.elapsed().as_secs_f64();
    (made, Took { clock, processor: processor_time().saturating_sub(worked).as_secs_f64() })
}
