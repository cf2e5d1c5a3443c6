//! Many probes by few threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How many threads probe at once unless told otherwise: a probe waits for the network, not for the processor.
pub const THREADS: usize = 32;

/// Runs `probe` on each of `items`, by at most `threads` threads, and gives the results in the order of the items. A
/// `probe` that panics takes the caller with it.
pub fn each<T: Sync, R: Send>(items: &[T], threads: usize, probe: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::with_capacity(items.len()));
    let work = || {
        while let Some((at, item)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            items.get(at).map(|item| (at, item))
        } {
            let result = probe(item);
            found.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((at, result));
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads.clamp(1, items.len().max(1)) {
            scope.spawn(work);
        }
    });
    let mut found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_items_and_threads_are_few() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let items: Vec<u64> = (0..40).collect();
        let found = each(&items, 4, |item| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(40 - item));
            now.fetch_sub(1, Ordering::SeqCst);
            item * 2
        });
        assert_eq!(found, items.iter().map(|item| item * 2).collect::<Vec<_>>());
        assert!((2..=4).contains(&most.load(Ordering::SeqCst)), "{most:?}");
        assert!(each(&[] as &[u8], 4, |item| *item).is_empty());
    }

    #[test]
    fn a_slow_one_does_not_hold_the_others_up() {
        let done = Mutex::new(Vec::new());
        each(&[1_500_u64, 1, 2, 3, 4, 5], 2, |wait| {
            thread::sleep(Duration::from_millis(*wait));
            done.lock().unwrap().push(*wait);
        });
        assert_eq!(done.into_inner().unwrap(), [1, 2, 3, 4, 5, 1_500]);
    }
}
