use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread;

struct Shared(AtomicBool, UnsafeCell<i32>);
unsafe impl Sync for Shared {}

fn main() {
    let shared = Arc::new(Shared(AtomicBool::new(false), UnsafeCell::new(0)));
    let s1 = Arc::clone(&shared);
    let producer = thread::spawn(move || {
        unsafe { *s1.1.get() = 42; }
        s1.0.store(true, Ordering::Release);
    });
    let s2 = Arc::clone(&shared);
    let consumer = thread::spawn(move || {
        while !s2.0.load(Ordering::Acquire) {
            std::hint::spin_loop();
        }
        let val = unsafe { *s2.1.get() };
        assert_eq!(val, 42);
        println!("data = {val} (correct!)");
    });
    producer.join().unwrap();
    consumer.join().unwrap();
}
