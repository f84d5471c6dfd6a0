//! Organizations → `.rk` text.

use super::model::{Grant, Org, Team};
use crate::exchange::OutFile;
use crate::exchange::draft::{Draft, file_name, id};
use crate::exchange::people::{self, Person, Section, logins};

const LEVELS: [&str; 5] = ["admin", "maintain", "write", "triage", "read"];

/// The file of an organization.
pub fn org(org: &Org) -> OutFile {
    let mut out = Draft::new();
    out.comments(&org.comments);
    out.blank();
    out.line("use github");
    out.blank();
    out.doc(&org.doc);
    out.block(format!("organization {}", id(&org.name)), |out| {
        members(out, org);
        repositories(out, org);
    });
    out.blank();
    admins(&mut out, org);
    collaborators(&mut out, org);
    for part in &org.parts {
        out.blank();
        if !part.heading.is_empty() {
            out.comment(&part.heading);
        }
        out.comments(&part.comments);
        teams(&mut out, org, &part.teams);
    }
    OutFile { name: file_name(&org.name), text: out.finish() }
}

fn members(out: &mut Draft, org: &Org) {
    let admins = logins(&org.admins).map(|login| Person { login: login.to_owned(), comment: None }).collect();
    let mut sections = vec![Section { heading: Vec::new(), people: admins }];
    sections.extend(org.members.iter().cloned());
    people::write(out, &sections, |login| format!("member user {}", id(login)));
    if !org.outside.is_empty() {
        out.comment("members by their teams alone");
        org.outside.iter().for_each(|login| out.line(format!("member user {}", id(login))));
    }
}

fn repositories(out: &mut Draft, org: &Org) {
    out.blank();
    for repo in org.repos.values() {
        out.comments(&repo.comments);
        out.doc(&repo.doc);
        out.line(repository(org, &repo.name));
    }
}

fn admins(out: &mut Draft, org: &Org) {
    if let Some(level) = org.default {
        out.line(format!("assign {level} to everyone in organization {}", id(&org.name)));
    }
    let tail = format!(" in organization {}", id(&org.name));
    people::write(out, &org.admins, |login| format!("assign admin to user {}{tail}", id(login)));
}

fn collaborators(out: &mut Draft, org: &Org) {
    for repo in org.repos.values() {
        for (login, level) in &repo.collaborators {
            out.line(format!("assign {level} to user {} in {}", id(login), repository(org, &repo.name)));
        }
    }
}

fn teams(out: &mut Draft, org: &Org, teams: &[Team]) {
    let mut teams: Vec<&Team> = teams.iter().collect();
    teams.sort_by(|a, b| a.name.cmp(&b.name));
    for one in teams {
        out.blank();
        team(out, org, one);
        self::teams(out, org, &one.teams);
    }
}

fn team(out: &mut Draft, org: &Org, team: &Team) {
    out.comments(&team.comments);
    out.doc(&team.doc);
    out.block(format!("group {}", group(org, team)), |out| {
        people::write(out, &team.people, |login| format!("user {}", id(login)));
        let mut children: Vec<String> = team.teams.iter().map(|child| group(org, child)).collect();
        children.sort();
        children.iter().for_each(|child| out.line(format!("group {child}")));
    });
    for level in LEVELS {
        let head = format!("assign {level} to group {} in", group(org, team));
        let here = team.grants.iter().filter(|grant| grant.level == level);
        let (plain, noted): (Vec<&Grant>, Vec<&Grant>) = here.partition(|grant| grant.comments.is_empty());
        let mut repos: Vec<String> = plain.iter().map(|grant| granted(org, grant)).collect();
        repos.sort();
        if !repos.is_empty() {
            out.list(&head, &repos, "");
        }
        for grant in noted {
            out.comments(&grant.comments);
            out.line(format!("{head} {}", granted(org, grant)));
        }
    }
}

fn group(org: &Org, team: &Team) -> String {
    id(&format!("{}/{}", org.name, team.name))
}

fn granted(org: &Org, grant: &Grant) -> String {
    repository(org, org.repos.get(&grant.repo).map_or(&grant.repo, |repo| &repo.name))
}

fn repository(org: &Org, name: &str) -> String {
    format!("repository {}", id(&format!("{}/{name}", org.name)))
}
