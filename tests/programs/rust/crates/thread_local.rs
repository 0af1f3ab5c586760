use std::sync::Arc;
use std::thread;
use thread_local::ThreadLocal;
fn main() {
    let counts = Arc::new(ThreadLocal::with_capacity(0));
    let other = Arc::clone(&counts);
    let thread = thread::spawn(move || {
        other.get_or(|| Box::new(7));
    });
    for count in counts.iter() {
        assert_eq!(**count, 7);
    }
    thread.join().unwrap();
}
