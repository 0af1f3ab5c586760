// SPDX-License-Identifier: MIT
//! publish: message passing as publish.h has it, in Rust.
//!
//! Why       Data in an `UnsafeCell` beside an `AtomicBool`. Books share the pair by `Arc` alone, which
//!           does not compile (E0277: the cell is not `Sync`): who shares it has to say that
//!           the flag orders the accesses. Here that is who calls, behind `extern "C"`.
//! Orders    RAISE (release, send) pairs with SEE (acquire, receive): written before seen.
//! Flawed    cfg(relaxed_raise), cfg(relaxed_see).

use std::cell::UnsafeCell;
use std::hint;
use std::sync::atomic::{AtomicBool, Ordering};

const RAISE: Ordering = if cfg!(relaxed_raise) { Ordering::Relaxed } else { Ordering::Release };
const SEE: Ordering = if cfg!(relaxed_see) { Ordering::Relaxed } else { Ordering::Acquire };

pub struct Publish {
    data: UnsafeCell<i32>,
    raised: AtomicBool,
}

#[no_mangle]
pub extern "C" fn publish_init(publish: &mut Publish) {
    publish.data = UnsafeCell::new(0);
    publish.raised = AtomicBool::new(false);
}

#[no_mangle]
pub extern "C" fn publish_send(publish: &Publish, value: i32) -> bool {
    if publish.raised.load(Ordering::Relaxed) {
        return false;
    }
    unsafe { *publish.data.get() = value };
    publish.raised.store(true, RAISE);
    true
}

#[no_mangle]
pub extern "C" fn publish_try_receive(publish: &Publish, value: &mut i32) -> bool {
    if !publish.raised.load(SEE) {
        return false;
    }
    *value = unsafe { *publish.data.get() };
    true
}

#[no_mangle]
pub extern "C" fn publish_wait_receive(publish: &Publish) -> i32 {
    while !publish.raised.load(SEE) {
        hint::spin_loop();
    }
    unsafe { *publish.data.get() }
}
