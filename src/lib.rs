//! Roomkey: policy as code for organizations, rooms, groups, roles and scopes.
//!
//! Text comes in by one door, grows clearer in each room, and nothing walks backwards:
//!
//! ```text
//! text ─syntax─▶ Tree ─model─▶ Model ─rules─▶ Findings ─report─▶ words
//! data files ─facts──────┘       └─table─▶ Table ─query─▶ answers ─report─▶ words
//! other systems' data ─exchange─▶ text
//! ```
//!
//! | where | what |
//! |---|---|
//! | [`source`], [`finding`], [`instant`] | words that all stages share |
//! | [`syntax`] | text → tree, text → text in the one style, and text → text as it is meant; the only place that knows the parser |
//! | [`facts`] | data files that statements name → their text |
//! | [`model`] | tree → model: names become ids, once; the only place that knows the graph library |
//! | [`rules`] | model → findings: what is sound and probably not meant |
//! | [`table`] | model → table: bytes, in memory or mapped from a file, and the decision over them; the only place with `unsafe` |
//! | [`query`] | table × question → answer: `check`, `explain`, `who`, `what`, `matrix`, `graph`, `diff`, `prove` for tests and invariants, `trial` for what they would notice |
//! | [`policy`] | the road: [`Analysis`] judges a policy set, [`Policy`] answers, and `style` lays texts out as far as nothing is said otherwise of them |
//! | [`token`] | table × sign-in → signed tokens, and back |
//! | [`exchange`] | other systems' data → policies |
//! | [`report`] | findings and answers → words |
//! | [`cli`] | the command line, with the environment and the output; the doors to files beside it are `facts::disk` and `table::file` |
//!
//! ```
//! use roomkey::{Policy, Question};
//!
//! let text = "use liveblocks  room lobby { default can read  user ann can write }";
//! let policy = Policy::from_texts([("lobby.rk".into(), text.into())])?;
//! assert!(policy.check(&Question::new("ann", "comments:write", "room:lobby"))?.allowed());
//! assert!(!policy.check(&Question::new("bob", "comments:write", "room:lobby"))?.allowed());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// What the parser's derive writes names it.
extern crate alloc;

pub mod finding;
pub mod instant;
pub mod source;

pub mod syntax;

pub mod facts;

pub mod model;

pub mod rules;

pub mod table;

pub mod query;

pub mod policy;

pub mod token;

pub mod exchange;
pub mod report;

pub mod cli;

pub use finding::{Finding, Fix, Level, Rule};
pub use instant::Instant;
pub use model::Settings;
pub use policy::{Analysis, Counts, LoadError, Policy, Unsound};
pub use query::check::Checker;
pub use query::explain::{Explanation, explain};
pub use query::question::{Question, QuestionError, Resource};
pub use query::reason::{Answer, Decision, Origin, Reason, ReasonKind};
pub use query::what::{Reach, Whose, what};
pub use query::who::{Audience, who, who_with};
pub use source::{FileId, Source, Sources, Span};
pub use table::Table;
