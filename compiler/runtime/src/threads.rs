//! Work on several threads, for steps of some tens of microseconds. Work is cut into chunks, and whoever is there takes the next one: a thread that the
//! system has put aside is missed by nobody. Threads wait by looking, for a moment, then by giving way, then asleep.
//!
//! Which thread does a chunk changes no result: chunks write to different places, and sums are never split.

#![allow(unsafe_code)] // hands a closure to threads that have let go of it before its caller goes on

use std::cell::{Cell, UnsafeCell};
use std::marker::PhantomData;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

/// Threads that wait for work.
pub(crate) struct Threads {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// Work smaller than this (in sums of a delivery) is done by the caller alone.
    least: usize,
    /// Makes this `!Sync`: one caller at a time, and none from within the work.
    alone: PhantomData<Cell<()>>,
}

type Task = *const (dyn Fn(usize) + Sync);

struct Shared {
    /// The number of the present task in the upper half, [`OPEN`] while workers may begin with it, and how many are at it.
    state: AtomicU64,
    task: UnsafeCell<Option<Task>>,
    /// The next chunk of the task, and how many there are.
    next: AtomicUsize,
    chunks: AtomicUsize,
    failed: AtomicBool,
    stop: AtomicBool,
    sleeping: AtomicUsize,
    lock: Mutex<()>,
    wake: Condvar,
}

const OPEN: u64 = 1 << 31;
const AT_IT: u64 = OPEN - 1;

// SAFETY: `task` is written by the owner while no worker is at it, and read by workers only while the state counts them.
unsafe impl Sync for Shared {}
// SAFETY: the pointer in `task` is to a `Sync` closure that lives until no worker is at it.
unsafe impl Send for Shared {}

/// Looks before a thread gives way, and times it gives way before it sleeps.
const LOOKS: u32 = 2_000;
const YIELDS: u32 = 200;

impl Threads {
    /// So many threads, the caller included, that share work from a size on.
    pub(crate) fn new(count: usize, least: usize) -> Self {
        let shared = Arc::new(Shared {
            state: AtomicU64::new(0),
            task: UnsafeCell::new(None),
            next: AtomicUsize::new(0),
            chunks: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            sleeping: AtomicUsize::new(0),
            lock: Mutex::new(()),
            wake: Condvar::new(),
        });
        // Where a thread cannot be had, the others do its part.
        let workers = (1..count).map_while(|number| {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new().name(format!("neuro {number}")).spawn(move || shared.work()).ok()
        });
        let workers = workers.collect();
        Self { shared, workers, least, alone: PhantomData }
    }

    /// How many threads there are, the caller included.
    pub(crate) fn count(&self) -> usize {
        self.workers.len() + 1
    }

    /// Whether work of this size is to be shared.
    pub(crate) fn worth(&self, size: usize) -> bool {
        !self.workers.is_empty() && size >= self.least
    }

    /// Calls with every number below `chunks`, on whichever threads are there, and returns when all are done.
    ///
    /// # Panics
    /// If one of the calls does.
    pub(crate) fn all(&self, chunks: usize, task: &(dyn Fn(usize) + Sync)) {
        let shared = &*self.shared;
        // SAFETY: only the lifetime is changed; the pointer is not used after this function, which waits until no worker is at it.
        let erased = unsafe { std::mem::transmute::<&(dyn Fn(usize) + Sync), &'static (dyn Fn(usize) + Sync)>(task) };
        // SAFETY: no worker is at it: the last task was closed, and those who were at it waited for. Nobody else calls now: `Threads` is not
        // `Sync`, so that neither another thread nor a part of the work can hold it.
        unsafe { *shared.task.get() = Some(std::ptr::from_ref(erased)) };
        shared.chunks.store(chunks, Ordering::Relaxed);
        shared.next.store(0, Ordering::Relaxed);
        let number = (shared.state.load(Ordering::Relaxed) >> 32) + 1;
        shared.state.store(number << 32 | OPEN, Ordering::SeqCst);
        if shared.sleeping.load(Ordering::SeqCst) > 0 {
            let _held = shared.lock.lock();
            shared.wake.notify_all();
        }
        let own = catch_unwind(AssertUnwindSafe(|| shared.chunks_of(task)));
        shared.state.fetch_and(!OPEN, Ordering::SeqCst);
        wait_until(|| shared.state.load(Ordering::Acquire) & AT_IT == 0);
        if let Err(panic) = own {
            std::panic::resume_unwind(panic);
        }
        assert!(!shared.failed.load(Ordering::Relaxed), "a part of the work panicked");
    }

    /// Calls with ranges that make up `0..size`, each beginning at a multiple of `grain`.
    pub(crate) fn ranges(&self, size: usize, grain: usize, part: &(dyn Fn(Range<usize>) + Sync)) {
        let share = size.div_ceil(self.count()).next_multiple_of(grain);
        self.all(size.div_ceil(share.max(1)), &|index| part(index * share..((index + 1) * share).min(size)));
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        {
            let _held = self.shared.lock.lock();
            self.shared.wake.notify_all();
        }
        for worker in self.workers.drain(..) {
            // It has caught its panics.
            let _ = worker.join();
        }
    }
}

impl Shared {
    fn chunks_of(&self, task: &(dyn Fn(usize) + Sync)) {
        loop {
            let chunk = self.next.fetch_add(1, Ordering::Relaxed);
            if chunk >= self.chunks.load(Ordering::Relaxed) {
                return;
            }
            task(chunk);
        }
    }

    fn work(&self) {
        let mut seen = 0;
        loop {
            self.wait(seen);
            if self.stop.load(Ordering::SeqCst) {
                return;
            }
            let state = self.state.load(Ordering::SeqCst);
            if state & OPEN == 0 || state >> 32 == seen {
                continue;
            }
            if self.state.compare_exchange(state, state + 1, Ordering::SeqCst, Ordering::SeqCst).is_err() {
                continue;
            }
            seen = state >> 32;
            // SAFETY: the owner has written it before it opened the task, and changes nothing while this worker is counted.
            if let Some(task) = unsafe { *self.task.get() } {
                // SAFETY: the closure lives while this worker is counted.
                let done = catch_unwind(AssertUnwindSafe(|| self.chunks_of(unsafe { &*task })));
                self.failed.fetch_or(done.is_err(), Ordering::Relaxed);
            }
            self.state.fetch_sub(1, Ordering::Release);
        }
    }

    /// Returns when a task other than that of number `seen` is open, or when it is time to stop.
    fn wait(&self, seen: u64) {
        let ready = || {
            let state = self.state.load(Ordering::SeqCst);
            (state & OPEN != 0 && state >> 32 != seen) || self.stop.load(Ordering::SeqCst)
        };
        for _ in 0..LOOKS {
            if ready() {
                return;
            }
            std::hint::spin_loop();
        }
        for _ in 0..YIELDS {
            if ready() {
                return;
            }
            std::thread::yield_now();
        }
        let Ok(mut held) = self.lock.lock() else { return };
        self.sleeping.fetch_add(1, Ordering::SeqCst);
        while !ready() {
            match self.wake.wait(held) {
                Ok(again) => held = again,
                Err(_) => break,
            }
        }
        self.sleeping.fetch_sub(1, Ordering::SeqCst);
    }
}

fn wait_until(ready: impl Fn() -> bool) {
    let mut looks = 0;
    while !ready() {
        looks += 1;
        if looks < LOOKS {
            std::hint::spin_loop();
        } else {
            std::thread::yield_now();
        }
    }
}

/// Numbers to which several threads write in different places.
#[derive(Clone, Copy)]
pub(crate) struct Places<T> {
    base: *mut T,
    count: usize,
}

// SAFETY: whoever writes through it promises that no other thread touches the same places (`Places::at`).
unsafe impl<T: Send> Sync for Places<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Places<T> {}

impl<T> Places<T> {
    pub(crate) fn new(numbers: &mut [T]) -> Self {
        Self { base: numbers.as_mut_ptr(), count: numbers.len() }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// # Safety
    /// `index` is below [`Self::count`]; what `Places` was made of is still borrowed; no other thread touches this place meanwhile.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)] // what makes it possible for threads to share
    pub(crate) unsafe fn at(&self, index: usize) -> &mut T {
        // SAFETY: by the contract.
        unsafe { &mut *self.base.add(index) }
    }

    /// # Safety
    /// As [`Self::at`], for all of the range.
    #[allow(clippy::mut_from_ref)] // as above
    pub(crate) unsafe fn slice(&self, range: Range<usize>) -> &mut [T] {
        // SAFETY: by the contract.
        unsafe { std::slice::from_raw_parts_mut(self.base.add(range.start), range.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_done_once_and_before_the_call_returns() {
        let threads = Threads::new(4, 1);
        for size in [0usize, 1, 63, 64, 65, 1000] {
            for _ in 0..200 {
                let mut seen = vec![0u32; size];
                let places = Places::new(&mut seen);
                threads.ranges(size, 64, &|range| {
                    assert!(range.start.is_multiple_of(64));
                    // SAFETY: ranges do not overlap.
                    unsafe { places.slice(range) }.iter_mut().for_each(|count| *count += 1);
                });
                assert!(seen.iter().all(|count| *count == 1), "{size}");
            }
        }
        // Asleep, they are woken: four chunks that wait for each other need four threads.
        std::thread::sleep(std::time::Duration::from_millis(20));
        let met = AtomicUsize::new(0);
        threads.all(4, &|_| {
            met.fetch_add(1, Ordering::SeqCst);
            wait_until(|| met.load(Ordering::SeqCst) == 4);
        });
    }

    #[test]
    fn a_panic_in_a_part_reaches_the_caller() {
        let threads = Threads::new(2, 1);
        let outcome = catch_unwind(AssertUnwindSafe(|| threads.all(2, &|part| assert_eq!(part, 0, "no"))));
        assert!(outcome.is_err());
    }
}
