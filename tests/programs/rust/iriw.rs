//! Two readers of two writers; flaw: nobody orders what they see.
use std::sync::atomic::{AtomicI32, Ordering, Ordering::*};
use std::thread;
static X: AtomicI32 = AtomicI32::new(0);
static Y: AtomicI32 = AtomicI32::new(0);
const READ: Ordering = if cfg!(flawed) { Acquire } else { SeqCst };
const WRITE: Ordering = if cfg!(flawed) { Release } else { SeqCst };
fn main() {
    let x = thread::spawn(|| X.store(1, WRITE));
    let y = thread::spawn(|| Y.store(1, WRITE));
    let a = thread::spawn(|| (X.load(READ), Y.load(READ)));
    let b = thread::spawn(|| (Y.load(READ), X.load(READ)));
    x.join().unwrap();
    y.join().unwrap();
    let seen = (a.join().unwrap(), b.join().unwrap());
    assert_ne!(seen, ((1, 0), (1, 0)));
}
