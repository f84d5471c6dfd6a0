//! Table × question → answer.

pub mod check;
pub mod question;
pub mod reason;
