use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

pub struct Stack {
    top: AtomicPtr<Node>,
}
struct Node {
    value: i32,
    next: *mut Node,
}
const PUBLISH: Ordering = if cfg!(relaxed) { Ordering::Relaxed } else { Ordering::Release };

#[no_mangle]
pub extern "C" fn stack_init(stack: &mut Stack) {
    stack.top = AtomicPtr::new(ptr::null_mut());
}

#[no_mangle]
pub extern "C" fn stack_push(stack: &Stack, value: i32) {
    let node = Box::into_raw(Box::new(Node { value, next: ptr::null_mut() }));
    loop {
        let top = stack.top.load(Ordering::Relaxed);
        unsafe { (*node).next = top };
        if stack.top.compare_exchange_weak(top, node, PUBLISH, Ordering::Relaxed).is_ok() {
            return;
        }
    }
}

#[no_mangle]
pub extern "C" fn stack_pop(stack: &Stack, out: &mut i32) -> bool {
    loop {
        let top = stack.top.load(Ordering::Acquire);
        if top.is_null() {
            return false;
        }
        let next = unsafe { (*top).next };
        if stack.top.compare_exchange(top, next, Ordering::Acquire, Ordering::Relaxed).is_ok() {
            *out = unsafe { (*top).value };
            if cfg!(freeing) {
                drop(unsafe { Box::from_raw(top) });
            }
            return true;
        }
    }
}
