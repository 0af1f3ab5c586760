use crossbeam_queue::SegQueue;
use std::sync::Arc;
use std::thread;
fn main() {
    let queue = Arc::new(SegQueue::new());
    let other = Arc::clone(&queue);
    let producer = thread::spawn(move || other.push(1));
    let got = queue.pop();
    producer.join().unwrap();
    assert_eq!(got.or_else(|| queue.pop()), Some(1));
}
