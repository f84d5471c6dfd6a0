//! GitHub organizations become `.rk` text, what they say beyond it becomes notes, and no source directs what is written.

use std::path::PathBuf;

use roomkey::exchange::{Format, ImportError, Imported, Input, import};

pub type Files<'t> = &'t [(&'t str, &'t str)];

fn inputs(files: Files<'_>) -> Vec<Input> {
    files.iter().map(|(path, text)| Input { path: PathBuf::from(path), text: (*text).to_owned() }).collect()
}

pub fn imported(format: Format, files: Files<'_>) -> Imported {
    import(format, &inputs(files)).expect("these files can be imported")
}

pub fn fault(format: Format, files: Files<'_>) -> ImportError {
    import(format, &inputs(files)).expect_err("these files have a fault")
}

pub fn file<'i>(imported: &'i Imported, name: &str) -> &'i str {
    let found = imported.files.iter().find(|file| file.name == name);
    &found.unwrap_or_else(|| panic!("no file {name}")).text
}

pub fn notes(imported: &Imported) -> String {
    imported.notes.iter().map(|note| format!("{note}\n")).collect()
}

/// The message and the place of a fault.
fn told(format: Format, text: &str) -> (String, Option<(usize, usize)>) {
    let name = if format == Format::Peribolos { "orgs.yaml" } else { "config.toml" };
    let fault = fault(format, &[(name, text)]);
    (fault.to_string(), fault.place())
}

const ACME: &str = "\
# Managed by the platform team.
orgs:
  acme:
    name: Acme Inc.
    description: Anvils and rockets
    default_repository_permission: read
    admins:
    - Root
    # robots
    - acme-bot # merges
    members:
    - zoe
    - Ann
    repos:
      # the main product
      api:
        description: The API
        has_wiki: false
      .github: {}
    teams:
      # asked for by legal
      Backend:
        description: |
          Writes the servers.
          Answers the pager.
        privacy: closed
        maintainers:
        - root
        members:
        - ann
        # emeritus
        # - bob
        repos:
          api: write
          worker: admin # on call
        teams:
          API Guild:
            members:
            - zoe
";

#[test]
fn an_organization_reads_as_if_a_person_wrote_it() {
    let imported = imported(Format::Peribolos, &[("orgs.yaml", ACME)]);
    let expected = r#"// Managed by the platform team.

use github

/// Anvils and rockets
organization acme {
  member user acme-bot
  member user ann
  member user root
  member user zoe

  repository acme/.github
  // the main product
  /// The API
  repository acme/api
  repository acme/worker
}

assign read to everyone in organization acme
assign admin to user root in organization acme
// robots
assign admin to user acme-bot in organization acme // merges

// asked for by legal
/// Writes the servers.
/// Answers the pager.
group acme/Backend {
  user ann
  user root
  // emeritus
  // - bob
  group "acme/API Guild"
}
// on call
assign admin to group acme/Backend in repository acme/worker
assign write to group acme/Backend in repository acme/api

group "acme/API Guild" {
  user zoe
}
"#;
    assert_eq!(file(&imported, "acme.rk"), expected);
    let all = notes(&imported);
    assert!(all.contains("1 maintainer of a team is a member like the others"), "{all}");
    assert!(all.contains("left out, because they give no access to a repository: `has_wiki`, `name`, `privacy`"), "{all}");
}

#[test]
fn a_folder_is_merged_from_org_and_teams_files() {
    let files = [
        ("config/acme/org.yaml", "admins: [root]\nmembers: [ann]\ndefault_repository_permission: none\n"),
        ("config/acme/sig-a/teams.yaml", "teams:\n  a-admins:\n    members: [ann]\n    repos: {a: admin}\n"),
        ("config/acme/sig-b/org.yaml", "teams:\n  b-admins:\n    members: [ann]\n"),
        ("config/acme/sig-c/teams.yaml", "members: [eve]\nteams:\n  c-admins: null\n"),
        ("config/restrictions.yaml", "restrictions: []\n"),
    ];
    let imported = imported(Format::Peribolos, &files);
    let expected = "\
use github

organization acme {
  member user ann
  member user root

  repository acme/a
}

assign admin to user root in organization acme

// sig-a/teams.yaml

group acme/a-admins {
  user ann
}
assign admin to group acme/a-admins in repository acme/a

// sig-c/teams.yaml

group acme/c-admins
";
    assert_eq!(file(&imported, "acme.rk"), expected);
    let expected = "\
config/acme/sig-b/org.yaml: has teams and was passed over: teams are read from `org.yaml` in the folder of an organization, and from each `teams.yaml` below it
config/acme/sig-c/teams.yaml:1: `members` was passed over: only `teams` are merged from a file below that of the organization
config/restrictions.yaml: holds no organization and was passed over
";
    assert_eq!(notes(&imported), expected);
}

#[test]
fn what_has_no_effect_is_said() {
    let text = "\
orgs:
  acme:
    admins: [ann]
    members:
    - ann
    - bob
    - Bob
    - 12345
    - \"a*\"
    teams:
      t:
        members: [ann, eve]
        maintainers: [ann]
        repo: {x: write}
        repos: {Core: none, core: read}
";
    let imported = imported(Format::Peribolos, &[("orgs.yaml", text)]);
    assert!(file(&imported, "acme.rk").contains("  // members by their teams alone\n  member user eve\n"));
    assert!(file(&imported, "acme.rk").contains("  member user 12345\n"));
    let all = notes(&imported);
    for expected in [
        "orgs.yaml: `eve` is in a team of `acme` and not among its members; being in a team makes a member, so it was made one\n",
        "orgs.yaml:3: `ann` is listed as a member and as an admin of `acme`, and is an admin\n",
        "orgs.yaml:7: `bob` is listed more than once here and was taken once\n",
        "orgs.yaml:9: the login `a*` has a `*` where none is allowed and was left out\n",
        "orgs.yaml:11: `ann` is listed as a member and as a maintainer of `t` and was taken once\n",
        "1 login is spelled in more than one way and taken as one, in lower case: `Bob`\n",
        "orgs.yaml:14: `repo` is no key of a team, so it was passed over and has no effect; did you mean `repos`?\n",
        "orgs.yaml:15: `none` on `Core` grants nothing and was left out\n",
        "orgs.yaml:15: the repository `core` is spelled `Core` elsewhere and was taken as that\n",
    ] {
        assert!(all.contains(expected), "{expected}is not in\n{all}");
    }
}

#[test]
fn aliases_and_merge_keys_mean_what_they_mean() {
    let text = "\
orgs:
  acme:
    members: &all [ann, bob]
    teams:
      one: &one
        members: *all
        repos: {api: read}
      two:
        <<: *one
        repos: {api: write}
";
    let imported = imported(Format::Peribolos, &[("orgs.yaml", text)]);
    let text = file(&imported, "acme.rk");
    assert!(text.contains("group acme/two {\n  user ann\n  user bob\n}\nassign write to group acme/two"), "{text}");
}

#[test]
fn long_lists_take_a_line_for_each_item() {
    let repos: String = (1..=6).map(|n| format!("          repository-{n}: write\n")).collect();
    let text = format!("orgs:\n  acme:\n    teams:\n      t:\n        repos:\n{repos}");
    let imported = imported(Format::Peribolos, &[("orgs.yaml", &text)]);
    let expected = "assign write to group acme/t\n  in\n    repository acme/repository-1,\n    repository acme/repository-2,\n";
    assert!(file(&imported, "acme.rk").contains(expected));
    assert!(file(&imported, "acme.rk").ends_with("  repository acme/repository-6\n"));
}

#[test]
fn broken_yaml_is_shown_where_it_breaks() {
    let told = |text| told(Format::Peribolos, text);
    let (message, place) = told("orgs:\n  acme:\n    admins: [a\n    members: b\n");
    assert!(message.starts_with("this is not valid YAML: "), "{message}");
    assert!(place.is_some());
    let twice = "orgs:\n  acme:\n    admins: [a]\n    admins: [b]\n";
    assert_eq!(told(twice), ("the key `admins` is given twice; the first is on line 3".to_owned(), Some((4, 5))));
    let shape = "orgs:\n  acme:\n    admins: a\n";
    assert_eq!(told(shape), ("`admins` is text here, and a list is expected".to_owned(), Some((3, 13))));
    let level = "orgs:\n  acme:\n    teams: {t: {repos: {x: wrte}}}\n";
    assert_eq!(told(level), ("`wrte` is no permission on a repository".to_owned(), Some((3, 28))));
    let teams = "orgs:\n  acme:\n    teams:\n      a: {teams: {b: {}}}\n      b: {}\n";
    assert_eq!(told(teams).0, "the team `b` of `acme` is configured twice; the other is at orgs.yaml:4");
    let orgs = "orgs:\n  acme: {}\n  Acme: {}\n";
    assert_eq!(told(orgs).0, "the organization `Acme` is configured twice; the other is in orgs.yaml");
    assert_eq!(told("orgs: {}\n---\norgs: {}\n").0, "this file holds 2 YAML documents, and one is expected");
    assert_eq!(told("a: 1\n").0, "no organization was found in what was given");
    assert_eq!(told("").0, "no organization was found in what was given");
    assert_eq!(told("orgs:\n  acme: &a\n    teams: *a\n").0, "this alias stands inside what it stands for");
}

#[test]
fn hostile_yaml_is_refused_in_short_time() {
    let deep = format!("orgs: {}", "[".repeat(100_000));
    assert!(told(Format::Peribolos, &deep).0.starts_with("this is not valid YAML: "));
    let deep: String = (0..100).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    assert_eq!(told(Format::Peribolos, &deep).0, "this is nested more than 64 levels deep");
    let mut bomb = "a0: &a0 [x]\n".to_owned();
    for n in 1..64 {
        let items = vec![format!("*a{}", n - 1); 10].join(", ");
        bomb.push_str(&format!("a{n}: &a{n} [{items}]\n"));
    }
    assert_eq!(told(Format::Peribolos, &bomb).0, "the aliases of this file stand for more text than any configuration has");
    let mut chain = "a0: &a0 [x]\n".to_owned();
    for n in 1..200 {
        chain.push_str(&format!("a{n}: &a{n} [*a{}]\n", n - 1));
    }
    assert_eq!(told(Format::Peribolos, &chain).0, "with its aliases, this is nested more than 64 levels deep");
    let keys: String = (0..50_000).map(|n| format!("k{n}: {{}}\n")).collect();
    assert_eq!(told(Format::Peribolos, &keys).0, "no organization was found in what was given");
}

#[test]
fn any_text_gives_an_answer() {
    let pieces = [
        "orgs:\n",
        "  acme:\n",
        "- ",
        "a: ",
        "&x ",
        "*x",
        "<<: ",
        "{",
        "}",
        "[",
        "]",
        "#c\n",
        "\"",
        "|\n",
        "\t",
        "\u{FEFF}",
        "é",
        "\r",
        "---\n",
    ];
    let mut seed = 7_u64;
    for _ in 0..3000 {
        let mut text = String::new();
        for _ in 0..12 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
        }
        for (format, name) in [(Format::Peribolos, "acme/org.yaml"), (Format::RustTeam, "r/config.toml")] {
            let _ = import(format, &inputs(&[(name, &text)])).map_err(|fault| fault.place());
        }
    }
}
