//! Atomics of every size side by side in one structure; flaw: one of them is relaxed.
use std::sync::atomic::{Ordering::*, *};
use std::thread;
struct Many(AtomicU8, AtomicBool, AtomicU16, AtomicI8, AtomicU32, AtomicUsize, AtomicI64);
static MANY: Many = Many(
    AtomicU8::new(0),
    AtomicBool::new(false),
    AtomicU16::new(0),
    AtomicI8::new(0),
    AtomicU32::new(0),
    AtomicUsize::new(0),
    AtomicI64::new(0),
);
fn main() {
    let other = thread::spawn(|| {
        MANY.0.store(200, Relaxed);
        MANY.2.fetch_add(60_000, Relaxed);
        MANY.3.fetch_sub(1, Relaxed);
        MANY.4.fetch_xor(70_000, Relaxed);
        MANY.5.fetch_or(1 << 40, Relaxed);
        MANY.6.swap(-1, Relaxed);
        MANY.1.store(true, if cfg!(flawed) { Relaxed } else { Release });
    });
    if MANY.1.load(Acquire) {
        assert_eq!(MANY.0.fetch_add(100, Relaxed), 200);
        assert_eq!(MANY.0.load(Relaxed), 44);
        assert_eq!(MANY.2.load(Relaxed), 60_000);
        assert_eq!(MANY.3.load(Relaxed), -1);
        assert_eq!(MANY.4.load(Relaxed), 70_000);
        assert_eq!(MANY.5.load(Relaxed), 1 << 40);
        assert_eq!(MANY.6.load(Relaxed), -1);
    }
    other.join().unwrap();
}
