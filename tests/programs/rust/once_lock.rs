//! Who comes first sets the value; flaw: both are sure that it was theirs.
use std::sync::OnceLock;
use std::thread;
static NAME: OnceLock<String> = OnceLock::new();
fn name(mine: &str) -> bool {
    NAME.get_or_init(|| mine.to_string()) == mine
}
fn main() {
    let other = thread::spawn(|| name("other"));
    let mine = name("main");
    let others = other.join().unwrap();
    assert!(if cfg!(flawed) { mine && others } else { mine != others });
}
