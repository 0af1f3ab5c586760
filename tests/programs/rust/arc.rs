//! The last owner frees; flaw: a count of one's own that is relaxed.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::*};
use std::thread;
struct Shared(AtomicUsize, i32);
struct Owner(*mut Shared);
unsafe impl Send for Owner {}
impl Drop for Owner {
    fn drop(&mut self) {
        unsafe {
            assert_eq!((*self.0).1, 7);
            if (*self.0).0.fetch_sub(1, Relaxed) == 1 {
                drop(Box::from_raw(self.0));
            }
        }
    }
}
fn main() {
    if cfg!(flawed) {
        let shared = Box::into_raw(Box::new(Shared(AtomicUsize::new(2), 7)));
        let (mine, other) = (Owner(shared), Owner(shared));
        let thread = thread::spawn(move || drop(other));
        drop(mine);
        thread.join().unwrap();
    } else {
        let mine = Arc::new(7);
        let other = Arc::clone(&mine);
        let thread = thread::spawn(move || assert_eq!(*other, 7));
        assert_eq!(*mine, 7);
        drop(mine);
        thread.join().unwrap();
    }
}
