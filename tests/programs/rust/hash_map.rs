//! A map behind a lock; flaw: looked up and changed under two.
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
use std::thread;
static COUNTS: LazyLock<Mutex<HashMap<&str, i32>>> = LazyLock::new(Default::default);
fn count(word: &'static str) {
    if cfg!(flawed) {
        let old = COUNTS.lock().unwrap().get(word).copied().unwrap_or(0);
        COUNTS.lock().unwrap().insert(word, old + 1);
    } else {
        *COUNTS.lock().unwrap().entry(word).or_insert(0) += 1;
    }
}
fn main() {
    LazyLock::force(&COUNTS);
    let other = thread::spawn(|| count("word"));
    count("word");
    other.join().unwrap();
    assert_eq!(COUNTS.lock().unwrap()["word"], 2);
}
