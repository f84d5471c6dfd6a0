//! Lists of people with the comments that divide them, read and written.

use std::collections::BTreeSet;

use super::draft::{Draft, harmless, id_fault};
use super::tree::{Node, Source};
use super::{ImportError, Note};

/// People under a comment of their own; the comment may be empty, and so may the people.
#[derive(Clone, Default)]
pub struct Section {
    /// The lines of the comment.
    pub heading: Vec<String>,
    /// The people, in the order of the source.
    pub people: Vec<Person>,
}

/// Someone in a list.
#[derive(Clone)]
pub struct Person {
    /// The id.
    pub login: String,
    /// The comment behind the name.
    pub comment: Option<String>,
}

/// A list of people, divided where a comment stands above one. `login` reads one item.
pub fn read(
    source: &Source<'_>,
    items: &[Node],
    notes: &mut Vec<Note>,
    mut login: impl FnMut(&Node) -> Result<String, ImportError>,
) -> Result<Vec<Section>, ImportError> {
    let (mut sections, mut seen) = (vec![Section::default()], BTreeSet::new());
    for item in items {
        let heading = source.comments.above(item.line);
        if !heading.is_empty() {
            sections.push(Section { heading, people: Vec::new() });
        }
        let comment = source.comments.behind(item.last);
        let login = login(item)?;
        if let Some(fault) = id_fault(&login) {
            notes.push(source.note(item, format!("the login `{}` {fault} and was left out", login.escape_debug())));
        } else if !seen.insert(login.clone()) {
            notes.push(source.note(item, format!("`{login}` is listed more than once here and was taken once")));
        } else if let Some(section) = sections.last_mut() {
            section.people.push(Person { login, comment });
        }
    }
    if let Some(last) = items.last() {
        sections.push(Section { heading: source.comments.below(last.last, last.column.saturating_sub(2)), people: Vec::new() });
    }
    sections.retain(|section| !(section.people.is_empty() && section.heading.is_empty()));
    Ok(sections)
}

/// The people of the sections.
pub fn logins(sections: &[Section]) -> impl Iterator<Item = &str> {
    sections.iter().flat_map(|section| &section.people).map(|person| person.login.as_str())
}

/// The sections without some people, who are given back.
pub fn without(sections: &mut Vec<Section>, known: &BTreeSet<String>) -> Vec<String> {
    let mut gone = Vec::new();
    for section in sections.iter_mut() {
        let (out, stay) = std::mem::take(&mut section.people).into_iter().partition(|person| known.contains(&person.login));
        section.people = stay;
        gone.extend(out.into_iter().map(|person: Person| person.login));
    }
    sections.retain(|section| !(section.people.is_empty() && section.heading.is_empty()));
    gone
}

/// One line each: those without a heading first, sorted, then each section sorted in itself.
pub fn write(out: &mut Draft, sections: &[Section], line: impl Fn(&str) -> String) {
    let (headed, plain): (Vec<&Section>, Vec<&Section>) = sections.iter().partition(|section| !section.heading.is_empty());
    let first: Vec<&Person> = plain.into_iter().flat_map(|section| &section.people).collect();
    let rest = headed.into_iter().map(|section| (section.heading.as_slice(), section.people.iter().collect()));
    for (heading, mut people) in std::iter::once((&[][..], first)).chain(rest) {
        out.comments(heading);
        people.sort_by(|a, b| a.login.cmp(&b.login));
        for person in people {
            let behind = person.comment.as_ref().map_or_else(String::new, |text| format!("  // {}", harmless(text)));
            out.line(format!("{}{behind}", line(&person.login)));
        }
    }
}
