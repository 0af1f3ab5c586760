//! A lazy value is made once, by who needs it first; flaw: main is sure that it is not main.
use std::sync::LazyLock;
use std::thread::{self, ThreadId};
static MAKER: LazyLock<ThreadId> = LazyLock::new(|| thread::current().id());
fn main() {
    let other = thread::spawn(|| *MAKER);
    let maker = *MAKER;
    let id = other.thread().id();
    assert_eq!(other.join().unwrap(), maker);
    assert!(maker == id || (!cfg!(flawed) && maker == thread::current().id()));
}
