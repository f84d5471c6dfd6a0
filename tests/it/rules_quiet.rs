//! Where a rule has to stay silent because its sentence would not be true, and where it has to speak.

use roomkey::rules::Options;
use roomkey::{Analysis, Settings, Source, Sources};

/// What all of the policies begin with.
const HEAD: &str = "use liveblocks\ngroup g { user ann }\ngroup staff { user bob }\n";

/// The sentences of a rule about a policy.
fn said(rule: &str, text: &str) -> Vec<String> {
    said_with(rule, &format!("{HEAD}{text}"), |_| {})
}

fn said_with(rule: &str, text: &str, set: impl FnOnce(&mut Options)) -> Vec<String> {
    let mut sources = Sources::default();
    sources.add(Source::new("x.rk", text));
    let mut analysis = Analysis::new(sources, &Settings::default());
    let mut options = Options::all("2026-01-15".parse().expect("a time"));
    set(&mut options);
    assert!(analysis.judge(&options), "{:?} in\n{text}", analysis.findings);
    analysis.findings.iter().filter(|f| f.rule.name == rule).map(|f| f.message.clone()).collect()
}

#[test]
fn nothing_is_said_that_is_not_true() {
    let cases = [
        (
            "lowering-group",
            "role w { can write }\nassign w to everyone in organization acme\norganization acme { room r { default can write  group g can read } }",
        ),
        (
            "lowering-group",
            "group h { group g }\norganization acme { room r { default can write  group g can read  group h can write } }",
        ),
        (
            "lowering-group",
            "organization acme { default can write on room  group g can read on room  room \"*\" { default can write  group g can write } }",
        ),
        ("lowering-group", "room r { default can write  group g can read  default cannot write }"),
        (
            "lowering-group",
            "group new\norganization acme { member group staff, group new  group staff can write on room  room a { default can write }  room \"d*\" { group new can read } }",
        ),
        (
            "ineffective-nothing",
            "role c { can comments:write }\nassign c to group g in organization acme\norganization acme { room r { default can nothing  group g can nothing } }",
        ),
        (
            "ineffective-nothing",
            "role e { can write }\norganization acme { member user bob  room r { user ann can nothing } }\nassign e to user ann in organization acme",
        ),
        (
            "ineffective-nothing",
            "kind folder in organization, folder\nkind room in folder\norganization acme { user ann can nothing  folder f { user ann cannot *  room r { group g can read } } }",
        ),
        ("ineffective-nothing", "organization acme { member group staff  user ann can nothing  room r { group g can read } }"),
        (
            "role-reaches-private",
            "role admin { can write }\norganization acme { member user bob  room r { default can nothing } }\nassign admin to user root everywhere",
        ),
        (
            "role-reaches-private",
            "role c { can comments:write }\norganization acme { room r { default can nothing } }\nassign c to user root in organization acme",
        ),
        (
            "role-reaches-private",
            "role reader { can read }\norganization acme { room r { default can nothing  group staff can write } }\nassign reader to group staff in organization acme",
        ),
        (
            "default-or-everyone",
            "role c { can comments:read }\nassign c to everyone in organization acme\norganization acme { room r { default can nothing  group staff can read } }",
        ),
        ("non-member-entry", "organization acme { member group staff  room r { user ann can read } }"),
        (
            "surviving-feature",
            "role w { can write }\nassign w to group g in room r\nroom r { default can read, comments:read  group g can write }",
        ),
        (
            "surviving-feature",
            "organization acme { group g can read, comments:read on room  room \"r*\" { group g cannot comments:read }  room r { group g can write } }",
        ),
        (
            "star-keeps-feature",
            "role w { can write }\nassign w to group g in room r\nroom r { default can read, comments:read  group g can * }",
        ),
        ("broad-audience", "room r { default can write  default cannot write }"),
        ("broad-audience", "room r { default can comments:write }"),
        ("broad-audience", "organization acme { member user ann  room r { default can write } }"),
        (
            "cross-organization",
            "group outer { group g }\norganization a { member group g }\norganization b { member group outer  room y { group g can read } }",
        ),
        ("direct-user-grant", "room r { group g can write  user ann can write }"),
        (
            "unused-group",
            "room r { default can read }\ntest \"t\" { user zoe with group g cannot write on room r  user zoe with group staff cannot write on room r }",
        ),
        (
            "unused-group",
            "room r { default can read }\ninvariant \"t\" { no group g can write on room r  only group staff can write on room r }",
        ),
        (
            "unreachable-entry",
            "organization acme { default can write on room  room r { default can read }  room q { group g can read } }",
        ),
        ("unreachable-entry", "organization acme { group g can read on room  room r { group g can write } }"),
        ("prohibition-without-effect", "organization acme { group g cannot write on room  room r { default can write } }"),
        ("surviving-feature", "organization acme { default can write, comments:write on room  room r { group g can read } }"),
        (
            "star-keeps-feature",
            "organization acme { default can read, comments:none on room  room r { user ann can *, comments:read } }",
        ),
        (
            "redundant-assignment",
            "role low { can read }\nrole high { can write }\norganization acme { room r }\nassign low to group g in organization acme\nassign high to group g in room r",
        ),
        (
            "redundant-assignment",
            "role low { can read, comments:write }\nrole high { can read, storage:write }\nroom r\nassign low to group g in room r\nassign high to group g in room r",
        ),
        (
            "redundant-assignment",
            "role low { can read }\nrole same { can read }\nroom r\nassign low to group g in room r\nassign same to group g in room r",
        ),
        (
            "ineffective-nothing",
            "role e { can read }\norganization acme { user ann can nothing  room r { user ann cannot * } }\nassign e to everyone in room r",
        ),
        (
            "ineffective-nothing",
            "group h { user ann until 2025-01-01 }\norganization acme { group g can nothing  room r { group h can read } }",
        ),
        ("non-member-entry", "organization acme { member user ann until 2027-01-01  room r { user ann can read } }"),
        // Without the entry the group would have less than a role of some of it, or more than the role gives.
        ("redundant-entry", "role e { can read }\nassign e to group g in room r\nroom r { group g can write }"),
        ("redundant-entry", "role e { can read }\nassign e to group g in room r\nroom r { default can write  group g can read }"),
        (
            "redundant-entry",
            "role e { can read }\nassign e to group g in room r\nroom r { default can comments:write  group g can read }",
        ),
        ("redundant-entry", "role e { can write, comments:read }\nassign e to group g in room r\nroom r { group g can write }"),
        ("redundant-entry", "role e { can write }\nassign e to group g in room r until 2027-01-01\nroom r { group g can write }"),
        ("redundant-entry", "role e { can write }\nassign e to user ann in room r\nroom r { group g can write }"),
        ("redundant-entry", "role e { can write }\nassign e to group g in room r\nroom r { group g can nothing }"),
        (
            "redundant-entry",
            "role e { can read }\nassign e to group g in organization o\norganization o { group g can read on room  room r { group g can comments:write } }",
        ),
        ("no-base", "role e { can comments:write }\nassign e to group g in room r\nroom r { default can read }"),
        (
            "no-base",
            "role e { can comments:write }\nrole f { can read }\nassign e to group g in room r\nroom r\nassign f to everyone everywhere",
        ),
        ("ineffective-nothing", "group all { group g }\nroom r { group all can nothing  group g can write }"),
        (
            "ineffective-nothing",
            "organization acme { user ann can nothing on room  room r { default can read  user ann can nothing } }",
        ),
        ("ineffective-nothing", "group ops { user ann }\nroom r { default can read  group g can nothing  group ops can write }"),
        ("ineffective-nothing", "group ops { user ann }\nroom r { group g can nothing  group ops can write  user ann can read }"),
        ("unreachable-entry", "organization acme { group g can read on room  room r { default can write } }"),
        ("unreachable-entry", "organization acme { group g can write on room  room r { group staff can read } }"),
    ];
    for (rule, text) in cases {
        assert_eq!(said(rule, text), Vec::<String>::new(), "{rule} of\n{text}");
    }
    let fed = "group fed\nfacts members from \"m.csv\"\nuse liveblocks room r { group fed can read }";
    let mut sources = Sources::default();
    sources.add(Source::new("x.rk", fed));
    sources.add(Source::new("m.csv", "group,user,until\nfed,ann,2020-01-01\n"));
    let mut analysis = Analysis::new(sources, &Settings::default());
    assert!(analysis.judge(&Options::all("2026-01-15".parse().expect("a time"))));
    assert!(
        analysis.findings.iter().all(|f| f.rule.name != "empty-group"),
        "a sign-in can name its members: {:?}",
        analysis.findings
    );
}

#[test]
fn what_is_true_is_said() {
    let cases = [
        (
            "lowering-group",
            "room r { default can read, comments:write  group g can read, comments:none }",
            "who joins group g loses `comments:write` in room r, which the default gives",
        ),
        (
            "lowering-group",
            "organization acme { default can write on room  room r { group g can read } }",
            "who joins group g loses `write` in room r, which the default gives",
        ),
        (
            "lowering-group",
            "organization acme { member user bob, group g  room r { default can write  group g can read } }",
            "who joins group g loses `write` in room r, which the default gives",
        ),
        (
            "broad-audience",
            "role w { can write }\nroom r\nassign w to everyone in room r",
            "everyone who can sign in has `write` in room r, and anyone can sign in",
        ),
        (
            "broad-audience",
            "kind doc { permissions delete }\ndoc d { default can delete }",
            "everyone who can sign in has `delete` in doc d, and anyone can sign in",
        ),
        (
            "unreachable-entry",
            "organization acme { default can write on room  room r { default can read } }",
            "this entry of default in organization acme decides about nothing that is there",
        ),
        (
            "prohibition-without-effect",
            "room r { default can read  group g cannot write }\nroom s { group staff can write }",
            "nothing in this policy grants what group g cannot do in room r",
        ),
        (
            "role-reaches-private",
            "role reader { can read }\norganization acme { room q { default can nothing }  room r { default can nothing  group staff can write } }\nassign reader to group staff in organization acme",
            "role `reader` of group staff opens room q, whose default is `nothing`",
        ),
        (
            "non-member-entry",
            "organization acme { member user bob  room r { user ann can read } }",
            "user ann is no member of organization acme, which is closed, so this gives no access",
        ),
        (
            "direct-user-grant",
            "room r { group g can read  user ann can write }",
            "user ann has access to room r alone, without a group",
        ),
        (
            "redundant-assignment",
            "kind b { permissions p  owner gets o }\nrole o { can p }\nb x { owner user ann }\nassign o to user ann in b x",
            "role `o` of user ann in b x is contained in what user ann has as an owner",
        ),
        (
            "redundant-assignment",
            "role low { can read }\nrole high { can write }\nroom r\nassign low to group g in room r\nassign high to group g in room r",
            "role `low` of group g in room r is contained in role `high` of group g in room r",
        ),
        (
            "non-member-entry",
            "organization acme { member user ann until 2025-01-01, user bob  room r { user ann can read } }",
            "user ann is no member of organization acme any more, which is closed, so this gives no access",
        ),
        (
            "star-keeps-feature",
            "room r { default can write, storage:none  group staff can * }",
            "`storage` stays at `none` for group staff in room r, beside the new base `*`",
        ),
        (
            "star-keeps-feature",
            "organization acme { default can read, comments:none on room  room r { user ann can * } }",
            "`comments` stays at `none` for user ann in room r, beside the new base `*`",
        ),
        (
            "ineffective-nothing",
            "role e { can read }\norganization acme { user ann can nothing on room  room r }\nassign e to everyone in room r",
            "user ann can nothing in organization acme, and role `e` still lets them in to room r",
        ),
        (
            "redundant-entry",
            "role e { can write }\nassign e to group g in organization acme\norganization acme { room r { group g can write } }",
            "without this entry of group g in room r, every decision is the same",
        ),
        (
            "redundant-entry",
            "role e { can read }\nassign e to everyone everywhere\nroom r { default can read }\nroom q { group staff can write }",
            "without this entry of default in room r, every decision is the same",
        ),
        (
            "no-base",
            "role e { can comments:write }\nassign e to group g in room r\nroom r\nroom q { default can read }",
            "this grants group g nothing in room r: role `e` names features alone, and nothing gives a base",
        ),
        (
            "ineffective-nothing",
            "group ops { user ann }\nroom r { group g can nothing  group ops can write }",
            "group g can nothing in room r, and group ops beside it lets user ann in",
        ),
        (
            "ineffective-nothing",
            "group all { group g }\ngroup ops { user ann }\nroom r { group all can nothing  group ops can write }",
            "group all can nothing in room r, and group ops beside it lets user ann in",
        ),
        (
            "ineffective-nothing",
            "group two { user ann, user cyd }\ngroup ops { user ann }\ngroup low { user cyd }\nroom r { group two can nothing  group ops can write  group low can read }",
            "group two can nothing in room r, and group ops beside it lets user ann and 1 more in",
        ),
        (
            "ineffective-nothing",
            "organization acme { user ann can nothing on room  room r { default can read } }",
            "user ann can nothing in organization acme, and the default still lets them in to room r",
        ),
        (
            "ineffective-nothing",
            "kind folder in folder, organization { levels read < write }\norganization acme { folder a { user ann can nothing  folder b { default can write }  folder c { group g can write } } }",
            "user ann can nothing in folder a, and group g still lets them in to folder c and 1 more",
        ),
        (
            "unreachable-entry",
            "organization acme { group g cannot *  default can read on room  room r { group g can read } }",
            "this entry of group g in room r never decides anything",
        ),
        (
            "unreachable-entry",
            "organization acme { group g can write on room  room r { default can read } }",
            "this entry of group g in organization acme decides about nothing that is there",
        ),
        (
            "confusable-name",
            "organization acme { room payroll { default can read } }\nroom \"payroll \" { group g can read }",
            "room `\"payroll \"` looks like room `payroll`",
        ),
        (
            "expired-entry",
            "room r { group g can read until 2025-12-31T00:00:00Z }",
            "this entry of group g has ended: it was until 2025-12-31T00:00:00Z",
        ),
        (
            "expired-entry",
            "room r { group g can read until 2025-12-30 }",
            "this entry of group g has ended: it was until 2025-12-30",
        ),
        (
            "ineffective-nothing",
            "group h { user ann }\norganization acme { group g can nothing on room  room r { group h can read } }",
            "group g can nothing in organization acme, and group h still lets user ann in to room r",
        ),
    ];
    for (rule, text, sentence) in cases {
        assert_eq!(said(rule, text), [sentence], "{rule} of\n{text}");
    }
}

#[test]
fn a_prohibition_that_a_wider_one_contains_is_said_once() {
    let text = "organization acme { group g cannot write on room  room r { group g cannot write } }";
    assert_eq!(said("redundant-entry", text), ["without this entry of group g in room r, every decision is the same"]);
    let idle = said("prohibition-without-effect", text);
    assert_eq!(idle, ["nothing in this policy grants what group g cannot do in organization acme"]);
}

#[test]
fn names_that_look_alike_are_found() {
    let found = |names: [&str; 2]| {
        let [a, b] = names.map(|n| roomkey::syntax::print::Id(n).to_string());
        let text = format!("group {a} {{ user x }}\ngroup {b} {{ user y }}\n");
        said_with("confusable-name", &text, |_| {}).len()
    };
    for pair in [
        ["modern", "modem"],
        ["staff1", "staffl"],
        ["pool-1", "pool-I"],
        ["r0om", "rOom"],
        ["admin", "adm1n"],
        ["sales", "sa1es"],
        ["admins", "admins "],
        ["a b", "a  b"],
    ] {
        assert_eq!(found(pair), 1, "{pair:?}");
    }
    for pair in [["team-1", "team-2"], ["team-a", "team-b"], ["rook", "room"], ["web2", "webz"], ["k8s", "kbs"]] {
        assert_eq!(found(pair), 0, "{pair:?}");
    }
    let users = "room r { user k0f can read  user kOf can read  user pal1 can read  user pall can read }";
    assert_eq!(said("confusable-name", users), Vec::<String>::new(), "ids that a program makes");
}

#[test]
fn a_group_that_a_sign_in_names_can_hold_what_is_kept_apart() {
    let text = "kind inv { permissions approve, pay }\ngroup ap\ngroup pa\ninv i { group ap can approve, pay }\ninv j { group ap can approve  group pa can pay }\n";
    let said = said_with("separation-of-duty", text, |o| o.separation_of_duty = vec![["approve".into(), "pay".into()]]);
    assert_eq!(said, ["group ap holds both `approve` and `pay` on inv i"]);
}

/// The help of the findings of a rule.
fn helps(rule: &str, text: &str) -> Vec<String> {
    let mut sources = Sources::default();
    sources.add(Source::new("x.rk", format!("{HEAD}{text}")));
    let mut analysis = Analysis::new(sources, &Settings::default());
    assert!(analysis.judge(&Options::all("2026-01-15".parse().expect("a time"))), "{:?}", analysis.findings);
    let of_rule = analysis.findings.iter().filter(|f| f.rule.name == rule);
    of_rule.map(|f| format!("{}: {}", f.message, f.help.as_deref().unwrap_or(""))).collect()
}

#[test]
fn what_to_take_out_of_a_statement_is_no_more_than_what_decides_nothing() {
    let head = "role e { can read }\ngroup above { group g }\nroom r1 { default can nothing }\nroom r2\n";
    let cases = [
        (
            "assign e to group above in room r1\nassign e to group g, group staff in room r1, room r2",
            "role `e` of group g in room r1 is contained in role `e` of group above in room r1: write a statement for each scope, \
             without group g in room r1",
        ),
        (
            "assign e to group above in room r1, room r2\nassign e to group g, group staff in room r1, room r2",
            "role `e` of group g in room r1 is contained in role `e` of group above in room r1, and 1 more of this statement too: \
             take group g out of this statement",
        ),
        (
            "assign e to group above, group staff in room r1\nassign e to group g in room r1, room r2",
            "role `e` of group g in room r1 is contained in role `e` of group above in room r1: take the scope room r1 out of this \
             statement",
        ),
    ];
    for (text, said) in cases {
        assert_eq!(helps("redundant-assignment", &format!("{head}{text}")), [said], "{text}");
    }
    let closed = "role e { can read }\norganization shut { member user ann  room r1 }\norganization open { room r2 }\n";
    assert_eq!(
        helps("non-member-entry", &format!("{closed}assign e to user cyd in room r1, room r2")),
        [
            "user cyd is no member of organization shut, which is closed, so this gives no access in room r1: add `member user cyd` to \
          it, or write a statement for each scope, without user cyd in room r1"
        ]
    );
    assert_eq!(
        helps("non-member-entry", &format!("{closed}assign e to user ann, user cyd in room r1")),
        [
            "user cyd is no member of organization shut, which is closed, so this gives no access in room r1: add `member user cyd` to \
          it, or write a statement for each scope, without user cyd in room r1"
        ]
    );
    let crossing = "organization beta { member group g }\norganization acme { room r { default can read  group g can write } }";
    assert!(helps("cross-organization", crossing).iter().all(|help| !help.contains("member of organization acme too")));
}

#[test]
fn a_star_is_never_taken_out_where_it_may_be_meant_for_features() {
    let mut sources = Sources::default();
    sources.add(Source::new("x.rk", format!("{HEAD}room r {{ default can write, storage:none  group staff can * }}")));
    let mut analysis = Analysis::new(sources, &Settings::default());
    assert!(analysis.judge(&Options::all("2026-01-15".parse().expect("a time"))));
    let found = analysis.findings.iter().find(|f| f.rule.name == "redundant-entry").expect("it decides nothing");
    assert!(found.fix.as_ref().is_some_and(|fix| !fix.safe), "{found:?}");
}

#[test]
fn one_entry_gets_one_advice() {
    let same = "room r { default can comments:read  group g can comments:read }";
    assert_eq!(said("no-base", same).len(), 2);
    assert_eq!(said("redundant-entry", same), Vec::<String>::new(), "a base is what both need");
    let taken = "room r { group g can comments:read  group g cannot comments:read }";
    assert_eq!(said("unreachable-entry", taken).len(), 1);
    assert_eq!(said("no-base", taken), Vec::<String>::new(), "a base would be given for nothing");
}
