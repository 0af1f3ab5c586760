//! Time goes on while a thread sleeps; flaw: sleeping taken for waiting.
use std::sync::atomic::{AtomicBool, Ordering::*};
use std::thread;
use std::time::{Duration, Instant};
static DONE: AtomicBool = AtomicBool::new(false);
fn main() {
    let worker = thread::spawn(|| DONE.store(true, Release));
    let began = Instant::now();
    thread::sleep(Duration::from_millis(50));
    assert!(began.elapsed() >= Duration::from_millis(50));
    if !cfg!(flawed) {
        worker.join().unwrap();
        assert!(DONE.load(Acquire));
    } else {
        assert!(DONE.load(Acquire));
        worker.join().unwrap();
    }
}
