//! The folder of rust-lang/team becomes `.rk` text: tools, people, teams and organizations.

use roomkey::exchange::Format;

use crate::import_github::{Files, fault, file, imported, notes};

const TEAM: &str = "\
# Keeps the lights on.
name = \"infra\"
subteam-of = \"devtools\"

[people]
leads = [\"Ann\"]
members = [
    \"bob\", # part time
    { github = \"Ann\", roles = [\"boss\"] },
    # trainees
    \"Cy\",
]
alumni = [\"dora\"]

[permissions]
perf = true
# Because of the sync.
bors.rust.review = true

[leads-permissions]
bors.rust.try = true

# A private channel.
[[zulip-streams]]
name = \"infra/private\"

[website]
description = \"Servers and bots\"
";

const PROJECT: Files<'static> = &[
    ("t/config.toml", "permissions-bors-repos = [\"rust\"]\npermissions-bools = [\"perf\"]\nspecial-org-members = []\n"),
    ("t/people/Ann.toml", "name = \"Ann A.\"\ngithub = \"Ann\"\ngithub-id = 1\n"),
    ("t/people/bob.toml", "name = \"bob\"\ngithub = \"bob\"\ngithub-id = 2\n[permissions]\nperf = true\n"),
    ("t/people/Cy.toml", "name = \"Cy\"\ngithub = \"Cy\"\ngithub-id = 3\n"),
    ("t/people/dora.toml", "name = \"dora\"\ngithub = \"dora\"\ngithub-id = 4\n"),
    ("t/teams/infra.toml", TEAM),
    (
        "t/teams/all.toml",
        "name = \"all\"\nkind = \"marker-team\"\n[people]\nleads = []\nmembers = []\ninclude-all-team-members = true\n",
    ),
    (
        "t/teams/leads.toml",
        "name = \"leads\"\nkind = \"marker-team\"\n[people]\nleads = []\nmembers = []\ninclude-team-leads = true\n",
    ),
    (
        "t/teams/old.toml",
        "name = \"old\"\nkind = \"marker-team\"\n[people]\nleads = []\nmembers = []\ninclude-all-alumni = true\n",
    ),
    (
        "t/teams/helpers.toml",
        "name = \"helpers\"\n[people]\nleads = []\nmembers = [\"bob\"]\n[[github]]\norgs = [\"org\"]\nteam-name = \"aides\"\nextra-teams = [\"all\"]\n",
    ),
    ("t/teams/archive/gone.toml", "name = \"gone\"\n[people]\nleads = []\nmembers = []\nalumni = [\"Cy\"]\n"),
    (
        "t/repos/org/app.toml",
        "org = \"org\"\nname = \"app\"\ndescription = \"The app\"\nbots = [\"bot\"]\n[access.teams]\naides = \"write\"\ninfra = \"write\"\nnobody = \"admin\"\n[access.individuals]\n# for now\ndora = \"triage\"\n",
    ),
    ("t/repos/archive/org/past.toml", "org = \"org\"\nname = \"past\"\ndescription = \"\"\nbots = []\n[access.teams]\n"),
    ("t/tools/Cargo.toml", "[package]\n"),
];

#[test]
fn a_project_becomes_tools_people_teams_and_organizations() {
    let imported = imported(Format::RustTeam, PROJECT);
    let names: Vec<&str> = imported.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["org.rk", "people.rk", "teams.rk", "tools.rk"]);
    let expected = "\
/// A piece of tooling that answers to those who may use it.
kind tool in tool {
  permissions use
}

/// Uses a tool, and the lesser ones in it.
role use {
  can use on tool
}

tool bors.rust.review {
  tool bors.rust.try
}
tool perf
";
    assert_eq!(file(&imported, "tools.rk"), expected);
    let expected = "/// Ann A.\nuser Ann\nuser Cy\nuser bob\nassign use to user bob in tool perf\nuser dora\n";
    assert_eq!(file(&imported, "people.rk"), expected);
    let expected = "\
group all {
  group helpers
  group infra
}

group helpers {
  user bob
}

// Keeps the lights on.
/// Servers and bots
group infra {
  user Ann
  user bob // part time
  // trainees
  user Cy
}
assign use to group infra in tool perf
// Because of the sync.
assign use to group infra in tool bors.rust.review
group infra/leads {
  user Ann
}
assign use to group infra/leads in tool bors.rust.try

group leads {
  group infra/leads
}

group old {
  // former members who are in no team now
  user dora
}
";
    assert_eq!(file(&imported, "teams.rk"), expected);
    let expected = "\
use github

organization org {
  /// The app
  repository org/app

  // archived
  repository org/past
}

assign write to group all, group helpers, group infra in repository org/app
// for now
assign triage to user dora in repository org/app
";
    assert_eq!(file(&imported, "org.rk"), expected);
    let all = notes(&imported);
    for expected in [
        "`tools` is no part of the configuration; 1 TOML file of it was passed over\n",
        "t/repos/org/app.toml:8: no active team is named `nobody`, so it was left out\n",
        "1 archived team gives no access and was left out\n",
        "`repos: bots`",
        "`teams: zulip-streams`",
    ] {
        assert!(all.contains(expected), "{expected}is not in\n{all}");
    }
}

#[test]
fn older_and_newer_toml_are_both_read() {
    let team = "name = \"t\"\nwg = true\n[people]\nleads = []\nmembers = [\"ann\"]\n[github]\norgs = [\"o\"]\n";
    let repo = "org = \"o\"\nname = \"r\"\naccess = {\n  teams = { t = \"write\", },\n}\n";
    let files = [("t/teams/t.toml", team), ("t/repos/o/r.toml", repo)];
    let imported = imported(Format::RustTeam, &files);
    assert!(file(&imported, "o.rk").ends_with("assign write to group t in repository o/r\n"));
    assert_eq!(notes(&imported), "");
}

#[test]
fn broken_toml_is_shown_where_it_breaks() {
    let config = ("t/config.toml", "");
    let told = |path, text| {
        let fault = fault(Format::RustTeam, &[config, (path, text)]);
        (fault.to_string(), fault.place())
    };
    let (message, place) = told("t/teams/a.toml", "name = \"a\"\npeople = [\n");
    assert!(message.starts_with("this is not valid TOML: "), "{message}");
    assert!(place.is_some());
    let kind = told("t/teams/a.toml", "name = \"a\"\nkind = \"wroking-group\"\n");
    assert_eq!(kind, ("`wroking-group` is no kind of team".to_owned(), Some((2, 8))));
    let level = told("t/repos/o/r.toml", "org = \"o\"\nname = \"r\"\n[access.individuals]\na = \"push\"\n");
    assert_eq!(level, ("`push` is no permission on a repository".to_owned(), Some((4, 5))));
    let flag = told("t/people/a.toml", "github = \"a\"\n[permissions]\nperf = 1\n");
    assert_eq!(flag.0, "this is a number, a date or a boolean here, and `true` or `false` is expected");
    assert_eq!(told("t/people/a.toml", "").0, "a person has no `github`");
    let deep = format!("a = {}", "[".repeat(100_000));
    assert!(told("t/people/a.toml", &deep).0.starts_with("this is not valid TOML: "));
    let dotted = format!("github = \"a\"\n{}b = 1\n", "a.".repeat(10_000));
    told("t/people/a.toml", &dotted);
    let twice = [config, ("t/teams/a.toml", "name = \"a\"\n"), ("t/teams/b.toml", "name = \"a\"\n")];
    assert_eq!(fault(Format::RustTeam, &twice).to_string(), "the team `a` is described twice; the other is at t/teams/a.toml:1");
    let nothing = fault(Format::RustTeam, &[("x.toml", "")]);
    assert_eq!(nothing.to_string(), "no `config.toml` was found in what was given");
}

#[test]
fn files_never_share_a_name() {
    let files: Files<'_> = &[
        ("t/config.toml", ""),
        ("t/teams/a.toml", "name = \"a\"\n"),
        ("t/repos/teams/r.toml", "org = \"teams\"\nname = \"r\"\n"),
        ("t/repos/a b/r.toml", "org = \"a b\"\nname = \"r\"\n"),
        ("t/repos/a-b/r.toml", "org = \"A-B\"\nname = \"r\"\n"),
    ];
    let imported = imported(Format::RustTeam, files);
    let names: Vec<&str> = imported.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["A-B.rk", "a-b-2.rk", "teams.rk", "teams-2.rk", "tools.rk"]);
}
