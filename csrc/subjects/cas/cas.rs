// SPDX-License-Identifier: MIT
//! cas: the exchange of cas.h in Rust, where a failure gives back what was there.
//!
//! Flawed    cfg(looked_first): compares, then stores: two steps.

use std::sync::atomic::{AtomicI32, Ordering};

pub struct Cas {
    value: AtomicI32,
}

#[no_mangle]
pub extern "C" fn cas_init(cas: &mut Cas) {
    cas.value = AtomicI32::new(0);
}

#[no_mangle]
pub extern "C" fn cas_read(cas: &Cas) -> i32 {
    cas.value.load(Ordering::SeqCst)
}

#[no_mangle]
pub extern "C" fn cas_exchange(cas: &Cas, expected: i32, desired: i32, seen: &mut i32) -> bool {
    if cfg!(looked_first) {
        *seen = cas.value.load(Ordering::SeqCst);
        if *seen == expected {
            cas.value.store(desired, Ordering::SeqCst);
        }
        return *seen == expected;
    }
    match cas.value.compare_exchange(expected, desired, Ordering::SeqCst, Ordering::SeqCst) {
        Ok(old) => {
            *seen = old;
            true
        }
        Err(current) => {
            *seen = current;
            false
        }
    }
}
