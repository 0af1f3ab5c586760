//! Two threads pop from a stack of nodes; flaw: who pops frees at once.
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering::*};
use std::thread;
struct Node(i32, *mut Node);
static TOP: AtomicPtr<Node> = AtomicPtr::new(ptr::null_mut());
fn push(value: i32) {
    let node = Box::into_raw(Box::new(Node(value, ptr::null_mut())));
    loop {
        let top = TOP.load(Relaxed);
        unsafe { (*node).1 = top };
        if TOP.compare_exchange(top, node, Release, Relaxed).is_ok() {
            return;
        }
    }
}
fn pop() -> Option<i32> {
    loop {
        let top = TOP.load(Acquire);
        if top.is_null() {
            return None;
        }
        let next = unsafe { (*top).1 };
        if TOP.compare_exchange(top, next, Acquire, Relaxed).is_ok() {
            let value = unsafe { (*top).0 };
            if cfg!(flawed) {
                drop(unsafe { Box::from_raw(top) });
            }
            return Some(value);
        }
    }
}
fn main() {
    push(1);
    push(2);
    let other = thread::spawn(pop);
    let sum = pop().unwrap() + other.join().unwrap().unwrap();
    assert_eq!(sum, 3);
}
