//! A graph as text for programs that draw: DOT and Mermaid.

use std::io::{self, Write};

use super::plain;
use crate::query::graph::{Edge, Graph, Node, Sort, Tie};

/// The fill and the edge of a node, the same in every format.
pub fn colours(sort: Sort) -> (&'static str, &'static str) {
    match sort {
        Sort::User => ("#fff7df", "#b98900"),
        Sort::Group => ("#e4f4e6", "#2f7d3b"),
        Sort::Role => ("#f1e9fb", "#6d3fb0"),
        Sort::Container => ("#dbeafc", "#2b62a8"),
        Sort::Resource => ("#f0f5fb", "#5b82b4"),
        Sort::Pattern => ("#ffffff", "#5b82b4"),
        Sort::Everywhere => ("#eeeeee", "#555555"),
    }
}

/// The colour of an edge, and whether it is broken.
pub fn stroke(tie: Tie) -> (&'static str, bool) {
    match tie {
        Tie::Member => ("#2f7d3b", false),
        Tie::Contains => ("#9aa7b8", false),
        Tie::Grant => ("#2b62a8", false),
        Tie::Prohibition => ("#c02626", true),
        Tie::Role => ("#6d3fb0", false),
        Tie::Includes => ("#6d3fb0", true),
    }
}

/// Writes DOT, the language of Graphviz.
///
/// # Errors
/// Those of the writer.
pub fn dot(out: &mut dyn Write, graph: &Graph) -> io::Result<()> {
    writeln!(out, "digraph policy {{")?;
    writeln!(out, "  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\", fontsize=11];")?;
    writeln!(out, "  edge [fontname=\"sans-serif\", fontsize=9];")?;
    for (n, Node { sort, lines }) in graph.nodes.iter().enumerate() {
        let (fill, edge) = colours(*sort);
        let style = match sort {
            Sort::User | Sort::Group => "rounded,filled",
            Sort::Pattern => "dashed,filled",
            _ => "filled",
        };
        writeln!(out, "  n{n} [label=\"{}\", style=\"{style}\", fillcolor=\"{fill}\", color=\"{edge}\"];", dot_text(lines))?;
    }
    for Edge { from, to, tie, lines } in &graph.edges {
        let (colour, broken) = stroke(*tie);
        let style = if broken { ", style=dashed" } else { "" };
        let colour = format!("color=\"{colour}\", fontcolor=\"{colour}\"{style}");
        writeln!(out, "  n{from} -> n{to} [label=\"{}\", {colour}];", dot_text(lines))?;
    }
    writeln!(out, "}}")
}

/// Text in a quoted string of DOT, where a backslash begins an escape and `&` an entity.
fn dot_text(lines: &[String]) -> String {
    let one = |line: &String| plain(line).replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;").replace('\n', " ");
    lines.iter().map(one).collect::<Vec<_>>().join("\\n")
}

/// Writes a flowchart of Mermaid.
///
/// # Errors
/// Those of the writer.
pub fn mermaid(out: &mut dyn Write, graph: &Graph) -> io::Result<()> {
    writeln!(out, "flowchart LR")?;
    for (n, Node { sort, lines }) in graph.nodes.iter().enumerate() {
        let (open, close) = match sort {
            Sort::User => ("([", "])"),
            Sort::Group => ("(", ")"),
            Sort::Role => ("{{", "}}"),
            Sort::Container => ("[[", "]]"),
            _ => ("[", "]"),
        };
        writeln!(out, "  n{n}{open}\"{}\"{close}", mermaid_text(lines))?;
        let (fill, edge) = colours(*sort);
        let broken = if *sort == Sort::Pattern { ",stroke-dasharray:4" } else { "" };
        writeln!(out, "  style n{n} fill:{fill},stroke:{edge},color:#111{broken}")?;
    }
    for (n, Edge { from, to, tie, lines }) in graph.edges.iter().enumerate() {
        let (colour, broken) = stroke(*tie);
        let arrow = if broken { "-.->" } else { "-->" };
        match lines.is_empty() {
            true => writeln!(out, "  n{from} {arrow} n{to}")?,
            false => writeln!(out, "  n{from} {arrow}|\"{}\"| n{to}", mermaid_text(lines))?,
        }
        writeln!(out, "  linkStyle {n} stroke:{colour}")?;
    }
    Ok(())
}

/// Text in a quoted label of Mermaid: all but letters, digits and a few signs as the codes of their characters.
fn mermaid_text(lines: &[String]) -> String {
    let safe = |c: char| c.is_alphanumeric() || " .,:@-_/+".contains(c);
    let one = |line: &String| {
        plain(line).chars().map(|c| if safe(c) { c.to_string() } else { format!("#{};", u32::from(c)) }).collect::<String>()
    };
    lines.iter().map(one).collect::<Vec<_>>().join("<br>")
}
