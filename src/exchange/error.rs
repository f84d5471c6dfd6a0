//! Why an import failed, and where.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};

use super::Input;

/// An import that failed: the sentence, the place in the input, and what to type.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
#[diagnostic(code("error[import]"))]
pub struct ImportError {
    message: String,
    path: Option<PathBuf>,
    #[source_code]
    text: Option<Arc<NamedSource<String>>>,
    #[label("here")]
    span: Option<SourceSpan>,
    #[help]
    help: Option<String>,
}

impl ImportError {
    /// A failure of the run as a whole.
    pub fn general(message: impl Into<String>) -> Self {
        Self { message: message.into(), path: None, text: None, span: None, help: None }
    }

    /// A failure of one input as a whole.
    pub fn on(input: &Input, message: impl Into<String>) -> Self {
        Self { path: Some(input.path.clone()), ..Self::general(message) }
    }

    /// A failure at the bytes `from..to` of an input; clamped to its text.
    pub fn at(input: &Input, from: usize, to: usize, message: impl Into<String>) -> Self {
        let from = boundary(&input.text, from);
        let to = boundary(&input.text, to).max(from);
        let name = input.path.display().to_string();
        Self {
            text: Some(Arc::new(NamedSource::new(name, input.text.clone()))),
            span: Some((from, to - from).into()),
            ..Self::on(input, message)
        }
    }

    /// A failure at a line and a column of an input, both from 1, the column in characters; it reaches to the line's end.
    pub fn at_line(input: &Input, line: usize, column: usize, message: impl Into<String>) -> Self {
        let start: usize = input.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let rest = input.text[start..].lines().next().unwrap_or_default();
        let ahead: usize = rest.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
        Self::at(input, start + ahead, start + rest.trim_end().len(), message)
    }

    /// The same with what to do about it.
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The input at fault, where it is one.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The line and the column in characters, both from 1, where they are known.
    pub fn place(&self) -> Option<(usize, usize)> {
        let text = self.text.as_ref()?.inner();
        let before = &text[..self.span?.offset()];
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        Some((before.matches('\n').count() + 1, before[start..].chars().count() + 1))
    }
}

/// The last boundary between characters up to `at`.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}
