//! A message read where it lies; flaw: its length is trusted.
fn number(bytes: &[u8], at: usize, size: usize) -> u32 {
    bytes[at..at + size].iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}
fn payload(message: &[u8]) -> Option<&[u8]> {
    let length = number(message, 2, 2) as usize;
    if cfg!(flawed) {
        return Some(unsafe { std::slice::from_raw_parts(message.as_ptr().add(8), length) });
    }
    message.get(8..8 + length)
}
fn main() {
    let mut message = vec![0, 1, 0, 5, 0, 0, 0, 42];
    message.extend(b"Hello");
    message.shrink_to_fit();
    assert_eq!(number(&message, 0, 2), 1);
    assert_eq!(number(&message, 4, 4), 42);
    assert_eq!(payload(&message), Some(&b"Hello"[..]));
    message[3] = 9;
    let sum = payload(&message).map(|bytes| bytes.iter().map(|&b| u32::from(b)).sum::<u32>());
    assert_eq!(sum, None);
}
