//! Roles and groups where none stand: a role as a permission, in an entry or behind the block of another one, and groups that extend others.

use std::ops::Range;

use super::super::super::print::Id;
use super::super::super::recover::{ends_line, skip_trivia, token};
use super::super::super::{IN_BLOCK, Items, Rule, TOP};
use super::super::trying::{Done, attempt, phrase};
use super::super::words;
use super::parted::line_end;
use super::{Help, Mender, Slip};

/// Words that say that one role or group is part of another one.
const EXTENDING: &[&str] = &["extends", "includes", "include", "inherits", "inherit", "implies", "extend"];

impl Mender<'_> {
    /// The resource in whose block the text is read.
    pub(super) fn here(&self) -> String {
        match &self.inside {
            // A block that a change opens is not known by its id.
            Some((kind, id)) if kind != id => format!("{kind} {}", Id(id)),
            _ => "KIND ID".to_owned(),
        }
    }

    /// The assignment that gives a role to whom an entry speaks of.
    pub(super) fn assignment(&self, role: &str, who: &str) -> String {
        let who = if who == "default" { "everyone" } else { who };
        format!("assign {role} to {who} in {}", self.here())
    }

    /// A role in the place of a permission, as all of a list.
    pub(super) fn as_permission(&mut self, text: &str, at: usize, items: Items, role: Range<usize>) -> Option<Done> {
        let name = &text[role.clone()];
        if !(self.known.role)(name) || !ends_line(text, role.end) {
            return None;
        }
        let entry = text[at..role.start].split_whitespace().collect::<Vec<_>>().join(" ");
        let help = match entry.strip_suffix(" can") {
            _ if items.item == Rule::role_item => format!("type it before the block: `role ID includes {name} {{ … }}`"),
            Some(who) => {
                format!("a role is given by an assignment: type `{}` at the top level", self.assignment(name, who))
            }
            None => "where an `assign` gives it, take that out, or name the permissions that are forbidden".to_owned(),
        };
        let edits = vec![(at..role.end, String::new())];
        let (message, end) = (format!("`{name}` is a role and no permission"), role.end);
        let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(role, message, edits) };
        self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip])
    }

    /// A role or a group that is said to extend another one, a role that an entry speaks of, and an assignment in a block.
    pub(super) fn of_role(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        match token(text, at) {
            "role" if items != TOP => self.role_entry(text, at),
            "assign" if items == IN_BLOCK => self.assigned(text, at),
            _ => self.extended(text, at, items).or_else(|| self.grouped(text, at, items)),
        }
    }

    /// `role editor can write` in a resource.
    fn role_entry(&mut self, text: &str, at: usize) -> Option<Done> {
        let id = skip_trivia(text, at + "role".len());
        let name = phrase(text, id);
        let verb = skip_trivia(text, id + name.len());
        let list = skip_trivia(text, verb + token(text, verb).len());
        if !matches!(token(text, verb), "can" | "cannot") || text[at..list].contains('\n') {
            return None;
        }
        let end = line_end(text, list);
        let message = "an entry speaks of everyone, of one user or of one group, and of no role".to_owned();
        let assign = self.assignment(name, "user ID");
        let help =
            format!("say what it gives in the role, and whom it is given to by an assignment at the top level: `{assign}`");
        let edits = vec![(at..end, String::new())];
        let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(at..id + name.len(), message, edits) };
        self.keep(text, at, self.edits.len(), Done { end, opens: None, closes: false }, vec![slip])
    }

    /// `group eng extends staff`, `role editor : viewer { … }`, `role editor { … } extends viewer` and `includes viewer` in its block.
    fn extended(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        if items != TOP && items.item != Rule::role_item {
            return None;
        }
        let word = token(text, at);
        let extends = EXTENDING.contains(&&*word.to_lowercase());
        if !extends && !matches!(word, ":" | "=" | "<" | "(" | "in" | "of" | "under" | "within") {
            return None;
        }
        let mut pos = skip_trivia(text, at + word.len());
        let grouped = token(text, pos) == "group";
        pos = if grouped { skip_trivia(text, pos + "group".len()) } else { pos };
        let (names, mut to) = words::names(text, pos, &[",", "and", "&"]);
        let close = skip_trivia(text, to);
        to = if word == "(" && token(text, close) == ")" { close + 1 } else { to };
        let names: Vec<&str> = names.into_iter().map(|name| &text[name]).collect();
        if names.is_empty() || text[at..to].contains('\n') {
            return None;
        }
        let all = names.join(", ");
        let said = at..at + word.len();
        if items != TOP {
            let message = format!("no line of a role begins with `{word}`");
            let help = Help::Said(format!("type it before the block: `role ID includes {all} {{ … }}`"));
            let slip = Slip { help, offered: false, ..Slip::new(said, message, vec![(at..to, String::new())]) };
            let done = Done { end: to, opens: None, closes: false };
            return if extends { self.keep(text, at, self.edits.len(), done, vec![slip]) } else { None };
        }
        let before = self.before.as_ref().filter(|b| b.items == TOP && b.end <= at && !text[b.end..at].contains('\n'));
        let closed = text[..at].trim_end().ends_with('}');
        let roles = names.iter().all(|name| (self.known.role)(name));
        if closed && extends {
            let sort = if grouped || names.iter().all(|name| (self.known.group)(name)) { "group" } else { "role" };
            let help = match sort {
                "role" => format!("type it before the block: `role ID includes {all} {{ … }}`"),
                _ => format!("a group is a member of the other one: type `group {} {{ group ID }}`", names[0]),
            };
            let message = format!("`{word}` stands behind no block");
            let edits = vec![(at..to, String::new())];
            let slip = Slip { help: Help::Said(help), offered: false, ..Slip::new(said, message, edits) };
            return self.keep(text, at, self.edits.len(), Done { end: to, opens: None, closes: false }, vec![slip]);
        }
        let (from, end, first) = before.map(|b| (b.at, b.end, b.first))?;
        let head: Vec<&str> = text[from..end].split_whitespace().collect();
        let made = self.edits[first..].to_vec();
        let with = |edit| attempt(text, from, &[&made[..], &[edit]].concat(), items).ok();
        match head[..] {
            ["role", _] if matches!(word, ":" | "=" | "<" | "(") => {
                let open = token(text, skip_trivia(text, to)) == "{";
                let permissions = names.iter().any(|name| (self.known.permission)(name));
                let edit = (end..to, format!(" includes {all}"));
                let done = with(edit.clone()).filter(|_| roles || open && !permissions)?;
                let message = format!("what a role includes stands behind `includes`, and not behind `{word}`");
                self.keep(text, from, first, done, vec![Slip::new(said, message, vec![edit])])
            }
            ["group", id] if extends || matches!(word, "in" | "of" | "under" | "within" | "<") => {
                let edit = (end..to, String::new());
                let done = with(edit.clone())?;
                let message = format!("a group has members, and no `{word}`");
                let list = match word.starts_with("includ") {
                    true => format!("`group {id} {{ group {} }}`", names.join(", group ")),
                    false => {
                        names.iter().map(|name| format!("`group {name} {{ group {id} }}`")).collect::<Vec<_>>().join(" and ")
                    }
                };
                let help = Help::Said(format!("list the one as a member of the other: {list}"));
                let slip = Slip { help, offered: false, ..Slip::new(said, message, vec![edit]) };
                self.keep(text, from, first, Done { end: done.end.max(to), ..done }, vec![slip])
            }
            _ => None,
        }
    }

    /// `group g user bob, user ann`: without a comma they are statements.
    fn grouped(&mut self, text: &str, at: usize, items: Items) -> Option<Done> {
        let before = self.before.as_ref().filter(|b| items == TOP && b.items == TOP && b.end <= at)?;
        let (from, end, first) = (before.at, before.end, before.first);
        let head: Vec<&str> = text[from..end].split_whitespace().collect();
        if text[end..at].contains('\n') || !matches!(head[..], ["group", _]) || token(text, at) != "user" {
            return None;
        }
        let (mut members, mut pos, mut to, mut commas) = (Vec::new(), at, at, false);
        while let Some((who, end)) = self.whom(text, pos).filter(|(who, end)| who != "default" && !text[at..*end].contains('\n'))
        {
            members.push(who);
            to = end;
            pos = skip_trivia(text, end);
            if token(text, pos) == "," {
                (commas, pos) = (true, skip_trivia(text, pos + 1));
            }
        }
        if members.len() < 2 || !commas || !ends_line(text, to) {
            return None;
        }
        let message = "what is in a group stands in a block".to_owned();
        let edits = vec![(at..to, format!("{{ {} }}", members.join(", ")))];
        let slip =
            Slip { help: Help::Said(format!("type `{} {}`", head.join(" "), edits[0].1)), ..Slip::new(at..to, message, edits) };
        self.keep(text, from, first, Done { end: to, opens: None, closes: false }, vec![slip])
    }
}
