//! Threads that borrow halves of a local array; flaw: the halves overlap.
use std::thread;
fn main() {
    let mut items = [0; 4];
    let base = items.as_mut_ptr() as usize;
    thread::scope(|scope| {
        for half in 0..2 {
            scope.spawn(move || {
                let first = if cfg!(flawed) { half } else { 2 * half };
                for at in first..first + 2 {
                    unsafe { *(base as *mut i32).add(at) += 1 };
                }
            });
        }
    });
    assert_eq!(items, [1; 4]);
}
