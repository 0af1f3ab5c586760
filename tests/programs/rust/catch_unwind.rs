//! A panic under a lock poisons it; flaw: the poison is not looked at.
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;
use std::thread;
static PAIR: Mutex<(i32, i32)> = Mutex::new((0, 0));
fn main() {
    let other = thread::spawn(|| {
        panic::catch_unwind(AssertUnwindSafe(|| {
            let mut pair = PAIR.lock().unwrap();
            pair.0 = 1;
            panic!("half done");
        }))
        .is_err()
    });
    match PAIR.lock() {
        Ok(pair) => assert_eq!(pair.0, pair.1),
        Err(poisoned) => {
            let pair = poisoned.into_inner();
            assert!(!cfg!(flawed) || pair.0 == pair.1);
        }
    }
    assert!(other.join().unwrap());
}
