use arc_swap::ArcSwap;
use std::sync::Arc;
use std::thread;
fn main() {
    let shared = Arc::new(ArcSwap::from_pointee(1));
    let other = Arc::clone(&shared);
    let reader = thread::spawn(move || assert!(**other.load() > 0));
    shared.store(Arc::new(2));
    reader.join().unwrap();
}
