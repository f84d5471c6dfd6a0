//! What no count and no cut hides: what is open to everyone and to strangers, and what happens to whom where.

use std::fmt::Write as _;

use roomkey::query::diff::Diff;
use roomkey::report::changes::{self, How, Text};

use crate::diff_sets::{between, told};

const HOW: How<'static> = How { all: false, old: "old", new: "new", text: Text::Other };

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

/// So many lines.
fn lines(n: usize, line: impl Fn(usize) -> String) -> String {
    (0..n).fold(String::new(), |mut all, i| {
        let _ = writeln!(all, "{}", line(i));
        all
    })
}

/// A role that says more for leads of many repositories, and for others in one.
#[test]
fn everyone_and_strangers_are_not_counted_among_others() {
    let policy = |level: &str, who: &dyn Fn(usize) -> String, open: &str| {
        format!(
            "use github\ngroup open\n{}organization k {{\n repository vault\n{}}}\nrole dev {{ can {level} }}\n{}\
             assign dev to {open} in repository vault\n",
            lines(9, |i| format!("group t{i} {{ user m{i} }}")),
            lines(9, |i| format!(" repository team-{i}")),
            lines(9, |i| format!("assign dev to {} in repository team-{i}", who(i)))
        )
    };
    let user = |i: usize| format!("user lead{i}");
    let group = |i: usize| format!("group t{i}");
    for (who, open, first) in [
        (&user as &dyn Fn(usize) -> String, "everyone", "everyone who can sign in gains admin on repository vault, had read"),
        (&group, "everyone", "everyone who can sign in gains admin on repository vault, had read"),
        (&group, "group open", "group open (named at sign-in) gains admin on repository vault, had read"),
        (&user, "group open", "group open (named at sign-in) gains admin on repository vault, had read"),
    ] {
        let found = between(&policy("read", who, open), &policy("admin", who, open));
        let text = told(&found);
        assert!(text.contains(&format!("new\n    {first}\n")), "{open}: {text}");
        assert!(text.contains(" gain admin on 9 repositories: ") && !text.contains("but a few"), "{open}: {text}");
        assert!(markdown(&found).contains("on repository `vault`") && github(&found).contains(first), "{open}");
    }
}

/// However many groups a sentence is about, it says what happens to them, and where.
#[test]
fn a_sentence_about_many_groups_keeps_its_verb() {
    let policy = |rows: &str, name: &str| {
        let groups = lines(60, |i| format!("group {name}-{i:02} {{ user m{i}, user n{i} }}"));
        format!("use github\n{groups}repository core {{ {rows} }}\n")
    };
    for name in ["sig-release-maintainers".to_owned(), "long".repeat(55)] {
        let all = |row: &str| lines(60, |i| row.replace('#', &format!("{name}-{i:02}")));
        let (old, new) = (all("group # can read"), all("group # can read").replace("can read", "can nothing"));
        let role = |level: &str| format!("role r {{ can {level} }}\n{}", all("assign r to group # in repository core"));
        let found = between(&(policy("", &name) + &role("read")), &(policy("", &name) + &role("admin")));
        let page = markdown(&found);
        assert!(page.contains(" and 56 more groups gain `admin` on repository `core`, had `read`\n"), "{page}");
        let found = between(&policy(&old, &name), &policy(&format!("{new} default can admin"), &name));
        let page = markdown(&found);
        assert!(page.contains(" and 56 more groups, gains `admin` on repository `core`"), "{page}");
        assert!(page.len() < 60_000 && page.matches('`').count().is_multiple_of(2), "{page}");
    }
}

/// What a cause does beside its worst gives it room, too.
#[test]
fn all_that_a_cause_does_gives_it_room() {
    let fill = |level: &str| {
        let id = |c: &str| c.repeat(60);
        lines(400, |i| format!("  repository r{i}-{} {{ user u{i}-{} can {level} }}", id("x"), id("y")))
    };
    let policy = |kind: &str, level: &str, rest: &str, roles: &str| {
        format!("use github\ngroup sig\n{kind}\norganization k {{\n{}{rest}\n}}\n{roles}", fill(level))
    };
    let flat = "kind repository { permissions delete-forever }";
    let secret = |list: &str| format!("repository secret {{ default can nothing  user eve can {list} }}");
    let later = "repository a  repository b { default cannot * until 2031-01-01 }";
    let role = |level: &str| format!("role r {{ can {level} on repository }}\nassign r to user ann in repository a\n");
    let everyone = |level: &str| role(level) + "assign r to everyone in repository b\n";
    let strangers = |level: &str| role(level) + "assign r to group sig in repository b\n";
    let capped = "repository a  repository b { group sig cannot write }";
    for (old, new, says) in [
        (
            policy(flat, "maintain", &secret("read"), ""),
            policy(flat, "admin", &secret("triage, delete-forever"), ""),
            "user eve can triage, delete-forever in repository secret",
        ),
        (
            policy("", "maintain", later, &everyone("read")),
            policy("", "admin", later, &everyone("admin")),
            "role r says can admin on repository instead of can read on repository",
        ),
        (
            policy("", "maintain", capped, &strangers("read")),
            policy("", "admin", capped, &strangers("maintain")),
            "role r says can maintain on repository instead of can read on repository",
        ),
    ] {
        let found = between(&old, &new);
        let (page, lines) = (markdown(&found), github(&found));
        assert!(page.contains(" more causes, ") && page.contains(&format!("`{says}`")), "{says}: {}", &page[..3_000]);
        let warning = |line: &str| line.starts_with("::warning ") && line.replace("%2C", ",").contains(says);
        assert!(lines.lines().any(warning), "{says}: {}", &lines[..3_000]);
    }
}

/// What is gained is looked up in the levels of the new side, and what is lost in those of the old one.
#[test]
fn levels_with_other_names_stand_by_the_side_that_has_them() {
    let policy = |levels: &str, y: &str, x: &str| {
        format!("kind doc {{ levels {levels} }}\ndoc a {{ user y can {y} }}\ndoc b {{ user x can {x} }}\n")
    };
    let (old, new) = (policy("read < write", "read", "read"), policy("view < own", "view", "own"));
    let found = between(&old, &new);
    let first = |found: &Diff| found.causes[0].text.clone();
    assert_eq!(first(&found), "user x can own in doc b", "{}", told(&found));
    let (old, new) = (policy("read < write < admin < root", "read", "read"), policy("read < write < admin", "write", "admin"));
    assert_eq!(first(&between(&old, &new)), "user x can admin in doc b");
}
