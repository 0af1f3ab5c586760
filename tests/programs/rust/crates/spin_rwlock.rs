use spin::RwLock;
use std::thread;
static PAIR: RwLock<(i32, i32)> = RwLock::new((0, 0));
fn main() {
    let writer = thread::spawn(|| {
        let mut pair = PAIR.write();
        pair.0 = 1;
        pair.1 = 1;
    });
    let pair = *PAIR.read();
    assert_eq!(pair.0, pair.1);
    let mut mine = PAIR.write();
    mine.0 += 1;
    drop(mine);
    writer.join().unwrap();
}
