//! The command line: files, environment, clock and stdout come in here and nowhere else.

use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use miette::Diagnostic;
use terminal_size::{Height, Width, terminal_size_of};

use crate::report::human::Look;
use crate::report::{self, human};
use crate::{LoadError, Policy, Unsound};

mod answers;
mod batch;
mod build;
mod check;
mod completions;
mod diff;
mod explain;
mod fmt;
mod graph;
mod hide;
mod import;
mod init;
mod inspect;
mod keys;
mod lint;
mod log;
mod man;
mod manifest;
mod matrix;
mod policy;
mod progress;
mod revision;
mod rule;
mod signing;
mod test;
mod token;
mod what;
mod who;
mod write;

/// Policy as code for organizations, rooms, groups, roles and scopes.
#[derive(Parser)]
#[command(name = "roomkey", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  roomkey init                                              start a policy in this folder
  roomkey lint                                              read it all and print every finding
  roomkey check marie@example.com comments:write room:a32   can marie write comments there?

Exit codes:
  0  clean, allowed     1  findings, denied     2  could not answer";

/// Options that every command has.
#[derive(clap::Args)]
struct Globals {
    /// The policy: a folder, a `.rk` file, a `roomkey.toml` or a compiled `.rkb` [default: the nearest
    /// `roomkey.toml` upwards, else this folder]
    #[arg(short, long, value_name = "PATH", global = true)]
    policy: Option<PathBuf>,
    /// When to use colors
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    color: Color,
    /// Print less: `check` answers by its exit code alone, the others leave out notes and closing sentences
    #[arg(short, long, global = true)]
    quiet: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Write a roomkey.toml, a small policy with its test, and a CI example
    Init(init::Args),
    /// Read and validate policies; print every finding
    Lint(lint::Args),
    /// Rewrite policies in the one style
    Fmt(fmt::Args),
    /// Can this user do this on that resource?
    Check(Box<check::Args>),
    /// Why the answer is what it is, with every statement that was looked at
    Explain(explain::Args),
    /// Everyone that has a permission on a resource, by what lets them in
    Who(who::Args),
    /// Everything that a user can do, and where
    What(what::Args),
    /// Users × resources as a table, CSV, JSON or a page for a browser
    Matrix(matrix::Args),
    /// Groups, roles, containment and grants as DOT, Mermaid or SVG
    Graph(graph::Args),
    /// Who gains and who loses between two policies
    Diff(diff::Args),
    /// Who gained and who lost with each commit of a policy's history
    Log(log::Args),
    /// Try the tests of the policy, and prove its invariants over everyone
    Test(test::Args),
    /// Compile the policy to a lookup table that answers in nanoseconds
    Build(build::Args),
    /// What a compiled table holds: counts, sizes, digests
    Inspect(inspect::Args),
    /// Issue tokens from the policy, and read them back
    #[command(subcommand)]
    Token(token::Command),
    /// Make and list the keys that sign tokens
    #[command(subcommand)]
    Keys(keys::Command),
    /// Write `.rk` files from another system's data
    Import(import::Args),
    /// What a rule of `lint` means, and how to mend what it finds
    Rule(rule::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
    /// Print the manual page, or write one for each command
    Man(man::Args),
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Also into files and pipes
    Always,
    /// Plain text
    Never,
}

/// How a command that could answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// Clean, allowed, as expected.
    Fine,
    /// Findings, denied, different.
    Not,
    /// Some of it could not be answered, and that has been said.
    Unanswered,
}

/// Why a command could not answer.
enum Failure {
    /// Files that cannot be read, each with its reason.
    Faults(Vec<policy::Fault>),
    /// A policy with errors where an answer needs a sound one.
    Unsound(Box<Unsound>),
    /// Anything else, with its help.
    Other(Box<dyn Diagnostic + Send + Sync>),
    /// What has been said already, and what that means.
    Said(Vec<report::changes::Wrong>, Box<Trouble>),
    /// Nobody reads the output any more.
    Closed,
}

type Outcome = Result<Exit, Failure>;

/// A failure in one sentence and what to type.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
struct Trouble {
    message: String,
    #[help]
    help: Option<String>,
}

impl Trouble {
    fn new(message: impl Into<String>) -> Trouble {
        Trouble { message: message.into(), help: None }
    }

    fn help(self, help: impl Into<String>) -> Trouble {
        Trouble { help: Some(help.into()), ..self }
    }
}

impl<D: Diagnostic + Send + Sync + 'static> From<D> for Failure {
    fn from(fault: D) -> Failure {
        Failure::Other(Box::new(fault))
    }
}

impl Failure {
    /// What to type, where it says that.
    fn help(&self) -> Option<String> {
        match self {
            Failure::Other(trouble) => trouble.help().map(|help| help.to_string()),
            _ => None,
        }
    }

    /// Why, in one line.
    fn sentence(&self) -> String {
        report::one_line(&match self {
            Failure::Faults(faults) => faults.first().map(ToString::to_string).unwrap_or_default(),
            Failure::Other(fault) => fault.to_string(),
            Failure::Said(_, trouble) => trouble.to_string(),
            Failure::Unsound(unsound) => format!("the policy has errors ({})", report::count(unsound.findings.len(), "finding")),
            Failure::Closed => String::new(),
        })
    }
}

/// A failure to write the answer; a closed pipe is none that needs words.
fn output(error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::Closed,
        _ => Trouble::new(format!("cannot write the output: {}", policy::reason(&error))).into(),
    }
}

/// Writes to stdout; who stops reading has enough.
fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = BufWriter::new(stdout());
    write(&mut out).and_then(|()| out.flush()).map_err(output)
}

/// Stdout. Who stops reading has seen enough, and changes nothing about how the command ends.
fn stdout() -> Stdout {
    Stdout { out: io::stdout().lock(), closed: false }
}

struct Stdout {
    out: io::StdoutLock<'static>,
    closed: bool,
}

impl Stdout {
    fn unless_closed<T>(&mut self, write: impl FnOnce(&mut io::StdoutLock<'static>) -> io::Result<T>, done: T) -> io::Result<T> {
        if self.closed {
            return Ok(done);
        }
        match write(&mut self.out) {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(done)
            }
            written => written,
        }
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_closed(|out| out.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_closed(Write::flush, ())
    }
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let cli = Cli::try_parse_from(&arguments).unwrap_or_else(|e| misused(&e, &arguments));
    let globals = &cli.globals;
    let outcome = hide::refuse(&arguments, cli.command.token()).map_err(Failure::from).and_then(|()| done(globals, &cli.command));
    match outcome {
        // Only what has no other code stops where nobody reads on.
        Ok(Exit::Fine) | Err(Failure::Closed) => ExitCode::SUCCESS,
        Ok(Exit::Not) => ExitCode::from(1),
        Ok(Exit::Unanswered) => ExitCode::from(2),
        Err(failure) => {
            // Where stderr is gone too there is nobody left to tell.
            let _ = complain(globals, failure);
            ExitCode::from(2)
        }
    }
}

impl Command {
    /// The one argument that is a token.
    fn token(&self) -> Option<&str> {
        match self {
            Command::Check(args) => args.token(),
            Command::Token(command) => command.token(),
            _ => None,
        }
    }
}

fn done(globals: &Globals, command: &Command) -> Outcome {
    match command {
        Command::Init(args) => init::run(globals, args),
        Command::Lint(args) => lint::run(globals, args),
        Command::Fmt(args) => fmt::run(globals, args),
        Command::Check(args) => check::run(globals, args),
        Command::Explain(args) => explain::run(globals, args),
        Command::Who(args) => who::run(globals, args),
        Command::What(args) => what::run(globals, args),
        Command::Matrix(args) => matrix::run(globals, args),
        Command::Graph(args) => graph::run(globals, args),
        Command::Diff(args) => diff::run(globals, args),
        Command::Log(args) => log::run(globals, args),
        Command::Test(args) => test::run(globals, args),
        Command::Build(args) => build::run(globals, args),
        Command::Inspect(args) => inspect::run(globals, args),
        Command::Token(command) => token::run(globals, command),
        Command::Keys(command) => keys::run(globals, command),
        Command::Import(args) => import::run(globals, args),
        Command::Rule(args) => rule::run(globals, args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(globals, args),
    }
}

/// Ends with what is wrong with the arguments, or with the help that was asked for.
fn misused(error: &clap::Error, arguments: &[OsString]) -> ! {
    let said = error.to_string();
    let safe = crate::report::plain(&hide::misuse(&said, arguments));
    if safe != said {
        let _ = write!(io::stderr(), "{safe}");
        std::process::exit(error.exit_code());
    }
    error.exit()
}

/// Loads a policy for the library, by the rules of the command.
pub(crate) fn load(path: &Path) -> Result<Policy, LoadError> {
    let loaded = policy::load(&[path.to_path_buf()]);
    loaded.and_then(policy::Loaded::policy).map_err(|failure| match failure {
        Failure::Unsound(unsound) => LoadError::Unsound(unsound),
        Failure::Faults(faults) => LoadError::Read(faults.iter().map(ToString::to_string).collect()),
        Failure::Other(fault) => LoadError::Read(vec![fault.to_string()]),
        Failure::Said(_, trouble) => LoadError::Read(vec![trouble.to_string()]),
        Failure::Closed => LoadError::Read(Vec::new()),
    })
}

/// Says what could not be read, beside an answer about the rest.
fn complain_of(globals: &Globals, faults: &[policy::Fault]) {
    let look = globals.look_err();
    let mut err = BufWriter::new(io::stderr().lock());
    // Where stderr is gone there is nobody left to tell.
    let _ = faults.iter().try_for_each(|f| human::failure(&mut err, f, look)).and_then(|()| err.flush());
}

fn complain(globals: &Globals, failure: Failure) -> io::Result<()> {
    let look = globals.look_err();
    let mut err = Vec::new();
    match failure {
        Failure::Closed => {}
        Failure::Faults(faults) => faults.iter().try_for_each(|f| human::failure(&mut err, f, look))?,
        Failure::Other(fault) => human::failure(&mut err, &*fault, look)?,
        Failure::Said(_, trouble) => human::failure(&mut err, &*trouble, look)?,
        Failure::Unsound(unsound) => {
            human::write(&mut err, &unsound.sources, &unsound.findings, look)?;
            let tally = report::Tally::of(&unsound.findings);
            writeln!(err, "{}", tally.sentence(policy::own_files(&unsound.sources)))?;
            let said = Trouble::new("a policy with errors answers no questions").help("mend the errors above first");
            human::failure(&mut err, &said, look)?;
        }
    }
    // Where somebody typed a token in the place of a name, it is not said again.
    let said = String::from_utf8_lossy(&err);
    io::stderr().lock().write_all(hide::tokens(&said).as_bytes())
}

/// Fewer columns than this are no screen that somebody reads.
const NARROW: usize = 20;
/// A sentence is read with ease in so many columns.
const WIDE: usize = 100;

impl Globals {
    /// Whether a stream gets colors.
    fn color_on(&self, stream: &impl IsTerminal) -> bool {
        let unset = |name: &str| std::env::var_os(name).is_none_or(|v| v.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|t| t == "dumb");
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => stream.is_terminal() && unset("NO_COLOR") && !dumb,
        }
    }

    /// How text for people looks on stdout.
    fn look_out(&self) -> Look {
        self.look(&io::stdout(), terminal_size_of(io::stdout()))
    }

    /// How text for people looks on stderr.
    fn look_err(&self) -> Look {
        self.look(&io::stderr(), terminal_size_of(io::stderr()))
    }

    /// A terminal knows its width; elsewhere `COLUMNS` says it, as it does to other commands.
    fn look(&self, stream: &impl IsTerminal, size: Option<(Width, Height)>) -> Look {
        let set = || std::env::var("COLUMNS").ok()?.trim().parse::<u16>().ok().filter(|columns| *columns > 0);
        let width = size.map(|(width, _)| width.0).or_else(set);
        let screen = width.map(|width| usize::from(width).max(NARROW));
        Look { color: self.color_on(stream), columns: screen.map(|screen| screen.min(WIDE)), screen }
    }

    /// A note on stderr about what was asked, unless the user wants none.
    fn note(&self, note: &str) {
        self.summary(&format!("note: {}", report::one_line(note)));
    }

    /// A sentence on stderr about how it went, unless the user wants none.
    fn summary(&self, sentence: &str) {
        if !self.quiet {
            // What is no terminal gets each sentence in one line.
            let terminal = terminal_size_of(io::stderr()).and_then(|_| self.look_err().columns);
            let columns = terminal.unwrap_or(usize::MAX);
            let _ = writeln!(io::stderr(), "{}", report::wrap::filled(sentence, columns));
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn arguments_fit_together() {
        use clap::CommandFactory;
        super::Cli::command().debug_assert();
    }
}
