// Data and a flag, as in publish.c; the flag is relaxed, and the compiler has no complaint.
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

struct Cell(UnsafeCell<u32>);
unsafe impl Sync for Cell {}

static DATA: Cell = Cell(UnsafeCell::new(0));
static READY: AtomicBool = AtomicBool::new(false);

fn main() {
    let producer = thread::spawn(|| {
        unsafe { *DATA.0.get() = 42 };
        READY.store(true, Ordering::Relaxed);
    });
    let consumer = thread::spawn(|| {
        while !READY.load(Ordering::Relaxed) {}
        assert_eq!(unsafe { *DATA.0.get() }, 42);
    });
    producer.join().unwrap();
    consumer.join().unwrap();
}
