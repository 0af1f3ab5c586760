//! A condition with its lock; flaw: notified before it is true.
use std::sync::{Condvar, Mutex};
use std::thread;
static READY: Mutex<bool> = Mutex::new(false);
static CHANGED: Condvar = Condvar::new();
fn main() {
    let other = thread::spawn(|| {
        if cfg!(flawed) {
            CHANGED.notify_one();
        }
        *READY.lock().unwrap() = true;
        if !cfg!(flawed) {
            CHANGED.notify_one();
        }
    });
    let mut ready = READY.lock().unwrap();
    while !*ready {
        ready = CHANGED.wait(ready).unwrap();
    }
    drop(ready);
    other.join().unwrap();
}
