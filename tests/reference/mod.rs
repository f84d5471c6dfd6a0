//! The decision of the language, written once more as plainly as can be: slow, and independent of the product.
//!
//! `world` is a policy as data, `decide` answers a question on it sentence by sentence, `generate` and `questions`
//! make both at random, `print` writes a world as `.rk`, `facts` a part of
//! it as data files, `valid` says whether a world is one that the language allows,
//! `damage` makes some that are not, `slip` lists mistakes that the questions must notice, `shrink` finds the smallest
//! policy that shows a fault.

pub mod access;
pub mod cases;
pub mod chance;
pub mod damage;
pub mod decide;
pub mod facts;
pub mod generate;
pub mod groups;
pub mod permissions;
pub mod places;
pub mod print;
pub mod prohibitions;
pub mod questions;
pub mod read;
pub mod roles;
pub mod shrink;
pub mod slip;
pub mod time;
pub mod valid;
pub mod vocabulary;
pub mod world;
