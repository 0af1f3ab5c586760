use spin::Mutex;
use std::thread;
static TOTAL: Mutex<i32> = Mutex::new(0);
fn main() {
    let thread = thread::spawn(|| *TOTAL.lock() += 1);
    *TOTAL.lock() += 1;
    thread.join().unwrap();
    assert_eq!(*TOTAL.lock(), 2);
}
