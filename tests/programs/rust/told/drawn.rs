//! Threads whose captures and results depend on what they loaded; drawn by a number.
use std::sync::atomic::{AtomicU32, Ordering, Ordering::*};
use std::thread::{self, JoinHandle};
static X: [AtomicU32; 3] = [AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0)];
#[derive(Clone)]
struct Draw(u64);
impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) % n
    }
    fn fork(&mut self) -> Draw {
        Draw(self.0.wrapping_mul(0x9E3779B97F4A7C15) | 1)
    }
}
fn act(draw: &mut Draw, value: u32) -> u32 {
    let at = &X[draw.below(3) as usize];
    let (l, s, u): (Ordering, Ordering, Ordering) =
        [(Relaxed, Relaxed, Relaxed), (Acquire, Release, AcqRel), (SeqCst, SeqCst, SeqCst)][draw.below(3) as usize];
    match draw.below(4) {
        0 | 1 => value * 3 + at.load(l),
        2 => { at.store(value + 1, s); value }
        _ => value * 5 + at.fetch_add(1, u),
    }
}
fn thread(mut draw: Draw, mut value: u32, depth: u32, given: Option<JoinHandle<Vec<u32>>>) -> Vec<u32> {
    let mut handles = vec![];
    if let Some(given) = given {
        handles.push(given);
    }
    for _ in 0..1 + draw.below(2) {
        value = act(&mut draw, value);
        if depth < 2 && draw.below(3) > depth as u64 {
            let fork = draw.fork();
            let hand_over = if draw.below(4) == 0 { handles.pop() } else { None };
            let handle = thread::spawn(move || thread(fork, value, depth + 1, hand_over));
            match draw.below(8) {
                0 => drop(handle),
                1 => value += handle.is_finished() as u32,
                2 | 3 => value += handle.join().unwrap().iter().sum::<u32>(),
                _ => handles.push(handle),
            }
        }
    }
    let mut all = vec![value];
    for handle in handles {
        all.extend(handle.join().unwrap());
    }
    all
}
fn main() {
    let seed: u64 = std::env::args().nth(1).unwrap().parse().unwrap();
    let mut draw = Draw(seed.wrapping_mul(0x2545F4914F6CDD1D) | 1);
    for _ in 0..9 { draw.below(2); }
    let all = thread(draw.fork(), 1, 0, None);
    let hash = all.iter().fold(seed as u32, |h, v| h.wrapping_mul(31).wrapping_add(*v));
    assert_ne!(hash % 11, 3);
}
