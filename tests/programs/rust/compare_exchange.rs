//! One exchange succeeds, one fails and says what was there; flaw: who failed is not told.
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};
use std::thread;
static VALUE: AtomicI32 = AtomicI32::new(10);
fn replace(by: i32) -> Result<i32, i32> {
    let done = VALUE.compare_exchange(10, by, SeqCst, SeqCst);
    if cfg!(flawed) { Ok(10) } else { done }
}
fn main() {
    let other = thread::spawn(|| replace(30));
    let (mine, others) = (replace(20), other.join().unwrap());
    match VALUE.load(SeqCst) {
        20 => assert_eq!((mine, others), (Ok(10), Err(20))),
        value => assert_eq!((mine, others, value), (Err(30), Ok(10), 30)),
    }
}
