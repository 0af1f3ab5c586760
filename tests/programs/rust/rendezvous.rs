//! A channel without room: who sends waits for who receives; flaw: in one thread.
use std::sync::mpsc;
use std::thread;
fn main() {
    let (sender, receiver) = mpsc::sync_channel(0);
    if cfg!(flawed) {
        sender.send(1).unwrap();
        assert_eq!(receiver.recv(), Ok(1));
        return;
    }
    let producer = thread::spawn(move || sender.send(1).unwrap());
    assert_eq!(receiver.recv(), Ok(1));
    producer.join().unwrap();
}
