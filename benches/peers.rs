//! Roomkey against bare structures. `cargo run --release --manifest-path benches/engines/Cargo.toml` adds other engines.

#[path = "suite/mod.rs"]
mod suite;

fn main() -> std::io::Result<()> {
    suite::run(&[])
}
