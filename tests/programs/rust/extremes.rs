//! Maxima and minima of all widths, and three threads; flaw: looked at, then stored.
use std::sync::atomic::{
    AtomicI16, AtomicI32, AtomicI64, AtomicI8, AtomicU16, AtomicU32, AtomicU64, AtomicU8,
    Ordering::*,
};
use std::thread;
static MOST: AtomicU32 = AtomicU32::new(5);
macro_rules! all {
    ($($atomic:ident $type:ident),*) => {$({
        static NUMBER: $atomic = $atomic::new(4);
        let (least, most, number) = ($type::MIN, $type::MAX, &NUMBER);
        assert_eq!(number.fetch_max(9, Relaxed), 4);
        assert_eq!(number.fetch_max(9, AcqRel), 9);
        assert_eq!(number.fetch_max(least, SeqCst), 9);
        assert_eq!(number.fetch_min(most, Acquire), 9);
        assert_eq!(number.fetch_min(3, Release), 9);
        assert_eq!(number.fetch_max(most, Relaxed), 3);
        assert_eq!(number.fetch_min(least, Relaxed), most);
        assert_eq!(number.fetch_min(0, Relaxed), least);
        assert_eq!(number.fetch_max(1, Relaxed), least);
        assert_eq!(number.load(Relaxed), 1);
    })*};
}
fn main() {
    all!(AtomicI8 i8, AtomicU8 u8, AtomicI16 i16, AtomicU16 u16);
    all!(AtomicI32 i32, AtomicU32 u32, AtomicI64 i64, AtomicU64 u64);
    let threads = [1u32, 8, 6].map(|value| {
        thread::spawn(move || {
            if !cfg!(flawed) {
                MOST.fetch_max(value, Relaxed);
            } else if MOST.load(Relaxed) < value {
                MOST.store(value, Relaxed);
            }
        })
    });
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(MOST.load(Relaxed), 8);
}
