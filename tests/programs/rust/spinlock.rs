//! A lock that spins; flaw: taken relaxed.
use std::hint;
use std::sync::atomic::{AtomicBool, Ordering::*};
use std::thread;
static LOCKED: AtomicBool = AtomicBool::new(false);
static mut TOTAL: i32 = 0;
fn add() {
    let order = if cfg!(flawed) { Relaxed } else { Acquire };
    while LOCKED.compare_exchange_weak(false, true, order, Relaxed).is_err() {
        hint::spin_loop();
    }
    unsafe { TOTAL += 1 };
    LOCKED.store(false, Release);
}
fn main() {
    let other = thread::spawn(add);
    add();
    other.join().unwrap();
    assert_eq!(unsafe { TOTAL }, 2);
}
