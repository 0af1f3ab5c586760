//! A reader that looks again whether a writer came between; flaw: no fence before it does.
use std::sync::atomic::{AtomicU32, Ordering::*, fence};
use std::thread;
static SEQUENCE: AtomicU32 = AtomicU32::new(0);
static A: AtomicU32 = AtomicU32::new(0);
static B: AtomicU32 = AtomicU32::new(0);
fn main() {
    let writer = thread::spawn(|| {
        SEQUENCE.store(1, Relaxed);
        fence(Release);
        A.store(1, Relaxed);
        B.store(1, Relaxed);
        SEQUENCE.store(2, Release);
    });
    let before = SEQUENCE.load(Acquire);
    let (a, b) = (A.load(Relaxed), B.load(Relaxed));
    if !cfg!(flawed) {
        fence(Acquire);
    }
    if before % 2 == 0 && SEQUENCE.load(Relaxed) == before {
        assert_eq!(a, b);
    }
    writer.join().unwrap();
}
