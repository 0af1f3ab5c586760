//! Three threads add; flaw: they load, then store.
use std::sync::atomic::{AtomicI32, Ordering::*};
use std::thread;
static TOTAL: AtomicI32 = AtomicI32::new(0);
fn main() {
    let threads = [0, 1, 2].map(|_| {
        thread::spawn(|| {
            if cfg!(flawed) {
                TOTAL.store(TOTAL.load(Relaxed) + 1, Relaxed);
            } else {
                TOTAL.fetch_add(1, Relaxed);
            }
        })
    });
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(TOTAL.load(Relaxed), 3);
}
