//! In which order causes are told, and what has room where not all have.

use std::fmt::Write as _;

use roomkey::query::diff::Diff;
use roomkey::report::changes::{self, How, Text};

use crate::diff_sets::{between, told};

const HOW: How<'static> = How { all: false, old: "old", new: "new", text: Text::Other };

fn titles(found: &Diff) -> Vec<&str> {
    found.causes.iter().map(|c| c.text.as_str()).collect()
}

fn markdown(found: &Diff) -> String {
    let mut out = Vec::new();
    changes::markdown(&mut out, found, &HOW, &[]).expect("written");
    String::from_utf8(out).expect("text")
}

fn github(found: &Diff) -> String {
    let mut out = Vec::new();
    changes::github(&mut out, found, &HOW, &[], &|_| None).expect("written");
    String::from_utf8(out).expect("text")
}

/// Repositories of an organization, with two groups.
fn repositories(rows: &str) -> String {
    format!("use github\ngroup all {{ user u1, user u2 }}\norganization o {{\n{rows}\n}}\n")
}

/// The same for so many.
fn many(n: usize, row: &str) -> String {
    (0..n).fold(String::new(), |mut all, i| {
        let _ = writeln!(all, "  repository r{i} {{ {} }}", row.replace('#', &i.to_string()));
        all
    })
}

#[test]
fn the_higher_level_comes_first_whoever_gains_it() {
    let old = "repository a { group all can read }  repository b { user ben can admin  user ben cannot admin }
        repository c { user cyd can maintain  user cyd cannot maintain }  repository d  repository e";
    let new = "repository a { group all can triage  user zoe can read }  repository b { user ben can admin }
        repository c { user cyd can maintain }  repository d { default can read }
        repository e { user mal can admin  user dan can maintain }";
    let found = between(&repositories(old), &repositories(new));
    assert_eq!(
        titles(&found),
        [
            "default can read in repository d",
            "user ben cannot admin in repository b",
            "user mal can admin in repository e",
            "user cyd cannot maintain in repository c",
            "user dan can maintain in repository e",
            "group all can triage in repository a",
            "user zoe can read in repository a",
        ],
        "{}",
        told(&found)
    );
}

#[test]
fn what_gives_the_highest_level_has_room_where_not_all_have() {
    let old = repositories(&format!("{}repository core", many(600, "group all can read")));
    let every = many(600, "group all can triage  user x# can read");
    // A group, strangers and everyone gain less on hundreds of others.
    for rows in [every.clone(), many(600, "group all can read  default can read")] {
        let found = between(&old, &repositories(&format!("{rows}repository core {{ user mal can admin }}")));
        let page = markdown(&found);
        assert!(page.contains("user `mal` gains `admin` on repository `core`"), "{page}");
        assert!(page.contains(" more causes, "), "{page}");
        let lines = github(&found);
        let own = "::warning file=p.rk,line=604,title=+ user mal can admin in repository core::";
        assert!(lines.contains(own), "{}", &lines[..2000]);
    }
    // What everyone gains has room beside many who gain more, now, later and by naming a group.
    let secret = "room secret { default can read }";
    let rooms = |row: &str, more: &str| {
        let rooms: String = (0..600).map(|i| format!("room r{i} {{ {row} }}\n")).collect();
        format!("use liveblocks\ngroup staff\nroom x {{ group staff can read }}\norganization o {{ {more}\n{rooms} }}")
    };
    for (before, after) in [
        ("default can nothing", "user q can read, storage:write"),
        ("default can nothing", "user q can write"),
        ("default can nothing", "user q can * until 2030-01-01"),
        ("user q can * until 2030-01-01", "user q can * until 2031-01-01"),
        ("group staff can *  user q cannot *", "group staff can *  user q cannot * until 2030-01-01"),
    ] {
        let found = between(&rooms(before, "room secret { default can nothing }"), &rooms(after, secret));
        let page = markdown(&found);
        assert!(page.contains("everyone who can sign in gains `read` on room `secret`"), "{after}: {page}");
        assert!(github(&found).contains("title=~ default can read in room secret::"), "{after}");
    }
    // A permission without levels may be the most dangerous of all.
    let kinds = "kind repo {\n  levels read < write\n  permissions delete-repo\n}\n";
    let repos = |row: &str| (0..500).map(|i| format!("repo r{i} {{ user q can read{row} }}\n")).collect::<String>();
    let old = format!("{kinds}{}repo core {{ user u can read }}", repos(""));
    let new = format!("{kinds}{}repo core {{ user u can read, delete-repo }}", repos("  user w can write"));
    let page = markdown(&between(&old, &new));
    assert!(page.contains("user `u` gains `delete-repo` on repo `core`"), "{page}");
    // Among the sentences of one cause the worst is the first, too.
    let room = |row: &str| {
        format!(
            "use liveblocks\ngroup g {{ user ann, user ben }}\nroom r {{ default can nothing  user ann cannot write  {row} }}"
        )
    };
    let page = told(&between(&room(""), &room("group g can write")));
    let sentences: Vec<&str> = page.lines().filter(|line| line.contains(" gain")).skip(1).collect();
    assert_eq!(sentences.len(), 2, "{page}");
    assert!(sentences[0].contains("gains write on room r") && sentences[1].contains("user ann gains read on room r"), "{page}");
}

#[test]
fn lifts_of_little_leave_what_everyone_gains_in_its_place() {
    let rooms = |row: &str, pay: &str| {
        let rooms: String = (0..400).map(|i| format!("room r{i} {{ default can nothing  user a can read{row} }}\n")).collect();
        format!("use liveblocks\norganization o {{ room pay {{ {pay} }}\n{rooms} }}")
    };
    let found = between(&rooms(", storage:none", ""), &rooms("", "default can write"));
    assert_eq!(titles(&found)[0], "default can write in room pay");
    let page = markdown(&found);
    assert!(page.contains("everyone who can sign in gains `write` on room `pay`"), "{page}");
}

#[test]
fn what_is_gained_later_stands_with_what_is_gained() {
    let core = |until: &str| format!("repository core {{ user mal can admin  user mal cannot admin{until} }}\n");
    let old = repositories(&format!("{}{}", core(""), many(400, "user a can read")));
    let new = repositories(&format!("{}{}", core(" until 2031-12-31"), many(400, "")));
    let found = between(&old, &new);
    assert_eq!(titles(&found)[0], "user mal cannot admin until 2031-12-31 in repository core");
    let page = told(&found);
    let first = "1 user gains access later, 1 user loses access, by 401 causes\n";
    assert!(page.starts_with(first), "{}", &page[..200]);
    assert!(markdown(&found).contains("**+** 🕒 from 2032-01-01 on, user `mal` gains `admin`"));
    // Behind the same that is gained now, and of one cause before what is lost.
    let doc = |rows: &str| format!("use liveblocks\nroom r {{ default can nothing\n{rows} }}");
    let found = between(
        &doc("user ann can write  user ann cannot write  user ben can write  user ben cannot write"),
        &doc("user ann can write  user ann cannot write until 2031-12-31  user ben can write"),
    );
    assert_eq!(
        titles(&found),
        ["user ben cannot write in room r", "user ann cannot write until 2031-12-31 in room r"],
        "{}",
        told(&found)
    );
    // Who must name a group for it is told so.
    let doc = |until: &str| {
        format!("use liveblocks\ngroup g\nroom r {{ default can nothing  group g can write  user cfo cannot write{until} }}")
    };
    let found = between(&doc(" until 2035-12-31"), &doc(" until 2031-12-31"));
    let first = "1 user gains access later only by naming a group at sign-in, by 1 cause\n";
    assert!(told(&found).starts_with(first), "{}", told(&found));
    let doc = |rows: &str| format!("use liveblocks\nroom r {{ default can nothing\n{rows} }}");
    // What ends later is told so.
    let found = between(&doc("user ann can write"), &doc("user ann can write until 2031-12-31"));
    assert!(told(&found).starts_with("1 user loses access later, by 1 cause\n"), "{}", told(&found));
}

#[test]
fn a_move_that_gives_anyone_something_stands_with_the_gains() {
    let policy = |hr: &str, agency: &str, row: &str| {
        let rooms: String = (0..400).map(|i| format!("room r{i} {{ default can nothing {row} }}\n")).collect();
        format!("use liveblocks\norganization hr {{ {hr} }}\norganization agency {{ {agency} }}\norganization o {{\n{rooms} }}")
    };
    let open = "room payroll { default can write }";
    let found = between(&policy(open, "", "user a can read"), &policy("", open, ""));
    let title = "room payroll moves from organization hr to agency";
    let page = told(&found);
    assert_eq!(page.lines().find(|line| line.starts_with(['+', '-', '~'])), Some(&*format!("~ {title}")));
    assert!(markdown(&found).contains("signed in to `agency`, everyone who can sign in has `write` on room `payroll`"));
    assert!(github(&found).starts_with(&format!("::warning file=p.rk,line=3,title=~ {title}::")));
    // One that gives nobody anything stands last.
    let shut = "room payroll { default can nothing }";
    let page = told(&between(&policy(shut, "", "user a can read"), &policy("", shut, "")));
    assert_eq!(page.lines().rfind(|line| line.starts_with(['+', '-', '~'])), Some(&*format!("~ {title}")));
}

/// To who reads of a closed organization, everyone is who can sign in to it.
#[test]
fn what_all_members_gain_stands_before_what_some_gain() {
    let policy = |members: &str, pay: &str, api: &str| {
        format!(
            "use github\ngroup staff {{ user ann, user ben }}\ngroup temps\norganization o {{\n member {members}\n \
             repository pay {{ default can nothing {pay} }}\n repository api {{ default can nothing {api} }} }}"
        )
    };
    let first = |members: &str, pay: &str| {
        let old = policy(members, "", "");
        let new = policy(members, pay, "user ann can admin").replace("default can nothing default", "default");
        let found = between(&old, &new);
        titles(&found)[0].to_owned()
    };
    let default = "default can maintain in repository pay";
    for members in ["group staff", "group staff, group temps", "group staff, user zoe", "user ann, user ben"] {
        assert_eq!(first(members, "default can maintain"), default, "{members}");
    }
    // But for some of them, as in an open organization.
    assert_eq!(first("group staff, group temps", "default can maintain  group temps cannot triage"), default);
    // A group that all members are in, and one that some are in.
    let staff = "group staff can maintain";
    assert_eq!(first("group staff", staff), "group staff can maintain in repository pay");
    assert_eq!(first("group staff, group temps", staff), "user ann can admin in repository api");
    // It has room, too, where not all has.
    let many = |row: &str| {
        let rooms: String = (0..600).map(|i| format!("repository r{i} {{ {} }}\n", row.replace('#', &i.to_string()))).collect();
        format!("use github\ngroup staff {{ user ann }}\norganization o {{ member group staff\n{rooms}")
    };
    let (old, new) = (many("default can nothing"), many("default can nothing  group more can triage  user u# can read"));
    let secret = |row: &str| format!("repository secret {{ default can {row} }} }}\ngroup more\n");
    let found = between(&(old + &secret("nothing")), &(new + &secret("read")));
    assert!(markdown(&found).contains("`default can read in repository secret`"), "{}", &markdown(&found)[..1000]);
}

#[test]
fn strangers_who_need_several_groups_are_said_to() {
    let room = |row: &str| format!("use liveblocks\ngroup a\ngroup b\norganization o {{ member group a  room r {{ {row} }} }}");
    let found = between(&room("default can nothing"), &room("default can nothing  group b can write"));
    assert!(told(&found).starts_with("strangers with several groups gain access, by 1 cause\n"), "{}", told(&found));
}
