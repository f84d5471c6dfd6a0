//! A graph as an SVG picture: dagre finds the places, and this draws what stands there.

use std::io::{self, Write};

use dagre::graph::{Graph as Layout, GraphOptions};
use dagre::layout::types::LabelPos;
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, RankDir};

use super::graph::{colours, stroke};
use super::plain;
use crate::query::graph::{Edge, Graph, Node, Sort, Tie};

/// Heights of a line of a node and of an edge, and the room around the text of a node.
const LINE: f64 = 15.0;
const SMALL: f64 = 12.0;
const PAD: f64 = 9.0;
/// The room around the picture, and for the key below it.
const MARGIN: f64 = 16.0;
const KEY: f64 = 28.0;
/// More characters of a line are cut; the whole line shows under the pointer.
const LONGEST: usize = 44;

/// Writes the picture.
///
/// # Errors
/// Those of the writer.
pub fn svg(out: &mut dyn Write, graph: &Graph) -> io::Result<()> {
    let layout = lay_out(graph);
    let (width, height) = size(graph, &layout);
    let (wide, high) = ((width + 2.0 * MARGIN).max(620.0), height + 2.0 * MARGIN + KEY);
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide:.0}\" height=\"{high:.0}\" viewBox=\"0 0 {wide:.0} {high:.0}\" font-family=\"system-ui, sans-serif\" font-size=\"12\">"
    )?;
    writeln!(out, "<title>Who is given what, and where</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<defs>")?;
    for tie in TIES {
        let (colour, _) = stroke(tie);
        writeln!(
            out,
            "<marker id=\"{tie:?}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" fill=\"{colour}\"/></marker>"
        )?;
    }
    writeln!(out, "</defs>\n<g transform=\"translate({MARGIN} {MARGIN})\">")?;
    graph.edges.iter().enumerate().try_for_each(|(n, edge)| line(out, &layout, n, edge))?;
    graph.nodes.iter().enumerate().try_for_each(|(n, node)| block(out, &layout, n, node))?;
    graph.edges.iter().enumerate().try_for_each(|(n, edge)| label(out, &layout, n, edge))?;
    writeln!(out, "</g>")?;
    key(out, high - KEY / 2.0)?;
    writeln!(out, "</svg>")
}

const TIES: [Tie; 6] = [Tie::Member, Tie::Contains, Tie::Grant, Tie::Prohibition, Tie::Role, Tie::Includes];

type Laid = Layout<NodeLabel, EdgeLabel>;

fn lay_out(graph: &Graph) -> Laid {
    let mut layout = Layout::with_options(GraphOptions { directed: true, multigraph: true, compound: false });
    for (n, node) in graph.nodes.iter().enumerate() {
        let (width, height) = (wide(&node.lines, 6.7) + 2.0 * PAD, node.lines.len() as f64 * LINE + 1.3 * PAD);
        layout.set_node(n.to_string(), Some(NodeLabel { width, height, ..NodeLabel::default() }));
    }
    for (n, edge) in graph.edges.iter().enumerate() {
        let (width, height) = match edge.lines.len() {
            0 => (0.0, 0.0),
            lines => (wide(&edge.lines, 5.7) + 8.0, lines as f64 * SMALL + 4.0),
        };
        let placed = EdgeLabel { width, height, labelpos: LabelPos::Center, ..EdgeLabel::default() };
        layout.set_edge(edge.from.to_string(), edge.to.to_string(), Some(placed), Some(&n.to_string()));
    }
    let options = LayoutOptions { rankdir: RankDir::LR, nodesep: 14.0, edgesep: 10.0, ranksep: 34.0, ..Default::default() };
    if !graph.nodes.is_empty() {
        dagre::layout(&mut layout, Some(options));
    }
    layout
}

/// How wide the longest line is, by what a character takes in most fonts.
fn wide(lines: &[String], each: f64) -> f64 {
    let one = |line: &String| short(line).chars().map(|c| if u32::from(c) > 0x1100 { 2.0 } else { 1.0 }).sum::<f64>() * each;
    lines.iter().map(one).fold(0.0, f64::max)
}

fn short(line: &str) -> String {
    let line = plain(line);
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn size(graph: &Graph, layout: &Laid) -> (f64, f64) {
    let mut size = (0.0f64, 0.0f64);
    for n in 0..graph.nodes.len() {
        let (x, y, width, height) = spot(layout, n);
        size = (size.0.max(x + width / 2.0), size.1.max(y + height / 2.0));
    }
    for (n, edge) in graph.edges.iter().enumerate() {
        for (x, y) in points(layout, n, edge) {
            size = (size.0.max(x), size.1.max(y));
        }
        if let Some((x, y, width, height)) = label_spot(layout, n, edge) {
            size = (size.0.max(x + width / 2.0), size.1.max(y + height / 2.0));
        }
    }
    size
}

/// The middle of a node, and its size.
fn spot(layout: &Laid, n: usize) -> (f64, f64, f64, f64) {
    let node = layout.node(&n.to_string());
    node.map_or((0.0, 0.0, 0.0, 0.0), |n| (n.x.unwrap_or(0.0), n.y.unwrap_or(0.0), n.width, n.height))
}

fn laid<'l>(layout: &'l Laid, n: usize, edge: &Edge) -> Option<&'l EdgeLabel> {
    layout.edge(&edge.from.to_string(), &edge.to.to_string(), Some(&n.to_string()))
}

fn points(layout: &Laid, n: usize, edge: &Edge) -> Vec<(f64, f64)> {
    laid(layout, n, edge).map_or(Vec::new(), |e| e.points.iter().map(|p| (p.x, p.y)).collect())
}

fn label_spot(layout: &Laid, n: usize, edge: &Edge) -> Option<(f64, f64, f64, f64)> {
    let placed = laid(layout, n, edge).filter(|_| !edge.lines.is_empty())?;
    Some((placed.x?, placed.y?, placed.width, placed.height))
}

/// An edge, its corners rounded.
fn line(out: &mut dyn Write, layout: &Laid, n: usize, edge: &Edge) -> io::Result<()> {
    let points = points(layout, n, edge);
    let ([first, .., last], (colour, broken)) = (&points[..], stroke(edge.tie)) else { return Ok(()) };
    let mut path = format!("M{:.1} {:.1}", first.0, first.1);
    for corner in points[1..].windows(2) {
        let middle = ((corner[0].0 + corner[1].0) / 2.0, (corner[0].1 + corner[1].1) / 2.0);
        path += &format!("Q{:.1} {:.1} {:.1} {:.1}", corner[0].0, corner[0].1, middle.0, middle.1);
    }
    path += &format!("L{:.1} {:.1}", last.0, last.1);
    let broken = if broken { " stroke-dasharray=\"5 3\"" } else { "" };
    writeln!(
        out,
        "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.3\"{broken} marker-end=\"url(#{:?})\"/>",
        edge.tie
    )
}

fn label(out: &mut dyn Write, layout: &Laid, n: usize, edge: &Edge) -> io::Result<()> {
    let Some((x, y, width, height)) = label_spot(layout, n, edge) else { return Ok(()) };
    let (left, top) = (x - width / 2.0, y - height / 2.0);
    writeln!(
        out,
        "<g fill=\"{}\" font-size=\"10\" text-anchor=\"middle\"><title>{}</title>",
        stroke(edge.tie).0,
        whole(&edge.lines)
    )?;
    write!(
        out,
        "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"#fff\" fill-opacity=\".85\"/>"
    )?;
    for (i, text) in edge.lines.iter().enumerate() {
        write!(out, "<text x=\"{x:.1}\" y=\"{:.1}\">{}</text>", top + SMALL * (i as f64 + 0.9), xml(&short(text)))?;
    }
    writeln!(out, "</g>")
}

fn block(out: &mut dyn Write, layout: &Laid, n: usize, node: &Node) -> io::Result<()> {
    let (x, y, width, height) = spot(layout, n);
    let (left, top, (fill, edge)) = (x - width / 2.0, y - height / 2.0, colours(node.sort));
    let round = match node.sort {
        Sort::User => height.min(30.0) / 2.0,
        Sort::Group => 6.0,
        _ => 1.0,
    };
    let more = match node.sort {
        Sort::Pattern => " stroke-dasharray=\"5 3\"",
        Sort::Container => " stroke-width=\"2\"",
        _ => "",
    };
    writeln!(out, "<g><title>{}</title>", whole(&node.lines))?;
    write!(
        out,
        "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{round:.0}\" fill=\"{fill}\" stroke=\"{edge}\"{more}/>"
    )?;
    for (i, text) in node.lines.iter().enumerate() {
        let colour = if i == 0 { "#111" } else { "#666" };
        let (x, y) = (left + PAD, top + PAD * 0.65 + LINE * (i as f64 + 0.75));
        write!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{colour}\">{}</text>", xml(&short(text)))?;
    }
    writeln!(out, "</g>")
}

/// What the lines mean.
fn key(out: &mut dyn Write, y: f64) -> io::Result<()> {
    let words = ["is in", "contains", "can", "cannot", "has a role in", "includes"];
    let mut x = MARGIN;
    for (tie, word) in TIES.iter().zip(words) {
        let (colour, broken) = stroke(*tie);
        let broken = if broken { " stroke-dasharray=\"5 3\"" } else { "" };
        write!(
            out,
            "<path d=\"M{x:.0} {y:.0}h24\" stroke=\"{colour}\" stroke-width=\"1.3\"{broken} marker-end=\"url(#{tie:?})\"/>"
        )?;
        writeln!(out, "<text x=\"{:.0}\" y=\"{:.0}\" fill=\"#666\" font-size=\"11\">{word}</text>", x + 29.0, y + 4.0)?;
        x += 29.0 + word.len() as f64 * 6.2 + 18.0;
    }
    Ok(())
}

fn whole(lines: &[String]) -> String {
    xml(&lines.iter().map(|l| plain(l)).collect::<Vec<_>>().join("\n"))
}

/// Text that is no markup.
fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
