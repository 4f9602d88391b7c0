//! The same for each scenario, on all cores: one long test alone would keep the others' cores idle.

use std::sync::Mutex;
use std::thread;

/// Does `work` with each of `items`, on as many threads as there are cores. What it gives comes in no order.
///
/// # Panics
/// If `work` does.
pub fn on_all_cores<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let left = Mutex::new(items);
    let next = || left.lock().expect("nobody panics while it is held").pop();
    let one = || std::iter::from_fn(|| next().map(&work)).collect::<Vec<R>>();
    let cores = thread::available_parallelism().map_or(1, Into::into);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(one)).collect();
        let done = threads.into_iter().map(|t| t.join().unwrap_or_else(|why| std::panic::resume_unwind(why)));
        done.flatten().collect()
    })
}
