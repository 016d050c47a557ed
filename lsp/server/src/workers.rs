//! Threads that answer questions, so that the session can go on listening.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

type Job = Box<dyn FnOnce() + Send>;

/// Some threads that take jobs in the order in which they come.
pub(crate) struct Workers {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

/// Deep expressions are checked by recursion; a main thread has as much.
const STACK: usize = 16 << 20;

impl Workers {
    /// `count` threads.
    pub(crate) fn new(name: &str, count: usize) -> Result<Self, String> {
        let (jobs, waiting) = channel::<Job>();
        let waiting = Arc::new(Mutex::new(waiting));
        let thread = |_| {
            let waiting = Arc::clone(&waiting);
            let builder = Builder::new().name(name.to_owned()).stack_size(STACK);
            builder.spawn(move || work(&waiting)).map_err(|error| format!("no thread could be started: {error}"))
        };
        let threads = (0..count).map(thread).collect::<Result<_, _>>()?;
        Ok(Self { jobs: Some(jobs), threads })
    }

    /// Has a job done. It must not unwind: what may go wrong in it, it catches.
    pub(crate) fn run(&self, job: impl FnOnce() + Send + 'static) {
        if let Some(jobs) = &self.jobs {
            // Fails only when all threads are gone, and they outlive the sender.
            let _ = jobs.send(Box::new(job));
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A job that unwound has already been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

fn work(waiting: &Mutex<Receiver<Job>>) {
    loop {
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(),
            Err(_) => return,
        }
    }
}
