//! A wait with a limit: told, or too late; flaw: too late is not thought of.
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Duration;
static READY: Mutex<bool> = Mutex::new(false);
static CHANGED: Condvar = Condvar::new();
fn main() {
    let other = thread::spawn(|| {
        *READY.lock().unwrap() = true;
        CHANGED.notify_one();
    });
    let ready = READY.lock().unwrap();
    let limit = Duration::from_millis(10);
    let (ready, late) = CHANGED.wait_timeout_while(ready, limit, |ready| !*ready).unwrap();
    assert!(*ready || (late.timed_out() && !cfg!(flawed)));
    drop(ready);
    other.join().unwrap();
}
