//! Quotes in CSV that are never closed, or closed in the middle of a field: the reader of records would pass over them,
//! and rows that are swallowed would count as answered.

use std::io::{self, Read};

use super::LONGEST;

/// A stream of CSV that ends in an error where its quotes make no sense.
pub struct Quotes<R> {
    stream: R,
    state: State,
    line: u64,
    opened: u64,
    /// Bytes of the row so far.
    row: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the start of a field.
    Start,
    /// In a field without quotes.
    Plain,
    /// Between quotes.
    Quoted,
    /// Behind a quote between quotes: the end of the field, or the first half of a quote in it.
    Closing,
}

impl<R: Read> Quotes<R> {
    /// Watches a stream from its start.
    pub fn new(stream: R) -> Quotes<R> {
        Quotes { stream, state: State::Start, line: 1, opened: 1, row: 0 }
    }

    fn watch(&mut self, byte: u8) -> io::Result<()> {
        self.state = match (self.state, byte) {
            (State::Quoted, b'"') => State::Closing,
            (State::Quoted, _) => State::Quoted,
            (State::Closing, b'"') => State::Quoted,
            (_, b',' | b'\n' | b'\r') => State::Start,
            (State::Closing, _) => return Err(odd(self.line, "text stands behind the closing quote of a field")),
            (State::Start, b'"') => {
                self.opened = self.line;
                State::Quoted
            }
            // A byte order mark stands before the first field.
            (State::Start, 0xEF | 0xBB | 0xBF) if self.line == 1 => State::Start,
            _ => State::Plain,
        };
        self.row = if byte == b'\n' && self.state == State::Start { 0 } else { self.row + 1 };
        if self.row > LONGEST {
            return Err(odd(self.line, &format!("a row of more than {LONGEST} bytes stands")));
        }
        self.line += u64::from(byte == b'\n');
        Ok(())
    }
}

fn odd(line: u64, what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{what} in line {line}"))
}

impl<R: Read> Read for Quotes<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(into)?;
        into[..read].iter().try_for_each(|byte| self.watch(*byte))?;
        if read == 0 && !into.is_empty() && self.state == State::Quoted {
            return Err(odd(self.opened, "a quoted field that is never closed begins"));
        }
        Ok(read)
    }
}
