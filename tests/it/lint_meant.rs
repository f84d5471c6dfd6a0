//! What is said of private places is said of the kinds that are private there, and its advice names what else it would take.

use crate::lint_advice::{line, lint};

const KINDS: &str = "kind folder in organization, folder { levels read < write }\n\
                     kind doc in folder, organization { levels read < write  permissions share }\n";

/// A policy with two members of a group, and roles.
fn policy(inside: &str, behind: &str) -> String {
    format!(
        "{KINDS}group staff {{ user ann, user bob }}\ngroup ops {{ user ann }}\nrole folders {{ can read on folder }}\n\
         role reader {{ can read on doc }}\nrole editor {{ can write on doc }}\nrole sharer {{ can share on doc }}\n\
         role both {{ can read on doc, folder }}\norganization acme {{\n{inside}\n}}\n{behind}\n"
    )
}

fn silent(rule: &str, policy: &str) {
    let said = lint("", policy);
    assert!(!said.contains(&format!("[{rule}]")), "{said}");
}

fn ends(rule: &str, policy: &str, help: &str) {
    let said = line(rule, policy);
    assert!(said.ends_with(&format!("; {help}")), "{said}");
}

#[test]
fn a_place_is_private_to_the_kinds_that_its_default_is_about() {
    let twice = "assign reader to group staff everywhere\nassign reader to user ann in organization acme";
    line("redundant-assignment", &policy("default can nothing on folder  doc d", twice));
    silent("redundant-assignment", &policy("default can nothing on doc  doc d", twice));
    // In a private place is also what is further in.
    let inner = "assign both to group staff in organization acme\nassign both to user ann in doc d";
    silent("redundant-assignment", &policy("folder f { default can nothing  doc d }", inner));
    line("redundant-assignment", &policy("folder f { default can nothing on folder  doc d }", inner));
    let same = "assign both to group staff in folder f\nassign both to user ann in doc d";
    line("redundant-assignment", &policy("folder f { default can nothing  doc d }", same));
    for whom in ["everyone", "group staff"] {
        let rule = if whom == "everyone" { "default-or-everyone" } else { "role-reaches-private" };
        let role = format!("assign folders to {whom} in organization acme");
        line(rule, &policy("folder f { default can nothing  doc d { group staff can read } }", &role));
        silent(rule, &policy("folder f { default can nothing on doc  doc d { group staff can read } }", &role));
    }
}

#[test]
fn a_role_that_is_given_there_speaks_for_what_it_gives() {
    let place = "doc secret { default can nothing }";
    let also =
        |inner: &str| format!("assign reader to group staff in organization acme\nassign {inner} to group staff in doc secret");
    silent("role-reaches-private", &policy(place, &also("reader")));
    silent("role-reaches-private", &policy(place, &also("editor")));
    ends(
        "role-reaches-private",
        &policy(place, &also("sharer")),
        "give the role in a narrower scope: `group staff cannot *` there takes away what group staff is given, too",
    );
    let more = "assign editor to everyone in organization acme\nassign reader to everyone in doc secret";
    line("default-or-everyone", &policy(place, more));
}

#[test]
fn who_is_let_in_is_let_in_by_what_is_named() {
    let inside = |inner: &str| policy(&format!("group staff can nothing\ndoc d {{ {inner} }}"), "");
    line("ineffective-nothing", &inside("group ops can read"));
    silent("ineffective-nothing", &inside("group ops can read  user ann can nothing  user bob can write"));
    let folder = |on: &str| policy(&format!("user bob can nothing{on}\nfolder f {{ doc d {{ default can read }} }}"), "");
    line("ineffective-nothing", &folder(""));
    silent("ineffective-nothing", &folder(" on folder"));
}

#[test]
fn a_prohibition_is_advised_with_what_it_takes_besides() {
    let given = "assign folders to group staff in organization acme";
    let narrower = "give the role in a narrower scope: `group staff cannot *` there";
    ends(
        "role-reaches-private",
        &policy("folder f { default can nothing  doc d { group staff can write } }", given),
        &format!("{narrower} takes away what group staff is given in doc d, too"),
    );
    ends(
        "role-reaches-private",
        &policy("folder f { default can nothing  doc d { user ann can write } }", given),
        &format!("{narrower} takes away what user ann is given in doc d, too"),
    );
    ends(
        "role-reaches-private",
        &policy(
            "folder f { default can nothing  doc d { user ann can write } }",
            "assign folders to user ann in organization acme",
        ),
        "give the role in a narrower scope: `user ann cannot *` there takes away what user ann is given in doc d, too",
    );
    ends(
        "role-reaches-private",
        &policy("folder f { default can nothing  doc d { user zoe can write } }", given),
        "type `group staff cannot *` there to keep them out",
    );
    ends(
        "ineffective-nothing",
        &policy("user bob can nothing\nfolder f { default can read on folder  doc d { user bob can write } }", ""),
        "type `user bob cannot *` in folder f to keep them out, which takes away what user bob is given in doc d, too",
    );
    ends(
        "ineffective-nothing",
        &policy("user bob can nothing\ndoc c { group staff can write }\ndoc d { user bob can write }", ""),
        "type `user bob cannot *` to keep them out, which takes away what user bob is given in doc d, too",
    );
}

#[test]
fn each_member_who_is_let_in_alone_is_named() {
    let given = "assign editor to group staff in organization acme";
    let nothing = |who: &str| policy(&format!("doc secret {{ default can nothing  group staff can read  {who} }}"), given);
    let both = line("role-reaches-private", &nothing("user ann can nothing  user bob can nothing"));
    let said = "role `editor` of group staff lets user ann and 1 more in to doc secret, whose default is `nothing`; \
                type `cannot *` of each of them there to keep them out";
    assert!(both.ends_with(said), "{both}");
    let one = line("role-reaches-private", &nothing("user bob can nothing"));
    assert!(
        one.ends_with(
            "lets user bob in to doc secret, whose default is `nothing`; type `user bob cannot *` there to keep them out"
        ),
        "{one}"
    );
}

#[test]
fn who_is_given_as_much_there_is_not_among_those_who_are_let_in() {
    let given = |there: &str| {
        let place = "doc secret { default can nothing  group staff can read  user ann can nothing  user bob can nothing }";
        let said = policy(place, &format!("assign editor to group staff in organization acme\nassign {there} in doc secret"));
        line("role-reaches-private", &said)
    };
    for [there, other] in [["ann", "bob"], ["bob", "ann"]] {
        let said = given(&format!("editor to user {there}"));
        let ends = format!(
            "lets user {other} in to doc secret, whose default is `nothing`; type `user {other} cannot *` there to keep them out"
        );
        assert!(said.ends_with(&ends), "{said}");
        // Of each of them it is told what is taken.
        let said = given(&format!("sharer to user {there}"));
        let ends = format!(
            "give the role in a narrower scope: `user {there} cannot *` there takes away what user {there} is given, too"
        );
        assert!(said.contains("lets user ann and 1 more in to doc secret") && said.ends_with(&ends), "{said}");
    }
}

#[test]
fn only_what_is_given_is_taken() {
    let place = "doc secret { default can nothing }";
    let private = |there: &str, help: &str| {
        let given = format!("assign editor to user ann in organization acme\nassign {there} in doc secret");
        ends("role-reaches-private", &policy(place, &given), help);
    };
    private("folders to user ann", "type `user ann cannot *` there to keep them out");
    let narrower = "give the role in a narrower scope: `user ann cannot *` there takes";
    private("sharer to user ann", &format!("{narrower} away what user ann is given, too"));
    private("sharer to group ops", &format!("{narrower} from user ann what group ops is given, too"));
    private("sharer to everyone", &format!("{narrower} from user ann what everyone is given, too"));
    let nothing = |inside: &str, behind: &str, help: &str| ends("ineffective-nothing", &policy(inside, behind), help);
    let keep_out = |who: &str| format!("type `user {who} cannot *` to keep them out");
    let kept = "user ann can nothing\ndoc c { group ops can write }\ndoc d { user ann can write  user ann cannot * }";
    nothing(kept, "", &keep_out("ann"));
    let bob = format!("{}, which takes away what user bob is given in", keep_out("bob"));
    let other = "user bob can nothing on doc\ndoc c { group staff can write }\nfolder f";
    nothing(other, "assign folders to user bob in folder f", &format!("{bob} folder f, too"));
    let both = "user bob can nothing\ndoc c { group staff can write }\ndoc d";
    nothing(both, "assign editor to user bob in doc d", &keep_out("bob"));
    nothing("user bob can nothing\ndoc d", "assign editor to user bob in doc d", &keep_out("bob"));
}

#[test]
fn a_default_decides_before_what_is_more_than_it_gives() {
    let first = |typed: &str| format!("{typed} instead: closer entries decide before that, such as `default can nothing`");
    let typed = first("type `default can …` in folder f");
    let with = |outer: &str, folder: &str, help: &str| {
        let place = format!("{outer}\nfolder f {{ {folder}  doc plan  doc secret {{ default can nothing }} }}");
        ends("default-or-everyone", &policy(&place, "assign reader to everyone in folder f"), help);
    };
    with("", "", &typed);
    with("group staff can share on doc", "", &typed);
    with("group staff can read on doc", "", &typed);
    let before = |who: &str| format!("{typed}, and that before what {who} is given in organization acme");
    with("default can write on doc", "", &before("everyone"));
    with("group staff can write on doc", "", &before("group staff"));
    // The first place that speaks of them has decided.
    with("group staff can write on doc", "group staff can read on doc", &typed);
    with("group staff can write on doc", "doc none { group staff can nothing }", &before("group staff"));
    with("group staff can write on doc", "default can nothing", &first("let the default in folder f give that"));
    with("group staff can write on doc", "default can nothing on folder", &before("group staff"));
    let nested =
        "group staff can write on doc\nfolder e { default can nothing\nfolder f { doc plan  doc s { default can nothing } } }";
    ends("default-or-everyone", &policy(nested, "assign reader to everyone in folder f"), &typed);
    let ending = policy("folder f { doc s { default can nothing } }", "assign reader to everyone in folder f until 2026-12-31");
    ends("default-or-everyone", &ending, &first("type `default can … until 2026-12-31` in folder f"));

    let everywhere = |inside: &str, role: &str, help: &str| {
        let place =
            format!("group staff can write on doc\nfolder f {{ doc plan  doc secret {{ default can nothing }} }}\n{inside}");
        let given = format!("assign {role} to everyone everywhere");
        ends("default-or-everyone", &policy(&place, &given), help);
    };
    let all = format!(
        "{}, and that before what group staff is given in organization acme",
        first("type `doc \"*\" { default can … }`")
    );
    everywhere("", "reader", &all);
    everywhere("", "both", "name what it is meant for in place of `everywhere`");
}

#[test]
fn what_keeps_out_ends_with_what_is_to_keep_out() {
    let given = "assign editor to group staff in organization acme";
    let nothing = policy("doc s { group staff can nothing until 2026-12-31 }", given);
    ends("ineffective-nothing", &nothing, "type `group staff cannot * until 2026-12-31` to keep them out");
    let private = |inside: &str, help: &str| ends("role-reaches-private", &policy(inside, given), help);
    let until = "doc s { default can nothing until 2026-12-31 }";
    private(until, "type `group staff cannot * until 2026-12-31` there to keep them out");
    let two = format!("{until}\ndoc t {{ default can nothing }}");
    private(&two, "type `group staff cannot *` there, until the default ends, to keep them out");
    let told = "doc s { default can nothing  group staff cannot share }";
    private(told, "type `group staff cannot *` there, in place of what they cannot so far, to keep them out");
}

#[test]
fn what_lets_in_is_not_taken_besides() {
    let help = |inside: &str, behind: &str, help: &str| ends("ineffective-nothing", &policy(inside, behind), help);
    let ann = "type `user ann cannot *` to keep them out";
    let docs = "user ann can nothing\ndoc a\ndoc b";
    help(docs, "assign editor to user ann in doc a, doc b", ann);
    help(docs, "assign editor to user ann in doc a\nassign reader to user ann in doc b", ann);
    help("user ann can nothing\ndoc a\ndoc b { default can read }", "assign editor to user ann in doc a", ann);
    let staff = "type `group staff cannot *` to keep them out";
    let given = "assign reader to group staff in doc a";
    help("group staff can nothing\ndoc a\ndoc b", &format!("{given}\nassign editor to everyone in doc b"), staff);
    // A default further in is not what lets a group in.
    let wiki = format!("{staff}, which takes from group staff what everyone is given in doc b, too");
    help("group staff can nothing\ndoc a\ndoc b { default can read }", given, &wiki);
    let folder = "folder f { default can nothing  doc plan  doc wiki { default can read } }";
    let narrower = "give the role in a narrower scope: `group staff cannot *` there takes from group staff what everyone is given in \
                    doc wiki, too";
    ends("role-reaches-private", &policy(folder, "assign both to group staff in organization acme"), narrower);
}

#[test]
fn what_is_given_to_nobody_is_not_taken() {
    let given = "assign editor to group staff in organization acme";
    let private = |there: &str| {
        let place = format!("doc s {{ default can nothing  group ops can read  {there} }}");
        ends("role-reaches-private", &policy(&place, given), "type `group staff cannot *` there to keep them out");
    };
    private("user ann can nothing");
    private("group ops cannot read");
    let dead = "folder f { group staff can nothing  doc d { user ann can write  group ops cannot read } }";
    ends("ineffective-nothing", &policy(dead, given), "type `group staff cannot *` to keep them out");
}

#[test]
fn as_much_is_as_long_and_all_together() {
    let place = "doc s { default can nothing }";
    let given = |there: &str| policy(place, &format!("assign editor to group staff in organization acme{there}"));
    let there = "\nassign editor to group staff in doc s";
    silent("role-reaches-private", &given(there));
    silent("role-reaches-private", &given(&format!(" until 2026-11-30{there} until 2026-12-31")));
    line("role-reaches-private", &given(&format!("{there} until 2026-12-31")));
    let both = |there: &str| {
        policy(place, &format!("role all {{ can write, share on doc }}\nassign all to group staff in organization acme\n{there}"))
    };
    let editor = "assign editor to group staff in doc s\n";
    line("role-reaches-private", &both(editor));
    silent("role-reaches-private", &both(&format!("{editor}assign sharer to group staff in doc s")));
}
