//! The pieces of a text in their order, as the reader meets them: what `fmt` lays out.

use pest::iterators::Pair;

use super::recover::{skip_trivia, token};
use super::{Rule, lower};

/// A statement or an entry up to the `{` that it opens, a `}`, or a stretch that cannot be read.
pub(super) struct Piece {
    pub start: usize,
    pub end: usize,
    pub sort: Sort,
}

/// What a piece is.
pub(super) enum Sort {
    /// An item of the grammar, with its tokens.
    Item(Vec<Token>),
    /// The `}` of a block.
    Close,
    /// To be left as it stands.
    Raw {
        /// Whether it ends with the `{` of a block.
        opens: bool,
    },
}

/// A token of an item.
pub(super) struct Token {
    pub start: usize,
    pub end: usize,
    pub role: Role,
}

/// What a token is to the lines of its item.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A word like others.
    Plain,
    /// An id without quotes, which may be any word.
    Id,
    /// A keyword with a list behind it.
    List,
    /// A keyword that continues the item, such as `on`, with its own words behind it.
    Continues,
    /// A comma.
    Comma,
    /// The `{` of a block.
    Open,
}

impl Piece {
    /// An item that was read at `at`, or the text of it where its tokens are not all that stands there.
    pub fn of(text: &str, at: usize, pair: &Pair<'_, Rule>) -> Piece {
        let end = at + lower::tight_end(pair);
        if pair.as_rule() == Rule::close {
            return Piece { start: at, end, sort: Sort::Close };
        }
        let mut tokens = Vec::new();
        collect(pair.clone(), at, false, &mut tokens);
        let starts = tokens.iter().map(|t| t.start).chain([end]);
        let whole = tokens.first().is_some_and(|t| t.start == at)
            && tokens.iter().zip(starts.skip(1)).all(|(t, next)| skip_trivia(&text[..end], t.end) == next);
        match whole {
            true => Piece { start: at, end, sort: Sort::Item(tokens) },
            false => Piece { start: at, end, sort: Sort::Raw { opens: lower::ends_open(pair) } },
        }
    }

    /// Whether it ends with the `{` of a block.
    pub fn opens(&self) -> bool {
        match &self.sort {
            Sort::Item(tokens) => tokens.last().is_some_and(|token| token.role == Role::Open),
            Sort::Raw { opens } => *opens,
            Sort::Close => false,
        }
    }

    /// A stretch from `start` to before `next`, without the space and the comments at its end.
    pub fn raw(text: &str, start: usize, next: usize) -> Piece {
        let (mut at, mut end) = (start, start);
        while at < next {
            end = at + token(text, at).len().max(1);
            at = skip_trivia(text, end);
        }
        // A comment directly behind a word belongs to it: a space would change what is said of it.
        if text[end..].starts_with("//") && end > start {
            end = text[end..].find('\n').map_or(text.len(), |n| end + n);
        }
        Piece { start, end, sort: Sort::Raw { opens: false } }
    }
}

/// The tokens of a pair: those that hold no other.
fn collect(pair: Pair<'_, Rule>, at: usize, in_list: bool, tokens: &mut Vec<Token>) {
    let rule = pair.as_rule();
    let span = pair.as_span();
    let in_list = in_list || matches!(rule, Rule::member_one | Rule::group_member | Rule::owner);
    let before = tokens.len();
    for inner in pair.into_inner() {
        collect(inner, at, in_list, tokens);
    }
    if let Some(word) = tokens.last_mut().filter(|token| rule == Rule::id && token.role == Role::Plain) {
        word.role = Role::Id;
    }
    if tokens.len() == before {
        tokens.push(Token { start: at + span.start(), end: at + span.end(), role: role(rule, in_list) });
    }
}

fn role(rule: Rule, in_list: bool) -> Role {
    match rule {
        Rule::comma => Role::Comma,
        Rule::open => Role::Open,
        Rule::kw_in | Rule::kw_on | Rule::kw_includes | Rule::kw_everywhere => Role::Continues,
        Rule::kw_until if !in_list => Role::Continues,
        Rule::kw_can | Rule::kw_cannot | Rule::kw_to | Rule::kw_features | Rule::kw_retired => Role::List,
        Rule::kw_permissions | Rule::kw_owner | Rule::kw_member => Role::List,
        _ => Role::Plain,
    }
}
