//! What a finding says to type is true: nobody has more access by it than the sentence says.

use std::path::Path;

use crate::cli::{put, run};

const AT: &str = "2026-06-01";

fn folder(manifest: &str, policy: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "roomkey.toml", manifest.as_bytes());
    put(folder.path(), "a.rk", policy.as_bytes());
    folder
}

/// The findings of a policy, one to a line.
pub fn lint(manifest: &str, policy: &str) -> String {
    let folder = folder(manifest, policy);
    run(folder.path(), &["lint", "--format", "concise", "--at", AT], "").out
}

fn allows(folder: &Path, question: [&str; 3]) -> bool {
    run(folder, &[&["check", "-q", "--at", AT], &question[..]].concat(), "").code == Some(0)
}

#[test]
fn who_takes_out_the_last_member_is_told_that_the_organization_opens() {
    let policy =
        |members: &str| format!("use liveblocks\norganization acme {{ {members}  room payroll {{ default can read }} }}\n");
    let said = lint("", &policy("member user ann until 2026-01-31"));
    let help = "give it a new end, or name one who stays, such as `member user ann`, before you take it out: \
                without any `member`, everyone can sign in to organization acme";
    assert!(said.ends_with(&format!("; {help}\n")), "{said}");
    let stranger = ["mallory", "read", "room:payroll"];
    let (closed, open) = (folder("", &policy("member user ann until 2026-01-31")), folder("", &policy("")));
    assert!(!allows(closed.path(), stranger) && allows(open.path(), stranger));
    // All of them have ended: each is the last one of those that are left.
    let all = lint("", &policy("member user ann until 2026-01-31, user ben until 2026-02-28"));
    assert_eq!(all.matches("everyone can sign in to organization acme").count(), 2, "{all}");
    let other = lint("", &policy("member user ann until 2026-01-31, user ben"));
    assert!(other.ends_with("; take it out, or give it a new end\n"), "{other}");

    let soon = "[lint]\nexpires-soon-days = 30\n";
    let said = lint(soon, &policy("member user ann until 2026-06-10"));
    assert!(said.contains("nobody can sign in to organization acme when it has ended, and everyone can without"), "{said}");
    let later = lint(soon, &policy("member user ann until 2026-06-10, user ben"));
    assert!(later.ends_with("; give it a new end, or let it end and take it out then\n"), "{later}");

    let group = |body: &str, more: &str| format!("{}group g {{ {body} }}\n", policy(&format!("member group g{more}")));
    for body in ["", "user ann until 2026-01-31"] {
        let said = lint("", &group(body, ""));
        let said = said.lines().find(|line| line.contains("empty-group")).expect("it is found");
        assert!(said.contains("add") && said.contains("name another `member` of organization acme: without any"), "{said}");
        assert!(!lint("", &group(body, ", user ben")).contains("name another `member`"));
    }
    let two = format!("{}group g {{}}\ngroup h {{}}\n", policy("member group g, group h"));
    assert_eq!(lint("", &two).matches("name another `member`").count(), 2);
}

#[test]
fn what_takes_access_away_until_a_day_is_said_to_give_it_back() {
    let soon = "[lint]\nexpires-soon-days = 30\n";
    let room = |entries: &str| lint(soon, &format!("use liveblocks\ngroup staff {{ user ann }}\nroom r {{\n{entries}\n}}\n"));
    let said = room("group staff can write\ndefault cannot write until 2026-06-10");
    assert!(said.contains("from then on, whoever is given what this takes away has it"), "{said}");
    let said = room("default can write\ngroup staff can read until 2026-06-10");
    assert!(said.contains("let it end if it is meant to give more from then on"), "{said}");
    let said = room("default can read\ngroup staff can write until 2026-06-10");
    assert!(said.ends_with("; give it a new end, or let it end and take it out then\n"), "{said}");
}

#[test]
fn a_denial_that_keeps_nobody_out_is_not_taken_out() {
    let policy = "use liveblocks\nrole editor { can write }\norganization acme {\n  room payroll {\n    \
                  default can nothing\n    user ben can nothing\n  }\n}\nassign editor to user ben in organization acme\n";
    let folder = folder("", policy);
    let lint = |args: &[&str]| run(folder.path(), &[&["lint", "--format", "concise"], args].concat(), "");
    let said = lint(&[]).out;
    assert!(said.contains("a.rk:6:5: warning[ineffective-nothing]") && !said.contains("redundant-entry"), "{said}");
    assert_eq!(lint(&["--fix", "--deny-warnings"]).code, Some(1));
    assert_eq!(std::fs::read_to_string(folder.path().join("a.rk")).expect("it is there"), policy);
}

#[test]
fn a_group_lowers_nobody_where_something_else_decides() {
    let low = |entries: &str| lint("", &format!("use liveblocks\ngroup g {{ user ann }}\n{entries}\n"));
    let said = low("room r { default can write  group g can read  group g cannot * }");
    assert!(said.contains("unreachable-entry") && !said.contains("lowering-group"), "{said}");
    let said = low("room r { default can write  group g can read  group g cannot write }");
    assert!(!said.contains("lowering-group"), "the prohibition is meant: {said}");
    let said = low("organization acme { default can write on room  group g can read on room  \
                    room \"*\" { default can write  group g can read } }");
    assert_eq!(said.matches("lowering-group").count(), 1, "{said}");
    assert!(low("room r { default can write  group g can read }").contains("lowering-group"));
}

#[test]
fn everyone_is_more_than_any_number_of_administrators() {
    let count = |bounds: &str, policy: &str| {
        let manifest = format!("[lint]\nadmin-count = {{ permission = \"admin\", {bounds} }}\n");
        let said = lint(&manifest, &format!("use github\norganization acme {{ repository api }}\n{policy}\n"));
        said.lines().filter(|line| line.contains("admin-count")).map(|line| format!("{line}\n")).collect::<String>()
    };
    let everyone = "assign admin to everyone in organization acme";
    let said = count("max = 1", everyone);
    assert!(said.contains("everyone who can sign in holds `admin` on repository api") && said.ends_with("at most 1\n"), "{said}");
    assert_eq!(count("min = 2", everyone), "", "everyone is enough");
    // Who is in it, a sign-in says.
    assert_eq!(count("min = 1", "group owners\nassign admin to group owners in organization acme"), "");
    let listed = count("min = 1", "group owners {}\nassign admin to group owners in organization acme");
    assert!(listed.contains("0 users hold"), "{listed}");
}

#[test]
fn a_role_for_everyone_everywhere_is_told_what_to_type_in_its_place() {
    let policy = |last: &str| {
        format!("use liveblocks\nrole reader {{ can read }}\nroom lobby\nroom payroll {{ default can nothing }}\n{last}\n")
    };
    let said = lint("", &policy("assign reader to everyone everywhere"));
    assert!(said.contains("; type `room \"*\" { default can … }` instead: closer entries decide before that"), "{said}");
    let instead = folder("", &policy("room \"*\" { default can read }"));
    let asked = |room: &str| allows(instead.path(), ["zoe", "read", room]);
    assert!(asked("room:lobby") && !asked("room:payroll"));
    let all =
        "use liveblocks\nrole reader { can read }\nroom \"*\" { default can nothing }\nassign reader to everyone everywhere\n";
    assert!(lint("", all).contains("; name what it is meant for in place of `everywhere`"));
}

/// The one line of a rule about a policy.
pub fn line(rule: &str, policy: &str) -> String {
    let said = lint("", policy);
    let lines: Vec<&str> = said.lines().filter(|line| line.contains(&format!("[{rule}]"))).collect();
    assert_eq!(lines.len(), 1, "{rule}: {said}");
    lines[0].to_owned()
}

#[test]
fn a_prohibition_is_advised_for_those_who_are_meant() {
    let private = |groups: &str, entries: &str| {
        format!(
            "use liveblocks\n{groups}\nrole viewer {{ can read }}\norganization acme {{\n  room lobby\n  \
             room payroll {{ default can nothing  {entries} }}\n}}\nassign viewer to group staff in organization acme\n"
        )
    };
    let rule = "role-reaches-private";
    // Who is in both would lose what the other group is given.
    for (groups, whom) in [
        ("group hr { user hanna }\ngroup staff { user hanna, user bob }", "from user hanna what group hr is given"),
        ("group hr { user hanna }\ngroup staff { group hr, user bob }", "away what group hr is given"),
        (
            "group hr { user hanna }\ngroup eng { user hanna }\ngroup staff { group eng }",
            "from user hanna what group hr is given",
        ),
    ] {
        let said = line(rule, &private(groups, "group hr can write"));
        let help = format!("; give the role in a narrower scope: `group staff cannot *` there takes {whom}, too");
        assert!(said.ends_with(&help), "{said}");
    }
    let apart = line(rule, &private("group hr { user hanna }\ngroup staff { user bob }", "group hr can write"));
    assert!(apart.ends_with("; type `group staff cannot *` there to keep them out"), "{apart}");
    // The others of the group have an entry.
    let alone = private("group staff { user ann, user ben }", "group staff can read  user ann can nothing");
    let said = line(rule, &alone);
    assert!(said.contains("role `viewer` of group staff lets user ann in to room payroll, whose default is `nothing`"), "{said}");
    assert!(said.ends_with("; type `user ann cannot *` there to keep them out"), "{said}");
    let mended = folder("", &alone.replace("user ann can nothing", "user ann cannot *"));
    let reads = |user: &str| allows(mended.path(), [user, "read", "room:payroll"]);
    assert!(!reads("ann") && reads("ben"));

    let low = |leads: &str| {
        let room = "room lobby { default can write  group staff can read  group leads can write }";
        line(
            "lowering-group",
            &format!("use liveblocks\ngroup staff {{ user ann, user ben }}\ngroup leads {{ {leads} }}\n{room}\n"),
        )
    };
    assert!(
        low("user ben").contains("lose it, which takes from user ben what group leads is given, too; or"),
        "{}",
        low("user ben")
    );
    assert!(low("user cyd").contains("meant to lose it; or"), "{}", low("user cyd"));
}

#[test]
fn no_entry_goes_that_lets_someone_in_where_a_role_should_not() {
    let policy = |to: &str| {
        format!(
            "use liveblocks\ngroup hr {{ user hanna }}\ngroup staff {{ group hr, user bob }}\nrole editor {{ can write }}\n\
             organization acme {{\n  room lobby {{ group hr can write }}\n  room payroll {{\n    default can nothing\n    \
             group hr can write\n  }}\n}}\nassign editor to {to} in organization acme\n"
        )
    };
    // Beside the default that is meant, each entry counts.
    let everyone = policy("everyone");
    let said = lint("", &everyone);
    assert!(said.contains("a.rk:6:16: warning[redundant-entry]") && !said.contains("a.rk:9:5"), "{said}");
    let first = "settle `default-or-everyone` of that role first: beside the default that is meant, this may decide";
    assert!(line("redundant-entry", &everyone).ends_with(first), "{said}");
    let folder = folder("", &everyone);
    assert_eq!(run(folder.path(), &["lint", "--fix", "-q"], "").code, Some(0));
    assert_eq!(std::fs::read_to_string(folder.path().join("a.rk")).expect("it is there"), everyone);
    let allowed = everyone.replace("assign editor", "// roomkey: allow default-or-everyone: all may write\nassign editor");
    let said = lint("", &allowed);
    assert!(said.contains("a.rk:6:16: warning[redundant-entry]") && !said.contains("a.rk:9:5"), "{said}");
    let said = lint("", &policy("group staff"));
    assert!(said.contains("a.rk:6:16: warning[redundant-entry]") && !said.contains("a.rk:9:5"), "{said}");
    {
        let folder = self::folder("", &policy("group staff"));
        assert_eq!(run(folder.path(), &["lint", "--fix", "-q"], "").code, Some(0));
        let mended = std::fs::read_to_string(folder.path().join("a.rk")).expect("it is there");
        assert!(mended.contains("default can nothing\n    group hr can write\n"), "{mended}");
    }
}

#[test]
fn advice_is_what_can_be_done() {
    let said = line("redundant-entry", "use liveblocks\nroom lobby { default can read  user bob can read }\n");
    assert!(said.ends_with("; take it out, or change the one that says the same"), "{said}");
    let said = line(
        "redundant-entry",
        "use liveblocks\nroom lobby {\n  default can read\n  /// He came first.\n  user bob can read\n}\n",
    );
    assert!(said.ends_with("; `--fix` leaves it, since a comment next to it would speak of what follows"), "{said}");
    for (entries, help) in [
        ("user ann can write  user ann can nothing", "keep one of them"),
        ("user ann can read  user ann can write", "keep one of them"),
        ("user ann can read  user ann can comments:write", "join them into one list, or limit each with `on`"),
        ("user ann cannot read  user ann cannot comments:write", "join them into one list, or limit each with `on`"),
    ] {
        let said = line("duplicate-entry", &format!("use liveblocks\nroom lobby {{ {entries} }}\n"));
        assert!(said.ends_with(&format!("; {help}")), "{said}");
    }
    let said = line("duplicate-entry", "use liveblocks\nrole r { can read  can write }\nassign r to user ann everywhere\n");
    assert!(said.ends_with("; keep one of them, or limit each with `on`"), "{said}");
    for policy in ["role editor includes viewer { cannot write }", "role editor includes viewer {\n  cannot write\n}"] {
        let said = line("unknown-role", &format!("use liveblocks\n{policy}\n"));
        assert!(said.ends_with("; declare it: `role viewer { can … }`"), "{said}");
    }
}

#[test]
fn nothing_is_advised_that_takes_what_is_meant() {
    let silent = |rule: &str, policy: &str| {
        let said = lint("", policy);
        assert!(!said.contains(&format!("[{rule}]")), "{said}");
    };
    let staff = "use liveblocks\ngroup staff { user ann, user hanna }\ngroup hr { user hanna }\n\
                 role viewer { can read }\nrole editor { can write }\n";
    // A role that is given in the private room itself.
    let given = |more: &str| {
        format!(
            "{staff}organization acme {{ room lobby  room payroll {{ default can nothing }} }}\n\
             assign viewer to group staff in organization acme\n{more}"
        )
    };
    silent("role-reaches-private", &given("assign editor to group staff in room payroll"));
    line("role-reaches-private", &given(""));
    // It is no second one beside the wider one: without that it lets in.
    let hr = given("assign viewer to group hr in room payroll")
        .replace("group staff { user ann, user hanna }", "group staff { user ann, group hr }");
    silent("redundant-assignment", &hr);
    line("redundant-assignment", &hr.replace("in room payroll", "in room lobby"));
    // A default is how a place is opened to all, members of a group that has nothing elsewhere among them.
    let handbook = |who: &str| {
        format!(
            "use liveblocks\ngroup contractors {{ user carl }}\norganization acme {{\n  {who} can nothing on room\n  \
             room handbook {{ default can read }}\n  room lobby {{ user carl can write }}\n}}\n"
        )
    };
    silent("ineffective-nothing", &handbook("group contractors"));
    let said = line("ineffective-nothing", &handbook("user carl"));
    assert!(said.ends_with("type `user carl cannot *` in room handbook to keep them out"), "{said}");
    // What a default says of another kind makes no room private.
    let kinds = |default: &str| {
        format!(
            "kind doc in organization {{ levels read < write }}\nkind room in organization {{ levels read < write }}\n\
             group eng {{ user ann }}\nrole editor {{ can write }}\norganization acme {{ {default} room lobby {{ group eng can write }} }}\n\
             assign editor to group eng everywhere\n"
        )
    };
    line("redundant-entry", &kinds(""));
    line("redundant-entry", &kinds("default can nothing on doc"));
}
