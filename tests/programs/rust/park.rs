//! A flag, and a thread that sleeps until it is woken; flaw: woken before the flag is set.
use std::sync::atomic::{AtomicBool, Ordering::*};
use std::thread;
static FLAG: AtomicBool = AtomicBool::new(false);
fn main() {
    let sleeper = thread::spawn(|| {
        while !FLAG.load(Acquire) {
            thread::park();
        }
    });
    if cfg!(flawed) {
        sleeper.thread().unpark();
    }
    FLAG.store(true, Release);
    if !cfg!(flawed) {
        sleeper.thread().unpark();
    }
    sleeper.join().unwrap();
}
