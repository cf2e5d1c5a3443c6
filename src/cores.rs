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
