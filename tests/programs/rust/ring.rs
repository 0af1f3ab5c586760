//! One producer, one consumer, two slots; flaw: the slot is published before it is written.
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicUsize, Ordering::*};
use std::thread;
struct Ring([UnsafeCell<i32>; 2], AtomicUsize, AtomicUsize);
unsafe impl Sync for Ring {}
static RING: Ring = Ring(
    [UnsafeCell::new(0), UnsafeCell::new(0)],
    AtomicUsize::new(0),
    AtomicUsize::new(0),
);
fn push(value: i32) -> bool {
    let tail = RING.2.load(Relaxed);
    if tail - RING.1.load(Acquire) == 2 {
        return false;
    }
    if cfg!(flawed) {
        RING.2.store(tail + 1, Release);
    }
    unsafe { *RING.0[tail % 2].get() = value };
    if !cfg!(flawed) {
        RING.2.store(tail + 1, Release);
    }
    true
}
fn pop() -> Option<i32> {
    let head = RING.1.load(Relaxed);
    if RING.2.load(Acquire) == head {
        return None;
    }
    let value = unsafe { *RING.0[head % 2].get() };
    RING.1.store(head + 1, Release);
    Some(value)
}
fn main() {
    let producer = thread::spawn(|| {
        for value in 1..=3 {
            push(value);
        }
    });
    let mut last = 0;
    for _ in 0..2 {
        if let Some(value) = pop() {
            assert_eq!(value, last + 1);
            last = value;
        }
    }
    producer.join().unwrap();
}
