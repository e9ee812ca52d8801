//! Takes 100 MB, drops them, and shows what the process holds before and after: `cargo run -p qingdan-allocator --example give_back`.

use std::{fs, thread, time::Duration};

use qingdan_allocator::Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

fn main() {
    show("at first");
    let taken = vec![1_u8; 100 << 20];
    show("with 100 MB");
    drop(taken);
    thread::sleep(Duration::from_secs(3));
    show("three seconds later");
}

fn show(when: &str) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or(" (unknown here)");
    println!("{when}: {}", resident.trim());
}
