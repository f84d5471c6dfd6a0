//! Policies that use every part of the format, each with the names that questions are made of.

use std::fmt::Write;

use roomkey::{Instant, Policy, Question};

use crate::reference::chance::Chance;

/// A policy, and what can be asked of it.
pub struct Case {
    /// What it is made for.
    pub about: &'static str,
    /// Its text.
    pub text: String,
    users: Vec<String>,
    groups: Vec<String>,
    resources: Vec<String>,
    permissions: Vec<String>,
    organizations: Vec<String>,
    times: Vec<Instant>,
}

impl Case {
    /// The compiled policy.
    pub fn policy(&self) -> Policy {
        Policy::from_texts([("case.rk".to_string(), self.text.clone())]).unwrap_or_else(|e| panic!("{}: {e}", self.about))
    }

    /// So many questions about it that have an answer.
    pub fn questions(&self, chance: &mut Chance, count: usize) -> Vec<Question> {
        let policy = self.policy();
        let mut checker = policy.checker();
        std::iter::repeat_with(|| self.question(chance)).filter(|q| checker.check(q).is_ok()).take(count).collect()
    }

    fn question(&self, chance: &mut Chance) -> Question {
        let resource = chance.pick(&self.resources).clone();
        let (user, permission) = (chance.pick(&self.users).clone(), chance.pick(&self.permissions).clone());
        let mut question = Question::new(user, permission, &resource).at(*chance.pick(&self.times));
        while !self.groups.is_empty() && chance.percent(25) {
            question = question.group(chance.pick(&self.groups).clone());
        }
        if !self.organizations.is_empty() && chance.percent(20) {
            question = question.organization(chance.pick(&self.organizations).clone());
        }
        question
    }
}

/// Policies of a few kilobytes.
pub fn small() -> Vec<Case> {
    vec![lobby(), everything(), many_parts(), deep(), empty()]
}

/// Policies whose tables are larger than one block, each past a limit of the short forms.
pub fn large() -> Vec<Case> {
    vec![wide(), many_grants(), open_groups(), many_places(), many_ends()]
}

fn case(about: &'static str, text: String, names: [&[&str]; 5]) -> Case {
    let [users, groups, resources, permissions, organizations] = names.map(|n| n.iter().map(|n| n.to_string()).collect());
    let times = ["2026-01-01", "2026-06-30T12:00:00Z", "2026-12-31T23:59:59.5Z", "2027-01-01", "1969-01-01", "2100-01-01"];
    let times = times.map(|t| t.parse().expect("these are times")).to_vec();
    Case { about, text, users, groups, resources, permissions, organizations, times }
}

/// One room: every bit of its table can be tried.
pub fn lobby() -> Case {
    let text = "use liveblocks
        group staff { user ann until 2026-12-31 }
        organization acme { member group staff
          room lobby { default can read  user ann can comments:write  group staff cannot feeds:write }
          room \"design:*\" { user bob can write } }";
    let permissions = ["read", "write", "comments:read", "comments:write", "feeds:write"];
    let resources = ["room:lobby", "room:design:x", "room:nowhere", "organization:acme"];
    case("one room", text.into(), [&["ann", "bob", "eve"], &["staff"], &resources, &permissions, &["acme", "default"]])
}

fn empty() -> Case {
    case("no facts", "use livelike".into(), [&["ann"], &[], &["program:p"], &["create-alert"], &["acme"]])
}

/// Every construct of the language.
pub fn everything() -> Case {
    let users = ["ann", "bob", "cyd", "dan", "eve", "root", "nobody"];
    let resources = [
        "folder:top",
        "folder:sub1",
        "folder:sub2",
        "folder:sub:a1",
        "folder:s9",
        "folder:new1",
        "folder:loose",
        "folder:b1",
        "page:p1",
        "page:p2",
        "page:p3",
        "page:p4",
        "organization:acme",
        "organization:beta",
        "organization:default",
        "organization:t:xy",
        "organization:t:1",
        "program:pr1",
        "comment_board:cb",
        "application:app",
    ];
    let permissions = [
        "read",
        "write",
        "admin",
        "notes:read",
        "notes:write",
        "notes:a:read",
        "notes:a:x:write",
        "notes:b:read",
        "tags:read",
        "approve",
        "pay",
        "sign",
        "invite",
        "audit",
        "create-alert",
        "delete-comment",
        "*:read",
    ];
    let groups = ["staff", "eng", "ops", "guests", "ghosts"];
    let text = include_str!("../../data/everything.rk");
    case("every construct", text.into(), [&users, &groups, &resources, &permissions, &["acme", "beta", "default", "t:xy", "no"]])
}

/// A kind whose sets are pairs, and families of sub-features that take several rounds.
fn many_parts() -> Case {
    let flats: Vec<String> = (0..300).map(|i| format!("do-{i}")).collect();
    let subs: Vec<String> = (0..30).map(|i| format!("notes:s{i}")).collect();
    let mut text = format!(
        "kind board {{ levels read < write  features notes, {}  permissions {} }}
        role half {{ can {} on board }} role all {{ can *, notes:s3:read }} group g {{ user ann, user bob until 2026-06-30 }}
        assign half to group g in board b1  assign all to user root everywhere until 2026-12-31 \n",
        subs.join(", "),
        flats.join(", "),
        flats[..150].join(", ")
    );
    for i in 0..6 {
        let _ = writeln!(
            text,
            "board b{i} {{ default can read, do-{i}, notes:s{}:write  group g cannot do-{}, notes:s29:read }}",
            i * 5,
            i * 30
        );
    }
    let permissions = ["read", "notes:read", "notes:write", "do-0", "do-1", "do-149", "do-150", "do-299", "notes:s29:read"];
    let resources = ["board:b0", "board:b1", "board:b2", "board:b5", "board:b9"];
    case("many parts", text, [&["ann", "bob", "root", "eve"], &["g"], &resources, &permissions, &[]])
}

/// More outer places than a chunk holds: containers in containers, and patterns that begin with each other.
fn deep() -> Case {
    let mut text = "kind folder in folder, organization { levels read < write  features notes }
        role r { can notes:write } group g { user ann }\n"
        .to_string();
    for i in 0..40 {
        let outer = if i == 0 { "organization acme".into() } else { format!("folder f{}", i - 1) };
        let _ =
            writeln!(text, "folder f{i} in {outer} {{ user u{i} can read, notes:none  group g cannot write until 2026-06-30 }}");
        let _ = writeln!(text, "folder \"f{}*\" {{ user v{i} can notes:write }}", "x".repeat(i));
    }
    text += "organization acme { member user u1, group g, user v7 }  assign r to user u3 in folder f3, folder \"fxx*\"
        assign r to user v9 in folder \"q*\" until 2026-06-30 \n";
    let users = ["ann", "u0", "u1", "u3", "u17", "u39", "v0", "v7", "v9", "v39"];
    let long = format!("folder:f{}", "x".repeat(60));
    let resources =
        ["folder:f0", "folder:f16", "folder:f17", "folder:f39", &long, "folder:fxxx", "folder:q1", "organization:acme"];
    case("deep", text, [&users, &["g"], &resources, &["read", "write", "notes:read", "notes:write"], &["acme", "default"]])
}

/// Rows in their wide form: more than 65,535 users, and more than 255 groups, in one place.
fn wide() -> Case {
    let mut text = "use liveblocks\n room big {\n".to_string();
    (0..66_000).for_each(|i| text.extend([format!("user u{i} can {}\n", ["read", "write", "comments:write"][i % 3])]));
    text += "}\n room groups {\n";
    (0..300).for_each(|i| text.extend([format!("group g{i} can {}\n", ["read", "write"][i % 2])]));
    text += "}\n";
    (0..300).for_each(|i| text.extend([format!("group g{i} {{ user u{i}, user everywhere }}\n")]));
    text += "organization acme { member user u5, group g7 room mine { user u9 can read } }\n";
    let users = ["u0", "u1", "everywhere", "u9", "u33000", "u65999", "u66000"];
    let resources = ["room:big", "room:groups", "room:mine", "room:none"];
    case("wide rows", text, [&users, &["g0", "g1", "g299"], &resources, &["read", "write", "comments:write"], &["acme"]])
}

/// Grants that need more than half a word: each entry ends at its own instant.
fn many_grants() -> Case {
    let mut text = "use liveblocks\n room lobby {\n".to_string();
    for i in 0..66_000 {
        let _ = writeln!(
            text,
            "user u{i} can read until 2026-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            1 + i / 12_000,
            1 + i % 28,
            i / 28 % 24,
            i / 700 % 60,
            i % 60
        );
    }
    text += "}\n room small { user u65999 can write until 2026-06-01 user u1 can read }\n";
    let resources = ["room:lobby", "room:small"];
    case("many grants", text, [&["u0", "u1", "u500", "u65999", "eve"], &[], &resources, &["read", "write"], &[]])
}

/// Groups so deeply nested that they are closed at each sign-in.
fn open_groups() -> Case {
    let mut text = "use liveblocks\n group g0 { user ann, user bob until 2026-06-30 }\n".to_string();
    (1..2_000).for_each(|i| {
        let until = if i % 500 == 0 { " until 2026-12-31" } else { "" };
        text.extend([format!("group g{i} {{ group g{}{until} }}\n", i - 1)])
    });
    text += "room lobby { group g1999 can write  group g10 can read  group g400 cannot feeds:write }\n";
    (0..2_000).for_each(|i| text.extend([format!("room r{i} {{ group g{i} can read }}\n")]));
    let resources = ["room:lobby", "room:r3", "room:r1999", "room:r499", "room:r500"];
    let permissions = ["read", "write", "feeds:write", "feeds:read"];
    case("open groups", text, [&["ann", "bob", "eve"], &["g0", "g499", "g500", "g1999"], &resources, &permissions, &[]])
}

/// Users in so many groups, some of them until an end, that they are looked at in each of the ways that a count has.
fn many_ends() -> Case {
    const COUNTS: [usize; 8] = [7, 8, 9, 24, 25, 63, 64, 65];
    let ends = ["", " until 2026-03-31", "", " until 2026-06-30", " until 2026-12-31"];
    let mut text = "use liveblocks\n role writer { can write }\n".to_string();
    for g in 0..65 {
        let users = COUNTS.iter().filter(|count| **count > g);
        let members: Vec<String> = users.map(|u| format!("user u{u}{}", ends[(g + u) % 5])).collect();
        text.extend([format!("group g{g} {{ {} }}\n", members.join(", "))]);
    }
    for o in 0..13 {
        let of = |i: usize| (o * 5 + i * 17) % 65;
        let _ = writeln!(text, "organization o{o} {{ {} ", if o % 3 == 0 { "member group g3, group g40, user u64" } else { "" });
        let _ = writeln!(text, "group g{} cannot write\n group g{} can read", of(1), of(2));
        (0..5).for_each(|r| text.extend([format!("room r{o}-{r} {{ group g{} can read }}\n", of(r))]));
        let _ = writeln!(text, "room p{o}-1 {{ group g{} cannot read until 2026-06-30  default can read }}", of(6));
        let _ = writeln!(text, "}}\n assign writer to group g{} in organization o{o}{}", of(4), ends[o % 5]);
        let _ = writeln!(text, "assign writer to group g{} in room p{o}-1{}", of(7), ends[(o + 2) % 5]);
    }
    let users: Vec<String> = COUNTS.iter().map(|u| format!("u{u}")).collect();
    let resources: Vec<String> = (0..13).flat_map(|o| [format!("room:r{o}-{}", o % 5), format!("room:p{o}-1")]).collect();
    let names: [&[&str]; 5] = [&[], &["g0", "g23", "g64"], &[], &["read", "write", "comments:read"], &["o1", "o3"]];
    Case { users, resources, ..case("many ends", text, names) }
}

/// Some blocks of everything, so that a question touches a few of many.
fn many_places() -> Case {
    let mut text = "use liveblocks\n".to_string();
    (0..40).for_each(|g| {
        let members: Vec<String> = (0..20).map(|u| format!("user u{}", (g * 37 + u * 11) % 600)).collect();
        text.extend([format!("group g{g} {{ {} }}\n", members.join(", "))])
    });
    for o in 0..20 {
        let _ = writeln!(text, "organization o{o} {{ {} ", if o % 3 == 0 { "member group g1, group g2, group g3" } else { "" });
        (0..150).for_each(|r| {
            let (u, g) = ((o * 31 + r * 7) % 600, (o + r) % 40);
            text.extend([format!(
                "room \"r:{o}:{r}\" {{ user u{u} can write  group g{g} can read, comments:write  default can nothing }}\n"
            )])
        });
        let _ = writeln!(text, "room \"r:{o}:1*\" {{ group g5 cannot write until 2026-06-30 }} }}");
    }
    let users: Vec<String> = (0..600).step_by(7).map(|u| format!("u{u}")).collect();
    let resources: Vec<String> = (0..20).flat_map(|o| [1, 15, 77, 149, 999].map(|r| format!("room:r:{o}:{r}"))).collect();
    let plain = |names: &[String]| names.to_vec();
    let permissions = ["read", "write", "comments:read", "comments:write"];
    let names: [&[&str]; 5] = [&[], &["g1", "g5", "g39"], &[], &permissions, &["o1", "o3"]];
    Case { users: plain(&users), resources: plain(&resources), ..case("many places", text, names) }
}
