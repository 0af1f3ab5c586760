use std::sync::{Arc, Mutex};
use std::thread;
fn main() {
    let m = Arc::new(Mutex::new(0));
    let t: Vec<_> = (0..2).map(|_| { let m = m.clone(); thread::spawn(move || { *m.lock().unwrap() += 1; }) }).collect();
    for t in t { t.join().unwrap(); }
    assert_eq!(*m.lock().unwrap(), 2);
}
