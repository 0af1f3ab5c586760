//! Two threads prepare a value once; flaw: by a flag of their own.
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::*};
use std::thread;
static ONCE: Once = Once::new();
static READY: AtomicBool = AtomicBool::new(false);
static PREPARED: AtomicI32 = AtomicI32::new(0);
fn prepare() {
    PREPARED.fetch_add(1, Relaxed);
}
fn use_it() {
    if cfg!(flawed) {
        if !READY.swap(true, AcqRel) {
            prepare();
        }
    } else {
        ONCE.call_once(prepare);
    }
    assert_eq!(PREPARED.load(Relaxed), 1);
}
fn main() {
    let other = thread::spawn(use_it);
    use_it();
    other.join().unwrap();
}
