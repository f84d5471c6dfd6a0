//! A page of its own, without anything from the network.

use std::io::{self, Write};

use super::failed::tally;
use super::{Failed, How, bare, summary, tell, widens_by_removal};
use crate::query::diff::Diff;
use crate::query::diff::gates::Breach;
use crate::report::{count, plain};

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8884;--gain:#1a7f37;--loss:#cf222e;--warn:#9a6700}\
@media(prefers-color-scheme:dark){:root{--gain:#3fb950;--loss:#f85149;--warn:#d29922}}\
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
section{border:1px solid var(--line);border-radius:8px;margin:1rem 0;padding:.5rem 1rem}\
h2{font:600 1rem ui-monospace,monospace;margin:.3rem 0}\
ul{margin:.3rem 0;padding-left:1.2rem}small{opacity:.7}\
.gain{color:var(--gain)}.loss{color:var(--loss)}.warn{color:var(--warn);font-weight:600}\
.failed{border:2px solid var(--loss);border-radius:8px;padding:.5rem 1rem}.failed h2{color:var(--loss)}\
input{font:inherit;width:100%;padding:.4rem;box-sizing:border-box;border:1px solid var(--line);border-radius:6px}";

const SCRIPT: &str = "\
const box=document.querySelector('input'),all=[...document.querySelectorAll('section')];\
box.oninput=()=>{const want=box.value.toLowerCase();\
all.forEach(s=>s.hidden=!s.textContent.toLowerCase().includes(want))};";

/// How each page begins.
pub(super) fn beginning(out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")?;
    write!(out, "<meta name=\"viewport\" content=\"width=device-width\"><title>Who gains and who loses access</title>")?;
    writeln!(out, "<style>{STYLE}</style></head><body>\n<h1>Who gains and who loses access</h1>")
}

/// Writes what differs as a page that a browser opens from a file.
///
/// # Errors
/// Those of the writer.
pub fn html(out: &mut dyn Write, diff: &Diff, how: &How<'_>, failed: &[Breach<'_>]) -> io::Result<()> {
    beginning(out)?;
    let failed = Failed::all(diff, failed, how);
    if !failed.is_empty() {
        writeln!(out, "<div class=\"failed\"><h2>{}</h2>", tally(&failed))?;
        for f in &failed {
            writeln!(out, "<p><code>{}</code>: {}", safe(&f.gate), safe(&f.why))?;
            for told in &f.by {
                writeln!(out, "<br>{} {}", told.sign, safe(&told.title))?;
                told.places.iter().try_for_each(|place| write!(out, "<br><small>{}</small>", safe(place)))?;
            }
            if f.more > 0 {
                writeln!(out, "<br>and {}", count(f.more, "cause"))?;
            }
            writeln!(out, "</p>")?;
        }
        writeln!(out, "</div>")?;
    }
    writeln!(
        out,
        "<p><strong>{}</strong><br><small>{} → {}</small></p>",
        safe(&summary(diff, how)),
        safe(how.old),
        safe(how.new)
    )?;
    diff.whole.iter().try_for_each(|note| writeln!(out, "<p><em>{}</em></p>", safe(note)))?;
    writeln!(out, "<input type=\"search\" placeholder=\"Filter by user, resource or statement\" aria-label=\"Filter\">")?;
    for told in tell(diff, how) {
        writeln!(out, "<section><h2>{} {}</h2>", told.sign, safe(&told.title))?;
        if let Some(warning) = widens_by_removal(&told) {
            writeln!(out, "<p class=\"warn\">{}</p>", safe(&bare(&warning)))?;
        }
        write!(out, "<ul>")?;
        for effect in &told.effects {
            let class = match (effect.gains, effect.moves) {
                (true, _) => "gain",
                (_, true) => "warn",
                _ => "loss",
            };
            write!(out, "<li class=\"{class}\">{}</li>", safe(&effect.text))?;
        }
        write!(out, "</ul>")?;
        for place in &told.places {
            write!(out, "<small>{}</small><br>", safe(place))?;
        }
        writeln!(out, "</section>")?;
    }
    if !diff.quiet.is_empty() {
        writeln!(out, "<details><summary>Other statements that differ</summary><ul>")?;
        for s in &diff.quiet {
            writeln!(out, "<li>{} {}</li>", if s.new { '+' } else { '−' }, safe(&s.text))?;
        }
        writeln!(out, "</ul></details>")?;
    }
    diff.notes.iter().try_for_each(|note| writeln!(out, "<p><em>{}</em></p>", safe(note)))?;
    writeln!(out, "<script>{SCRIPT}</script></body></html>")
}

pub(super) fn safe(text: &str) -> String {
    plain(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
