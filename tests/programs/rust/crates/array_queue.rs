use crossbeam_queue::ArrayQueue;
use std::sync::Arc;
use std::thread;
fn main() {
    let queue = Arc::new(ArrayQueue::new(2));
    let other = Arc::clone(&queue);
    let producer = thread::spawn(move || other.push(1).unwrap());
    let got = queue.pop();
    producer.join().unwrap();
    assert_eq!(got.or_else(|| queue.pop()), Some(1));
}
