//! The resources that must be declared, each in the container that the data names for it.

use std::collections::{BTreeMap, BTreeSet};

use super::read::Place;
use crate::exchange::Note;
use crate::exchange::liveblocks::json::spoken;

/// Resources by kind and id.
#[derive(Default)]
pub struct Resources {
    all: BTreeMap<Id, Resource>,
}

/// A kind of the vocabulary and an id.
pub type Id = (&'static str, String);

#[derive(Default)]
struct Resource {
    applications: BTreeSet<String>,
    programs: BTreeSet<String>,
    parent: Option<Id>,
    place: Option<(std::path::PathBuf, u32)>,
}

impl Resources {
    /// Adds a resource, with the application and the program that it is said to belong to.
    pub fn add(&mut self, id: Id, application: Option<&str>, program: Option<&str>, place: Place<'_>) {
        let kind = id.0;
        if kind != "application" {
            application.into_iter().for_each(|above| self.add(("application", above.to_owned()), None, None, place));
        }
        if kind == "chat_room" {
            program.into_iter().for_each(|above| self.add(("program", above.to_owned()), application, None, place));
        }
        let resource = self.all.entry(id).or_default();
        resource.place.get_or_insert_with(|| (place.0.to_path_buf(), place.1));
        if kind != "application" {
            resource.applications.extend(application.map(str::to_owned));
        }
        if kind == "chat_room" {
            resource.programs.extend(program.map(str::to_owned));
        }
    }

    /// Gives every resource its container; what is left without one is told.
    pub fn settle(&mut self) -> Vec<Note> {
        let mut notes = Vec::new();
        for ((kind, id), resource) in &mut self.all {
            let one =
                |kind, ids: &BTreeSet<String>| (ids.len() == 1).then(|| (kind, ids.iter().next().cloned().unwrap_or_default()));
            resource.parent = one("program", &resource.programs).or_else(|| one("application", &resource.applications));
            if *kind == "application" || (resource.parent.is_some() && resource.programs.len() < 2) {
                continue;
            }
            resource.parent = None;
            let name = format!("{} `{}`", kind.replace('_', " "), spoken(id));
            let why = match (resource.applications.len(), resource.programs.len()) {
                (0, 0) => "the data names no application for it",
                (_, 0 | 1) => "the data names several applications for it",
                _ => "the data names several programs for it",
            };
            if let Some((path, line)) = &resource.place {
                let message = format!("{name} stands alone, because {why}: a role on an application does not reach it");
                notes.push(Note::at(path, *line, message));
            }
        }
        notes
    }

    /// What a resource contains, or what stands alone, sorted.
    pub fn inside(&self, parent: Option<(&str, &str)>) -> Vec<(&str, &str)> {
        let is_here = |resource: &Resource| resource.parent.as_ref().map(|(kind, id)| (*kind, id.as_str())) == parent;
        self.all.iter().filter(|(_, resource)| is_here(resource)).map(|((kind, id), _)| (*kind, id.as_str())).collect()
    }
}
