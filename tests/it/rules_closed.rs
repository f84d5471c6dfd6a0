//! Organizations that are closed by groups: what rules ask a witness for, they say there too, and count whom a sign-in names.

use roomkey::rules::{AdminCount, Options};
use roomkey::{Analysis, Settings, Source, Sources};

const RULES: [&str; 5] =
    ["lowering-group", "role-reaches-private", "default-or-everyone", "ineffective-nothing", "separation-of-duty"];

/// Which of the rules speak of a policy, and how often.
fn said(text: &str, counts: Option<AdminCount>) -> Vec<(&'static str, String)> {
    let mut sources = Sources::default();
    sources.add(Source::new("x.rk", text));
    let mut analysis = Analysis::new(sources, &Settings::default());
    let mut options = Options::all("2026-01-15".parse().expect("a time"));
    options.separation_of_duty = vec![["approve".into(), "pay".into()]];
    options.admin_count = counts.into_iter().collect();
    assert!(analysis.judge(&options), "{:?} in\n{text}", analysis.findings);
    let found = analysis.findings.iter().map(|f| (f.rule.name, f.message.clone()));
    found.filter(|(rule, _)| RULES.contains(rule) || *rule == "admin-count").collect()
}

#[test]
fn whoever_closes_an_organization_the_same_is_said() {
    let policy = |groups: &str, member: &str| {
        format!(
            "use liveblocks\nkind room {{ permissions approve, pay }}\ngroup interns\ngroup payers\ngroup auditors\n{groups}\n\
             role viewer {{ can read }}\norganization acme {{\n{member}\nroom lobby {{ default can write  group interns can read }}\n\
             room payroll {{ default can nothing }}\nroom bill {{ group payers can read, approve, pay }}\n\
             room hall {{ group auditors can nothing }}\nroom safe {{ default can nothing }}\n}}\n\
             assign viewer to group auditors in organization acme\nassign viewer to everyone in room safe\n\
             role opener {{ can read }}\nassign opener to everyone in organization acme\n"
        )
    };
    for (groups, member) in [
        ("", ""),
        ("group staff", "member group staff"),
        ("group staff { user ann }", "member group staff"),
        ("group staff { group eng }\ngroup eng { user ann }", "member group staff"),
        ("group staff { group eng }\ngroup eng", "member group staff"),
        ("", "member user ann"),
        ("group staff\ngroup gone", "member group gone until 2025-01-01, group staff"),
    ] {
        let found = said(&policy(groups, member), None);
        for rule in RULES {
            assert!(found.iter().any(|(name, _)| *name == rule), "{rule} is silent with {groups:?} and {member:?}: {found:?}");
        }
    }
    // Nobody can sign in.
    for member in ["member group gone until 2025-01-01", "member group none"] {
        assert_eq!(said(&policy("group gone\ngroup none {}", member), None), [], "{member}");
    }
}

#[test]
fn whom_a_sign_in_names_is_counted_in_a_closed_organization() {
    let count = |text: &str, min: usize, max: usize| {
        let counts = AdminCount { permission: "admin".into(), min, max };
        let found = said(&format!("use github\ngroup staff\ngroup owners\n{text}"), Some(counts));
        found.into_iter().map(|(_, message)| message).collect::<Vec<_>>()
    };
    let owners =
        "organization acme { member group staff, user ann  repository api }\nassign admin to group owners in repository api";
    assert_eq!(count(owners, 2, 5), Vec::<String>::new());
    let users = "organization acme { member group staff  repository api }\nassign admin to user zed, user yan in repository api";
    assert_eq!(count(users, 2, 5), Vec::<String>::new());
    assert_eq!(count(users, 1, 1), ["2 users hold `admin` on repository api when their sign-in names group staff (zed, yan)"]);
    let none = "organization acme { member user ann  repository api }\nassign admin to user zed in repository api";
    assert_eq!(count(none, 1, 5), ["0 users hold `admin` on repository api"]);
    let doors = |entries: &str| {
        format!(
            "group late\norganization acme {{ member group staff, group owners, group late\nmember user eve, user fay\n\
             repository api {{ group staff cannot *  group owners cannot *  {entries} }} }}"
        )
    };
    // Each of the groups that let in is asked about.
    assert_eq!(count(&doors("user zed can admin  user yan can admin"), 2, 5), [""; 0]);
    let one = count(&doors("user zed can admin"), 2, 5);
    assert_eq!(one, ["1 user holds `admin` on repository api when the sign-in names group late (zed)"]);
    let many = count(&doors("user eve can admin  user zed can admin  user yan can admin"), 0, 2);
    let some = "3 users hold `admin` on repository api, 2 of them when their sign-in names group late (eve, zed, yan)";
    assert_eq!(many, [some]);
    let two = "organization acme { member group staff, group owners\nrepository api { user zed can admin  user yan can admin  \
               group contractors can nothing  group z cannot *  group y cannot * } }\n\
               group contractors { group staff }\ngroup z { user zed, group owners }\ngroup y { user yan }";
    assert_eq!(count(two, 2, 5), ["0 users hold `admin` on repository api"]);
    // One that gives it to whomever it lets in takes it from nobody who has it besides.
    let giving = |zed: &str| {
        let entries = format!("group late can admin  user zed can {zed}  user yan can admin");
        format!("group late\norganization acme {{ member group late  repository api {{ {entries} }} }}")
    };
    let two = "2 users hold `admin` on repository api when their sign-in names group late (zed, yan)";
    assert_eq!(count(&giving("admin"), 0, 1), [two]);
    assert_eq!(count(&giving("read"), 0, 1), [""; 0]);
    // Whichever stands first, and whatever it is besides that gives it.
    let late = |groups: &str, inside: &str, room: &str, behind: &str| {
        let acme = format!("organization acme {{ member group late  {inside}  repository api {{ {room} }} }}");
        count(&format!("{groups}\n{acme}\n{behind}"), 0, 1)
    };
    let (ops, roles) = ("group ops { user zed, user yan }", "assign admin to user zed, user yan in repository api");
    let all = "group late can admin  group ops can admin";
    assert_eq!(late(&format!("group late\n{ops}"), "", all, ""), [two]);
    assert_eq!(late(&format!("{ops}\ngroup late"), "", all, ""), [two]);
    assert_eq!(late("group late\ngroup ops { group late, user zed, user yan }", "", "group ops can admin", ""), [two]);
    assert_eq!(late("group late", "", "group late can admin", roles), [two]);
    let outer = "user zed can admin on repository  user yan can admin on repository";
    assert_eq!(late("group late", outer, "group late can admin", ""), [two]);
    assert_eq!(late(&format!("group late\n{ops}"), "", "group late can admin  group ops can read", ""), [""; 0]);
}

#[test]
fn who_is_kept_out_without_a_group_is_said_to_hold_it_with_the_group() {
    let apart = |entries: &str| -> Vec<String> {
        let text = format!(
            "use liveblocks\nkind room {{ permissions approve, pay }}\ngroup a\ngroup b\ngroup c\ngroup payers\n\
             organization acme {{ member group a, group b, group c\nroom bill {{ group a cannot *  group b cannot *  {entries} }} }}\n"
        );
        said(&text, None).into_iter().filter(|(rule, _)| *rule == "separation-of-duty").map(|(_, said)| said).collect()
    };
    let user = apart("user ann can read, approve, pay");
    assert_eq!(user, ["user ann holds both `approve` and `pay` on room bill when the sign-in names group c"]);
    let group = apart("group payers can read, approve, pay");
    assert_eq!(group, ["group payers holds both `approve` and `pay` on room bill when the sign-in names group c, too"]);
}

#[test]
fn a_group_is_not_blamed_for_what_somebody_has_without_it() {
    let holds = |doors: &str, bill: &str| -> Vec<String> {
        let text = format!(
            "use liveblocks\nkind room {{ permissions approve, pay }}\ngroup staff\ngroup payers\ngroup readers\n\
             organization acme {{ {doors}  room bill {{ {bill} }} }}\n"
        );
        said(&text, None).into_iter().filter(|(rule, _)| *rule == "separation-of-duty").map(|(_, said)| said).collect()
    };
    let eve = "user eve can read, approve, pay  group readers can read";
    assert_eq!(holds("member user eve, group staff", eve), ["user eve holds both `approve` and `pay` on room bill"]);
    assert_eq!(holds("member user eve", "user eve can read, pay  group payers can read, approve"), [""; 0]);
    let door = holds("member group staff", "group staff can read, pay  group payers can read, approve");
    assert_eq!(door, ["group payers holds both `approve` and `pay` on room bill when the sign-in names group staff, too"]);
    // What everyone has, the group has too.
    let payers = ["group payers holds both `approve` and `pay` on room bill"];
    for members in ["", "member user eve"] {
        assert_eq!(holds(members, "default can read, pay  group payers can read, approve, pay"), payers, "{members}");
        assert_eq!(holds(members, "default can read  group payers can read, approve, pay"), payers, "{members}");
        assert_eq!(holds(members, "default can read, pay  group payers can approve"), payers, "{members}");
    }
    let both = holds("member user eve", "group payers can read, approve, pay");
    assert_eq!(both, ["group payers holds both `approve` and `pay` on room bill"]);
}
