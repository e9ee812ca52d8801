//! Takes 100 MB, drops them, and gives them back to the system: `cargo run -p qingdan-allocator --example give_back`.

use qingdan_allocator::{Allocator, give_back_now, give_back_soon};

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

fn main() {
    give_back_soon();
    drop(vec![1_u8; 100 << 20]);
    give_back_now();
}
