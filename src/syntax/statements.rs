//! The statements and entries of a text, each with what it says and where it stands among the others.

use std::ops::Range;

use super::layout::{Role, Sort};
use super::pieces;

/// The places of all statements and entries in their order. Two with the same words say the same in the same block, however they are
/// spaced and commented.
pub fn statements(text: &str) -> Vec<(Range<usize>, String)> {
    let (mut found, mut heads) = (Vec::new(), Vec::<String>::new());
    for piece in pieces(text) {
        let words = match &piece.sort {
            Sort::Close => {
                heads.pop();
                continue;
            }
            Sort::Item(tokens) => {
                let words = tokens.iter().filter(|token| !matches!(token.role, Role::Comma | Role::Open));
                words.map(|token| &text[token.start..token.end]).collect::<Vec<_>>().join(" ")
            }
            Sort::Raw { .. } => text[piece.start..piece.end].split_whitespace().collect::<Vec<_>>().join(" "),
        };
        let whole = heads.last().map_or(String::new(), |head| format!("{head}\n")) + &words;
        if piece.opens() {
            heads.push(whole.clone());
        }
        found.push((piece.start..piece.end, whole));
    }
    found
}
