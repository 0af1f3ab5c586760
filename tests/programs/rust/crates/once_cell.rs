use once_cell::sync::OnceCell;
use std::thread;
static CELL: OnceCell<i32> = OnceCell::new();
fn main() {
    let thread = thread::spawn(|| *CELL.get_or_init(|| 1));
    let mine = *CELL.get_or_init(|| 1);
    assert_eq!(thread.join().unwrap(), mine);
}
