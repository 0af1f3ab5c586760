//! A message through a channel with room for one; flaw: two are put there before anybody takes one.
use std::sync::mpsc;
use std::thread;

fn main() {
    let (sender, receiver) = mpsc::sync_channel(1);
    if cfg!(flawed) {
        sender.send(0).unwrap(); // no room is left, and nobody takes it
        sender.send(0).unwrap();
    }
    let other = thread::spawn(move || sender.send(7).unwrap());
    assert_eq!(receiver.recv(), Ok(7));
    other.join().unwrap();
}
