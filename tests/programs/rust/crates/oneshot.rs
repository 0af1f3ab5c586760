use std::thread;
use tokio::sync::oneshot;
fn main() {
    let (sender, mut receiver) = oneshot::channel();
    let thread = thread::spawn(move || sender.send(Box::new(7)).is_ok());
    receiver.close();
    if let Ok(value) = receiver.try_recv() {
        assert_eq!(*value, 7);
    }
    thread.join().unwrap();
}
