//! Message passing by fences; flaw: the second is missing.
use std::sync::atomic::{AtomicBool, Ordering::*, fence};
use std::thread;
static mut DATA: i32 = 0;
static READY: AtomicBool = AtomicBool::new(false);
fn main() {
    let other = thread::spawn(|| {
        unsafe { DATA = 42 };
        fence(Release);
        READY.store(true, Relaxed);
    });
    if READY.load(Relaxed) {
        if !cfg!(flawed) {
            fence(Acquire);
        }
        assert_eq!(unsafe { DATA }, 42);
    }
    other.join().unwrap();
}
