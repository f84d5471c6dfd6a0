//! Table × question → answer.

pub mod access;
pub mod check;
pub mod coverage;
pub mod diff;
pub mod explain;
pub mod graph;
pub mod matrix;
pub mod mutate;
pub mod prove;
pub mod question;
pub mod reason;
pub mod suggest;
pub mod trial;
pub mod what;
pub mod who;
