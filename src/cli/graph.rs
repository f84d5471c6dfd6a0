//! `roomkey graph`: groups, roles, containment and grants as a picture.

use clap::ValueEnum;

use super::check::trouble;
use super::{Exit, Globals, Outcome, Trouble, policy, print};
use crate::model::Model;
use crate::query::graph::{Focus, focuses, graph};
use crate::report::{graph as text, svg};
use crate::source::Sources;

/// What `graph` is asked.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A user, group, role, resource or pattern as KIND:ID, to show only what lies around it
    #[arg(long, value_name = "KIND:ID")]
    focus: Option<String>,
    /// How many steps around the focus are shown
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64), requires = "focus")]
    depth: u8,
    /// How to write the graph
    #[arg(long, default_value = "dot")]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  roomkey graph --format svg > policy.svg
  roomkey graph --focus group:staff --depth 1 --format mermaid
  roomkey graph --focus room:design:home | dot -Tpng -o home.png

Access flows along the arrows: from users and groups into groups, from those to what they are given, \
and from there to what it contains. Users that are only members are counted in their group, and what \
is alike becomes one node. A picture that nobody could read is refused, with what to type instead.";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For Graphviz
    Dot,
    /// For Markdown pages that draw Mermaid
    Mermaid,
    /// A picture
    Svg,
}

impl Format {
    /// The most nodes that can still be read, or that programs which draw the format take by default.
    fn most(self) -> usize {
        match self {
            Format::Dot => 2_000,
            Format::Mermaid => 200,
            Format::Svg => 150,
        }
    }
}

/// Prints the graph.
pub fn run(globals: &Globals, args: &Args) -> Outcome {
    let policy = policy::load(globals.policy.as_slice())?.policy()?;
    let (model, sources) = (policy.model(), policy.sources());
    let focus = args.focus.as_ref().map(|on| Focus { on: on.clone(), depth: args.depth.into() });
    let drawn = graph(model, sources, focus.as_ref()).map_err(|e| trouble(&e))?;
    if drawn.nodes.len() > args.format.most() || drawn.edges.len() > 3 * args.format.most() {
        let (nodes, edges) = (drawn.nodes.len(), drawn.edges.len());
        let found = format!("{nodes} nodes and {edges} edges are no picture to read");
        return Err(Trouble::new(found).help(narrower(args, model, sources)).into());
    }
    print(|out| match args.format {
        Format::Dot => text::dot(out, &drawn),
        Format::Mermaid => text::mermaid(out, &drawn),
        Format::Svg => svg::svg(out, &drawn),
    })?;
    Ok(Exit::Fine)
}

/// How many focuses are tried for a suggestion.
const TRIED: usize = 20;

/// What to type for a picture that can be read.
fn narrower(args: &Args, model: &Model, sources: &Sources) -> String {
    let readable = |on: &str, depth: usize| {
        let focus = Focus { on: on.to_owned(), depth };
        graph(model, sources, Some(&focus)).is_ok_and(|g| g.nodes.len() <= args.format.most())
    };
    if let Some(on) = &args.focus {
        return match (1..args.depth).rev().find(|depth| readable(on, usize::from(*depth))) {
            Some(depth) => format!("type `--depth {depth}`"),
            None => "choose a smaller focus".into(),
        };
    }
    let fits = |on: &String| readable(on, usize::from(args.depth));
    match focuses(model).into_iter().take(TRIED).find(fits) {
        Some(on) => format!("look at a part of it, such as `--focus '{on}'`"),
        None => "look at a part of it: `--focus group:ID` or `--focus KIND:ID`".into(),
    }
}
