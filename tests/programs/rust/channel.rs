//! A message through a channel; flaw: the receiver takes it for there already.
use std::sync::mpsc;
use std::thread;
fn main() {
    let (sender, receiver) = mpsc::channel();
    let producer = thread::spawn(move || sender.send(1).unwrap());
    let got = if cfg!(flawed) { receiver.try_recv().ok() } else { receiver.recv().ok() };
    assert_eq!(got, Some(1));
    producer.join().unwrap();
}
