//! A weak reference finds the value, or nothing; flaw: sure to find it.
use std::sync::Arc;
use std::thread;
fn main() {
    let strong = Arc::new(7);
    let weak = Arc::downgrade(&strong);
    let other = thread::spawn(move || match weak.upgrade() {
        Some(value) => assert_eq!(*value, 7),
        None => assert!(!cfg!(flawed)),
    });
    drop(strong);
    other.join().unwrap();
}
