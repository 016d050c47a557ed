//! Jobs on several threads, their results told one by one in the order of the jobs. It knows nothing of tests.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

/// Each thread has as much stack as the program's first one has on most systems.
const STACK: usize = 8 << 20;

/// What is done with each job.
pub(super) struct Orders<'a, Job, Done> {
    /// Does a job.
    pub(super) work: &'a (dyn Fn(&Job) -> Done + Sync),
    /// Whether a job failed because others took the room: it is done again when it has the machine for itself.
    pub(super) wants_room: &'a (dyn Fn(&Done) -> bool + Sync),
    /// Whether another job is to be begun.
    pub(super) goes_on: &'a (dyn Fn() -> bool + Sync),
}

/// Does the jobs on so many threads. They are begun in their order and told in their order, each as soon as all before it have been;
/// when the orders say stop, what was done is told and the rest left out.
pub(super) fn in_order<Job: Send, Done: Send>(
    jobs: Vec<Job>,
    threads: usize,
    orders: &Orders<'_, Job, Done>,
    tell: &mut dyn FnMut(Done),
) {
    let mut line = Line { next: 0, waiting: BTreeMap::new(), tell };
    let queue = Mutex::new(jobs.into_iter().enumerate());
    let mut left = if threads > 1 { together(&queue, threads, orders, &mut line) } else { Vec::new() };
    left.extend(queue.into_inner().unwrap_or_else(PoisonError::into_inner));
    left.sort_by_key(|(index, _)| *index);
    for (index, job) in left {
        if !(orders.goes_on)() {
            break;
        }
        line.put(index, (orders.work)(&job));
    }
    line.finish();
}

/// Does what can be done side by side; the jobs that want the machine for themselves are handed back.
fn together<Job: Send, Done: Send>(
    queue: &Mutex<impl Iterator<Item = (usize, Job)> + Send>,
    threads: usize,
    orders: &Orders<'_, Job, Done>,
    line: &mut Line<'_, Done>,
) -> Vec<(usize, Job)> {
    let (sender, answers) = mpsc::channel();
    let mut alone = Vec::new();
    thread::scope(|scope| {
        for _ in 0..threads {
            let sender = sender.clone();
            let worker = move || {
                while (orders.goes_on)()
                    && let Some((index, job)) = next(queue)
                {
                    let done = (orders.work)(&job);
                    let answer = if (orders.wants_room)(&done) { Err(job) } else { Ok(done) };
                    if sender.send((index, answer)).is_err() {
                        return;
                    }
                }
            };
            // With fewer threads than wished, or none, the others or the caller do the work.
            let begun = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, worker);
            if begun.is_err() {
                break;
            }
        }
        drop(sender);
        for (index, answer) in answers {
            match answer {
                Ok(done) => line.put(index, done),
                Err(job) => alone.push((index, job)),
            }
        }
    });
    alone
}

fn next<Item>(queue: &Mutex<impl Iterator<Item = Item>>) -> Option<Item> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).next()
}

/// Results that wait for those before them.
struct Line<'a, Done> {
    next: usize,
    waiting: BTreeMap<usize, Done>,
    tell: &'a mut dyn FnMut(Done),
}

impl<Done> Line<'_, Done> {
    fn put(&mut self, index: usize, done: Done) {
        self.waiting.insert(index, done);
        while let Some(done) = self.waiting.remove(&self.next) {
            (self.tell)(done);
            self.next += 1;
        }
    }

    /// Tells what is there, though something before it is missing.
    fn finish(self) {
        self.waiting.into_values().for_each(self.tell);
    }
}

#[cfg(test)]
mod tests {
    use super::{Orders, in_order};
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// What is told of jobs that take the longer the earlier they stand.
    fn told(threads: usize, orders: &Orders<'_, u64, u64>) -> Vec<u64> {
        let mut told = Vec::new();
        in_order((0..12).collect(), threads, orders, &mut |done| told.push(done));
        told
    }

    fn slowly(job: &u64) -> u64 {
        std::thread::sleep(std::time::Duration::from_millis(12 - job));
        job * job
    }

    #[test]
    fn results_come_in_the_order_of_the_jobs_on_any_number_of_threads() {
        let squares: Vec<u64> = (0..12).map(|job| job * job).collect();
        for threads in [1, 2, 5, 40] {
            let orders = Orders { work: &slowly, wants_room: &|_| false, goes_on: &|| true };
            assert_eq!(told(threads, &orders), squares, "{threads} threads");
        }
    }

    #[test]
    fn who_wants_room_is_done_again_alone_and_told_in_its_place() {
        let (running, begun) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = |job: &u64| {
            begun.fetch_add(1, Ordering::SeqCst);
            let beside = running.fetch_add(1, Ordering::SeqCst);
            slowly(job);
            running.fetch_sub(1, Ordering::SeqCst);
            // 1000 and more says that there was no room; 100 and more, that somebody was beside.
            let beside = if beside > 0 { 100 } else { 0 };
            match (job.is_multiple_of(5), begun.load(Ordering::SeqCst) <= 12) {
                (true, true) => 1000 + job,
                (true, false) => job + beside,
                (false, _) => *job,
            }
        };
        let orders = Orders { work: &work, wants_room: &|done| *done >= 1000, goes_on: &|| true };
        assert_eq!(told(3, &orders), (0..12).collect::<Vec<u64>>());
        assert_eq!(begun.into_inner(), 15, "0, 5 and 10 were done twice");
    }

    #[test]
    fn who_is_told_to_stop_begins_nothing_and_tells_what_was_done() {
        let begun = AtomicUsize::new(0);
        let work = |job: &u64| {
            begun.fetch_add(1, Ordering::SeqCst);
            *job
        };
        for threads in [1, 3] {
            begun.store(0, Ordering::SeqCst);
            let orders = Orders { work: &work, wants_room: &|_| false, goes_on: &|| begun.load(Ordering::SeqCst) < 4 };
            let told = told(threads, &orders);
            assert!(told.len() >= 4 && told.len() < 4 + threads && told.is_sorted(), "{told:?}");
        }
    }
}
