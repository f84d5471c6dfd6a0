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
    ];
    for (rule, text, sentence) in cases {
        assert_eq!(said(rule, text), [sentence], "{rule} of\n{text}");
    }
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
        ["admins", "admins "],
        ["a b", "a  b"],
    ] {
        assert_eq!(found(pair), 1, "{pair:?}");
    }
    for pair in [["team-1", "team-2"], ["team-a", "team-b"], ["rook", "room"]] {
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
