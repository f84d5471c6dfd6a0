//! The teams, people, repositories and tools of a project, as its folder describes them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::exchange::people::{Section, logins};

/// The whole folder.
#[derive(Default)]
pub struct Project {
    /// The tools that `config.toml` or a permission names.
    pub tools: BTreeSet<String>,
    /// By login.
    pub people: BTreeMap<String, Person>,
    /// The active teams.
    pub teams: BTreeMap<String, Team>,
    /// The archived teams.
    pub archived: BTreeMap<String, Team>,
    /// By organization and name.
    pub repos: BTreeMap<(String, String), Repo>,
}

/// Where something is described.
#[derive(Clone, Default)]
pub struct Place {
    pub path: PathBuf,
    pub line: usize,
}

/// Someone with a file.
#[derive(Default)]
pub struct Person {
    pub place: Place,
    pub name: String,
    pub comments: Vec<String>,
    pub uses: Vec<Use>,
}

/// A permission, which is to use a tool.
pub struct Use {
    pub tool: String,
    pub comments: Vec<String>,
}

/// The kinds of teams that other teams can include by kind.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Team,
    WorkingGroup,
    ProjectGroup,
    Marker,
}

/// A team.
#[derive(Default)]
pub struct Team {
    pub place: Place,
    pub kind: Kind,
    pub doc: String,
    pub comments: Vec<String>,
    pub leads: Vec<Section>,
    pub members: Vec<Section>,
    pub alumni: Vec<String>,
    /// The teams whose members are members of this one.
    pub included: Vec<String>,
    /// The kinds of teams whose leads are members of this one.
    pub leads_of: Vec<Kind>,
    /// The members of all teams of the kind `team` are members of this one.
    pub everyone: bool,
    /// The alumni in no active team are members of this one.
    pub retired: bool,
    pub uses: Vec<Use>,
    pub leads_uses: Vec<Use>,
    pub github: Vec<Github>,
}

/// A team's counterpart on GitHub.
pub struct Github {
    pub name: Option<String>,
    pub orgs: Vec<String>,
    /// Other teams whose members are in it.
    pub extra: Vec<String>,
}

/// A repository.
#[derive(Default)]
pub struct Repo {
    pub place: Place,
    pub doc: String,
    pub comments: Vec<String>,
    pub archived: bool,
    pub access: Vec<Access>,
}

/// A level for someone in a repository.
pub struct Access {
    pub level: &'static str,
    /// `group X` or `user X`.
    pub subject: String,
    pub comments: Vec<String>,
}

impl Project {
    /// The teams whose members are in a team, beside those that it lists.
    pub fn included<'p>(&'p self, name: &str, team: &'p Team) -> BTreeSet<&'p str> {
        let mut all: BTreeSet<&str> = team.included.iter().map(String::as_str).collect();
        if team.everyone {
            let others = self.teams.iter().filter(|(other, team)| *other != name && team.kind == Kind::Team && !team.retired);
            all.extend(others.map(|(other, _)| other.as_str()));
        }
        all
    }

    /// The teams whose leads are in a team.
    pub fn led<'p>(&'p self, name: &str, team: &'p Team) -> impl Iterator<Item = (&'p str, &'p Team)> {
        let others = self.teams.iter().filter(move |(other, _)| *other != name);
        let led = others.filter(|(_, other)| team.leads_of.contains(&other.kind) && logins(&other.leads).next().is_some());
        led.map(|(other, team)| (other.as_str(), team)).collect::<Vec<_>>().into_iter()
    }

    /// Everyone who was in a team and is in none now.
    pub fn retired(&self) -> BTreeSet<&str> {
        let mut active = BTreeSet::new();
        for (name, team) in self.teams.iter().filter(|(_, team)| !team.retired) {
            active.extend(logins(&team.members));
            active.extend(self.led(name, team).flat_map(|(_, other)| logins(&other.leads)));
        }
        let all = self.teams.values().chain(self.archived.values()).flat_map(|team| &team.alumni).map(String::as_str);
        let former = self.archived.values().flat_map(|team| logins(&team.members));
        all.chain(former).filter(|login| !active.contains(login)).collect()
    }
}
