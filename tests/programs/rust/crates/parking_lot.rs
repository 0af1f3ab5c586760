use parking_lot::Mutex;
use std::sync::Arc;
use std::thread;
fn main() {
    let total = Arc::new(Mutex::new(0));
    let other = Arc::clone(&total);
    let thread = thread::spawn(move || *other.lock() += 1);
    *total.lock() += 1;
    thread.join().unwrap();
    assert_eq!(*total.lock(), 2);
}
