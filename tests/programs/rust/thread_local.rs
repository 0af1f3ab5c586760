//! Each thread's own count is added up when the thread ends; flaw: read while it still runs.
use std::cell::Cell;
use std::sync::atomic::{AtomicI32, Ordering::*};
use std::thread;
static TOTAL: AtomicI32 = AtomicI32::new(0);
struct Count(Cell<i32>);
impl Drop for Count {
    fn drop(&mut self) {
        TOTAL.fetch_add(self.0.get(), Relaxed);
    }
}
thread_local!(static COUNT: Count = const { Count(Cell::new(0)) });
fn add() {
    COUNT.with(|count| count.0.set(count.0.get() + 1));
}
fn main() {
    let threads = [0, 1].map(|_| thread::spawn(|| (add(), add())));
    if cfg!(flawed) {
        assert_eq!(TOTAL.load(Relaxed) % 2, 0);
        assert_ne!(TOTAL.load(Relaxed), 2);
    }
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(TOTAL.load(Relaxed), 4);
}
