//! An option is moved with what it has not, while another thread sets it; flaw: nothing is there at all.
use std::alloc::{alloc, Layout};
use std::sync::{Arc, Mutex};
use std::thread;

#[inline(never)]
fn taken(place: &Mutex<Option<u64>>) -> Option<u64> {
    *place.lock().unwrap()
}

#[inline(never)]
fn read(place: *mut u64) -> u64 {
    unsafe { *place }
}

fn main() {
    let place = Arc::new(Mutex::new(None));
    let its = Arc::clone(&place);
    let setter = thread::spawn(move || *its.lock().unwrap() = Some(3));
    if let Some(value) = taken(&place) {
        assert_eq!(value, 3);
    }
    setter.join().unwrap();
    if cfg!(flawed) {
        std::hint::black_box(read(unsafe { alloc(Layout::new::<u64>()) }.cast()));
    }
}
