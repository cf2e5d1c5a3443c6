//! Work that is shared out over the cores of the machine.

use std::num::NonZero;
use std::thread;

/// Fewer items are not worth a thread.
const FEW: usize = 64;

/// Maps `items` in their order, a share on each core. A panic goes on in the caller: a rule that panics must not pass for
/// one that allows.
pub fn on_all_cores<T: Sync, R: Send>(items: &[T], map: impl Fn(&T) -> R + Sync) -> Vec<R> {
    if items.len() < FEW {
        return items.iter().map(map).collect();
    }
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let (share, map) = (items.len().div_ceil(cores), &map);
    thread::scope(|scope| {
        let lanes: Vec<_> =
            items.chunks(share).map(|chunk| scope.spawn(move || chunk.iter().map(map).collect::<Vec<_>>())).collect();
        lanes
            .into_iter()
            .flat_map(|lane| lane.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// Does `one` and `other` at the same time, the first of them beside the caller. A panic goes on in the caller.
pub fn both<T: Send, U>(one: impl FnOnce() -> T + Send, other: impl FnOnce() -> U) -> (T, U) {
    thread::scope(|scope| {
        let beside = scope.spawn(one);
        let here = other();
        (beside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), here)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn both_run_at_the_same_time_and_a_panic_goes_on() {
        let ((ask, asked), (answer, answered)) = (mpsc::channel(), mpsc::channel());
        let here = || {
            ask.send(6).unwrap();
            answered.recv().unwrap()
        };
        assert_eq!(both(move || answer.send(7 * asked.recv().unwrap()), here), (Ok(()), 42));
        assert!(std::panic::catch_unwind(|| both(|| panic!("beside"), || 0)).is_err());
        assert!(std::panic::catch_unwind(|| both(|| 0, || panic!("here"))).is_err());
    }
}
