//! What is written before a barrier is read behind it; flaw: the reader does not wait.
use std::sync::Barrier;
use std::thread;
static BARRIER: Barrier = Barrier::new(if cfg!(flawed) { 1 } else { 2 });
static mut DATA: i32 = 0;
fn main() {
    let other = thread::spawn(|| {
        unsafe { DATA = 1 };
        BARRIER.wait();
    });
    BARRIER.wait();
    assert_eq!(unsafe { DATA }, 1);
    other.join().unwrap();
}
