//! A sign of life on stderr while work lasts: on a terminal only, after about a second, and gone before the answer.

use std::io::{self, IsTerminal, Read};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Globals;

/// Work that is done sooner shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often the line is drawn.
const TICK: Duration = Duration::from_millis(100);

const SPINNER: &str = "{spinner} {msg} {elapsed}";
const BYTES: &str = "{spinner} {msg} {binary_bytes}, {elapsed}";
const PART: &str = "{spinner} {msg} [{bar:30}] {percent}%, {eta} left";

/// The line on stderr, until it is dropped.
pub struct Progress {
    bar: ProgressBar,
    drawing: Option<(Sender<()>, JoinHandle<()>)>,
    shares: bool,
}

impl Progress {
    /// No line at all.
    pub fn off() -> Progress {
        Progress { bar: ProgressBar::hidden(), drawing: None, shares: false }
    }

    /// A line for work of which nobody knows how long it lasts.
    pub fn spin(globals: &Globals, doing: &'static str) -> Progress {
        Progress::start(globals, doing, None, SPINNER)
    }

    /// A line for work through a stream, whose length may be known.
    pub fn through(globals: &Globals, doing: &'static str, length: Option<u64>) -> Progress {
        Progress::start(globals, doing, length, if length.is_some() { PART } else { BYTES })
    }

    /// A line for so many things to do that are alike, once their number is known.
    pub fn over(globals: &Globals, doing: &'static str) -> Progress {
        Progress::start(globals, doing, Some(1), PART)
    }

    /// Some of so many things are done.
    pub fn step(&self, done: usize, all: usize) {
        self.bar.set_length(all as u64);
        self.bar.inc(done as u64);
    }

    fn start(globals: &Globals, doing: &'static str, length: Option<u64>, template: &str) -> Progress {
        if globals.quiet || !io::stderr().is_terminal() {
            return Progress::off();
        }
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden()).with_message(doing);
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner()));
        let (stop, stopped) = mpsc::channel();
        let drawn = bar.clone();
        let draw = move || {
            let mut wait = PATIENCE;
            while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                if wait == PATIENCE {
                    drawn.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
                }
                wait = TICK;
                drawn.tick();
            }
        };
        // Where no thread can be had, the work goes on without a line.
        let thread = thread::Builder::new().spawn(draw).ok();
        Progress { bar, drawing: thread.map(|t| (stop, t)), shares: io::stdout().is_terminal() }
    }

    /// The stream, counted as it is read.
    pub fn count(&self, stream: impl Read + 'static) -> Box<dyn Read> {
        if self.drawing.is_some() { Box::new(self.bar.wrap_read(stream)) } else { Box::new(stream) }
    }

    /// Prints on stdout. The line gives way where both are on one screen, and then `print` is told to flush.
    pub fn aside<T>(&self, print: impl FnOnce(bool) -> T) -> T {
        if self.shares { self.bar.suspend(|| print(true)) } else { print(false) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.drawing.take() {
            drop(stop);
            let _ = thread.join();
            self.bar.finish_and_clear();
        }
    }
}
