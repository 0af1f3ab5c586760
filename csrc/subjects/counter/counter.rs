// SPDX-License-Identifier: MIT
//! counter: the counters of counter.h in Rust.
//!
//! Why       `fetch_add` is the listing that books give in both languages.
//! Flawed    cfg(load_store): each access is atomic, the increment is not.

use std::sync::atomic::{AtomicI64, Ordering};

pub struct Counter {
    value: AtomicI64,
}

#[no_mangle]
pub extern "C" fn counter_init(counter: &mut Counter) {
    counter.value = AtomicI64::new(0);
}

#[no_mangle]
pub extern "C" fn counter_increment(counter: &Counter) {
    if cfg!(load_store) {
        let seen = counter.value.load(Ordering::Relaxed);
        counter.value.store(seen + 1, Ordering::Relaxed);
    } else {
        counter.value.fetch_add(1, Ordering::Relaxed);
    }
}

#[no_mangle]
pub extern "C" fn counter_read(counter: &Counter) -> i64 {
    counter.value.load(Ordering::Relaxed)
}
