//! Table × question → answer.

pub mod check;
