//! Two readers and a writer; flaw: the total is kept outside of the lock.
use std::sync::RwLock;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::thread;
static PAIR: RwLock<(i32, i32)> = RwLock::new((0, 0));
static TOTAL: AtomicI32 = AtomicI32::new(0);
fn main() {
    let writer = thread::spawn(|| {
        let mut pair = PAIR.write().unwrap();
        pair.0 = 1;
        pair.1 = 1;
        if cfg!(flawed) {
            drop(pair);
        }
        TOTAL.store(2, Relaxed);
    });
    let pair = PAIR.read().unwrap();
    assert_eq!(pair.0 + pair.1, TOTAL.load(Relaxed));
    drop(pair);
    writer.join().unwrap();
}
