use std::sync::atomic::{AtomicI32, Ordering::*};
use std::thread;
static X: AtomicI32 = AtomicI32::new(0);
static Y: AtomicI32 = AtomicI32::new(0);
fn main() {
    let a = thread::spawn(|| { X.store(1, Release); Y.load(Acquire) });
    let b = thread::spawn(|| { Y.store(1, Release); X.load(Acquire) });
    let (a, b) = (a.join().unwrap(), b.join().unwrap());
    assert!(a + b > 0, "both read {a}");
}
