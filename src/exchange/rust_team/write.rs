//! A project → `.rk` text: the tools, the people, the teams, and a file for each organization.

use std::collections::BTreeSet;

use super::model::{Access, Project, Repo, Team, Use};
use crate::exchange::OutFile;
use crate::exchange::draft::{Draft, file_name, id};
use crate::exchange::people;

const LEVELS: [&str; 5] = ["admin", "maintain", "write", "triage", "read"];

/// The files of a project.
pub fn project(project: &Project) -> Vec<OutFile> {
    let mut files = vec![tools(project), people_file(project), teams(project)];
    let orgs: BTreeSet<&str> = project.repos.keys().map(|(org, _)| org.as_str()).collect();
    files.extend(orgs.into_iter().map(|org| organization(project, org)));
    files
}

fn tools(project: &Project) -> OutFile {
    let mut out = Draft::new();
    out.doc("A piece of tooling that answers to those who may use it.");
    out.block("kind tool in tool", |out| out.line("permissions use"));
    out.blank();
    out.doc("Uses a tool, and the lesser ones in it.");
    out.block("role use", |out| out.line("can use on tool"));
    out.blank();
    for tool in &project.tools {
        let within = tool.strip_suffix(".try").map(|stem| format!("{stem}.review"));
        if within.is_some_and(|review| project.tools.contains(&review)) {
            continue;
        }
        out.block(format!("tool {}", id(tool)), |out| {
            let lesser = tool.strip_suffix(".review").map(|stem| format!("{stem}.try"));
            if let Some(lesser) = lesser.filter(|lesser| project.tools.contains(lesser)) {
                out.line(format!("tool {}", id(&lesser)));
            }
        });
    }
    OutFile { name: "tools.rk".to_owned(), text: out.finish() }
}

fn people_file(project: &Project) -> OutFile {
    let mut out = Draft::new();
    for (login, person) in &project.people {
        out.comments(&person.comments);
        if person.name != *login {
            out.doc(&person.name);
        }
        out.line(format!("user {}", id(login)));
        uses(&mut out, &format!("user {}", id(login)), &person.uses);
    }
    OutFile { name: "people.rk".to_owned(), text: out.finish() }
}

fn teams(project: &Project) -> OutFile {
    let mut out = Draft::new();
    for (name, team) in &project.teams {
        out.blank();
        out.comments(&team.comments);
        out.doc(&team.doc);
        let head = format!("group {}", id(name));
        out.block(&head, |out| members(out, project, name, team));
        uses(&mut out, &head, &team.uses);
        if people::logins(&team.leads).next().is_some() {
            let head = leads(name);
            out.block(&head, |out| people::write(out, &team.leads, |login| format!("user {}", id(login))));
            uses(&mut out, &head, &team.leads_uses);
        }
    }
    OutFile { name: "teams.rk".to_owned(), text: out.finish() }
}

fn members(out: &mut Draft, project: &Project, name: &str, team: &Team) {
    for other in project.included(name, team) {
        out.line(format!("group {}", id(other)));
    }
    for (other, _) in project.led(name, team) {
        out.line(leads(other));
    }
    if team.retired {
        let listed: BTreeSet<&str> = people::logins(&team.members).collect();
        out.comment("former members who are in no team now");
        project.retired().difference(&listed).for_each(|login| out.line(format!("user {}", id(login))));
    }
    people::write(out, &team.members, |login| format!("user {}", id(login)));
}

fn leads(team: &str) -> String {
    format!("group {}", id(&format!("{team}/leads")))
}

fn uses(out: &mut Draft, subject: &str, uses: &[Use]) {
    let head = format!("assign use to {subject} in");
    let (plain, noted): (Vec<&Use>, Vec<&Use>) = uses.iter().partition(|one| one.comments.is_empty());
    let mut tools: Vec<String> = plain.iter().map(|one| format!("tool {}", id(&one.tool))).collect();
    tools.sort();
    if !tools.is_empty() {
        out.list(&head, &tools, "");
    }
    for one in noted {
        out.comments(&one.comments);
        out.line(format!("{head} tool {}", id(&one.tool)));
    }
}

fn organization(project: &Project, org: &str) -> OutFile {
    let repos =
        || project.repos.iter().filter(|((of, _), _)| of == org).map(|((_, name), repo)| (id(&format!("{org}/{name}")), repo));
    let mut out = Draft::new();
    out.line("use github");
    out.blank();
    out.block(format!("organization {}", id(org)), |out| {
        repos().filter(|(_, repo)| !repo.archived).for_each(|(name, repo)| declare(out, &name, repo));
        if repos().any(|(_, repo)| repo.archived) {
            out.blank();
            out.comment("archived");
            repos().filter(|(_, repo)| repo.archived).for_each(|(name, repo)| declare(out, &name, repo));
        }
    });
    for (name, repo) in repos().filter(|(_, repo)| !repo.access.is_empty()) {
        out.blank();
        grants(&mut out, &name, repo);
    }
    OutFile { name: file_name(org), text: out.finish() }
}

fn declare(out: &mut Draft, name: &str, repo: &Repo) {
    out.comments(&repo.comments);
    out.doc(&repo.doc);
    out.line(format!("repository {name}"));
}

fn grants(out: &mut Draft, name: &str, repo: &Repo) {
    for level in LEVELS {
        let here = repo.access.iter().filter(|access| access.level == level);
        let (plain, noted): (Vec<&Access>, Vec<&Access>) = here.partition(|access| access.comments.is_empty());
        let plain: BTreeSet<&str> = plain.into_iter().map(|access| access.subject.as_str()).collect();
        let subjects: Vec<String> = plain.into_iter().map(str::to_owned).collect();
        if !subjects.is_empty() {
            out.list(format!("assign {level} to"), &subjects, format!("in repository {name}"));
        }
        for access in noted {
            out.comments(&access.comments);
            out.line(format!("assign {level} to {} in repository {name}", access.subject));
        }
    }
}
