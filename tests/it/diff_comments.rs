//! The comments that a pull request gets, word for word: each has to read as what happened, without anything beside it.

use roomkey::Policy;
use roomkey::query::diff::diff;
use roomkey::report::changes::{self, How, Text};

use crate::diff::side;

/// A policy with more members of engineering, other statements about designs, and more about the payroll.
fn policy(members: &str, designs: &str, payroll: &str) -> Policy {
    let text = format!(
        "use liveblocks\n\ngroup engineering {{ user marie@example.com, user olivier@example.com{members} }}\n\
         group contractors {{ user zoe@example.com }}\n\norganization acme {{\n  group engineering can read\n  \
         room handbook {{ default can read }}\n  room \"design:*\" {{\n    group engineering can write\n    {designs}\n  }}\n  \
         room payroll {{\n    default can nothing\n    user cfo@example.com can write{payroll}\n  }}\n}}\n"
    );
    Policy::from_texts([("acme.rk".into(), text)]).expect("sound")
}

fn comment(old: &Policy, new: &Policy) -> String {
    let found = diff(side(old), side(new), "2030-01-01".parse().expect("a date")).expect("sound tables");
    let mut out = Vec::new();
    let how = How { all: false, old: "HEAD~1", new: "HEAD", text: Text::Other };
    changes::markdown(&mut out, &found, &how, &[]).expect("written");
    String::from_utf8(out).expect("text")
}

#[test]
fn three_commits_read_as_what_happened() {
    let cannot = "group contractors cannot storage:write";
    let comments = "group contractors can read, comments:write";
    let both = format!("{comments}\n    {cannot}");
    let zoe = ", user zoe@example.com until 2031-03-31";
    let history = [
        policy("", cannot, ""),
        policy("", &both, ""),
        policy(zoe, &both, ""),
        policy(zoe, comments, "\n    group engineering can read"),
    ];
    let [first, second, third] = [0, 1, 2].map(|i| comment(&history[i], &history[i + 1]));
    assert_eq!(
        first,
        "<!-- roomkey diff -->
## Who gains and who loses access

**1 user and strangers with a group gain access, by 1 cause**

➕ `group contractors can read, comments:write in room \"design:*\"`

- **+** group `contractors` (1 user) gains `read, comments:write` on room `\"design:*\"`

<sub>`acme.rk:11:5 in HEAD`</sub>
"
    );
    assert_eq!(
        second,
        "<!-- roomkey diff -->
## Who gains and who loses access

**1 user gains access, by 1 cause**

➕ `user zoe@example.com until 2031-03-31 joins group engineering`

- **+** user `zoe@example.com` goes from `read, comments:write` to `write, storage:read` on room `\"design:*\"`, until 2031-03-31

<sub>`acme.rk:3:76 in HEAD`</sub>
"
    );
    assert_eq!(
        third,
        "<!-- roomkey diff -->
## Who gains and who loses access

**3 users and strangers with a group gain access, 1 user gains access later only by naming a group at sign-in, by 2 causes**

➖ `group contractors cannot storage:write in room \"design:*\"` ⚠️ taking it away lets people in

- **+** user `zoe@example.com` gains `storage:write` on room `\"design:*\"`, until 2031-03-31
- **+** whoever signs in with group `contractors` and group `engineering` gains `storage:write` on room `\"design:*\"`
- **+** when signed in with group `contractors`, users `marie@example.com`, `olivier@example.com` gain `storage:write` on room `\"design:*\"`
- **+** 🕒 from 2031-04-01 on, when signed in with group `engineering`, user `zoe@example.com` gains `storage:write` on room `\"design:*\"`

<sub>`acme.rk:12:5 in HEAD~1`</sub>

➕ `group engineering can read in room payroll`

- **+** group `engineering` (2 of 3 users, not `zoe@example.com`) gains `read` on room `payroll`
- **+** user `zoe@example.com` gains `read` on room `payroll`, until 2031-03-31

<sub>`acme.rk:16:5 in HEAD`</sub>
"
    );
}

/// An organization that only members can sign in to, with a team for each of ten repositories.
fn teams(member: &str, cluster: &str) -> Policy {
    let team =
        |i: usize| format!("group team-{i} {{ user lead-{i} }}\nassign admin to group team-{i} in repository repository-{i}\n");
    let teams: String = (0..10).map(team).collect();
    let repositories: String = (0..10).map(|i| format!("  repository repository-{i}\n")).collect();
    let text = format!(
        "use github\n{teams}group team-c {{ user ann, user ben, user cyd }}\n{cluster}\norganization acme {{\n  \
         member user ann, user ben, user cyd{member}\n  default can read on repository\n{repositories}  repository cluster\n}}\n"
    );
    Policy::from_texts([("acme.rk".into(), text)]).expect("sound")
}

#[test]
fn what_members_gain_alone_is_told_before_what_they_gain_with_groups() {
    let (first, second) = (teams("", ""), teams(", user dan", ""));
    assert_eq!(
        comment(&first, &second),
        "<!-- roomkey diff -->
## Who gains and who loses access

**1 user gains access, by 1 cause**

➕ `member user dan in organization acme`

- **+** user `dan` gains `read` on 11 repositories: `cluster`, `repository-0`, `repository-1`, `repository-2` and 7 more
- **+** when the sign-in also names one of 10 groups, user `dan` gains `admin` on 10 repositories: `repository-0`, `repository-1`, \
`repository-2`, `repository-3` and 6 more (not each of them on each)

<sub>`acme.rk:25:45 in HEAD`</sub>
"
    );
    let third = teams(", user dan", "assign write to group team-c in repository cluster");
    assert_eq!(
        comment(&second, &third),
        "<!-- roomkey diff -->
## Who gains and who loses access

**3 users gain access, 1 user gains access only by naming a group at sign-in, by 1 cause**

➕ `assign write to group team-c in repository cluster`

- **+** all 3 members of group `team-c` gain `write` on repository `cluster`, had `read`
- **+** when signed in with group `team-c`, user `dan` gains `write` on repository `cluster`, had `read`

<sub>`acme.rk:23:1 in HEAD`</sub>
"
    );
}
