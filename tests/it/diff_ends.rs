//! Until when a difference lasts: whether the new side ends it, or the old side comes to the same.

use roomkey::query::diff::gates::Gate;
use roomkey::query::diff::{Diff, Then, diff};
use roomkey::table::GroupId;

use crate::diff::{from_when, permissions, policies, resources, rounds, side};
use crate::diff_sets::{between, breach, told};
use crate::reference::chance::Chance;

fn doc(rows: &str) -> String {
    format!("kind doc {{ levels read < write  features st  permissions fly }}\ndoc a {{ {rows} }}")
}

fn of(old: &str, new: &str) -> Diff {
    between(&doc(old), &doc(new))
}

#[test]
fn what_would_have_come_or_ended_anyway_is_told() {
    const END: &str = "until 2031-12-31";
    let cannot = format!("user ann can write  default cannot write {END}");
    let given = format!("user ann can write {END}");
    for (old, new, sentence) in [
        (&*cannot, "user ann can write", "user ann gains write on doc a, had read; it would have come on 2032-01-01 anyway\n"),
        (&*given, "", "user ann loses write on doc a; it would have ended on 2031-12-31 anyway\n"),
        ("user ann can write", &*cannot, "user ann loses write on doc a, until 2031-12-31, keeps read\n"),
        ("", &*given, "user ann gains write on doc a, until 2031-12-31\n"),
        // Each permission by itself: to read would have come anyway, and to write is given by another statement then.
        (
            "default cannot read until 2031-12-31  user ann can read",
            "user ann can write",
            "user ann gains write on doc a; from 2032-01-01 on as another line says\n",
        ),
        (
            "default cannot read until 2031-12-31  user ann can read",
            "user ann can write",
            "user ann gains read on doc a; it would have come on 2032-01-01 anyway\n",
        ),
        // What the new side ends later than the old one begins.
        (&*cannot, "user ann can write until 2033-12-31", "from 2034-01-01 on, user ann loses write on doc a\n"),
    ] {
        let text = told(&of(old, new));
        assert!(text.contains(sentence), "{old} -> {new}: {text}");
    }
}

/// What the old side ends and the new one does not is no new grant.
#[test]
fn what_the_old_side_ends_is_kept() {
    const END: &str = "until 2031-12-31";
    for (old, new, first, sentence) in [
        (
            format!("user ann can write {END}"),
            "user ann can write".to_owned(),
            "1 user keeps access for longer, by 1 cause\n",
            "    from 2032-01-01 on, user ann keeps write on doc a; it would have ended\n",
        ),
        (
            format!("user ann can write {END}"),
            "user ann can write until 2033-12-31".to_owned(),
            "1 user keeps access for longer, by 1 cause\n",
            "    from 2032-01-01 on, user ann keeps write on doc a, until 2033-12-31; it would have ended\n",
        ),
        (
            format!("default can read  user ann can write {END}"),
            "default can read  user ann can write, fly".to_owned(),
            "1 user gains access, 1 user keeps access for longer, by 1 cause\n",
            "    from 2032-01-01 on, user ann keeps write on doc a; only read would have been left\n",
        ),
        // What the new side begins to give later is gained.
        (
            "user ann can write  user ann cannot write".to_owned(),
            format!("user ann can write  user ann cannot write {END}"),
            "1 user gains access later, by 1 cause\n",
            "    from 2032-01-01 on, user ann gains write on doc a, had read\n",
        ),
    ] {
        let found = of(&old, &new);
        let text = told(&found);
        assert!(text.starts_with(first) && text.contains(sentence), "{old} -> {new}: {text}");
        assert!(found.changes.iter().all(|c| c.kept == sentence.contains("keeps") || c.since.is_none()), "{text}");
        assert!(breach(&Gate::NoNewAccess, &found, [&doc(&old), &doc(&new)]).is_some(), "{text}");
    }
    // The same where a group is named for it, and somebody has more by then.
    let policy = |row: &str| {
        format!(
            "use github\ngroup temps\norganization o {{ member group temps\n repository site {{ default can read }} }}\n\
             assign write to group temps in repository site until 2031-12-31\n{row}"
        )
    };
    let text = told(&between(&policy(""), &policy("assign admin to user zed everywhere")));
    let now = "    when signed in with group temps, user zed gains admin on repository site, had write\n";
    let later = "    from 2032-01-01 on, when signed in with group temps, user zed keeps write on repository site; only read would have been left\n";
    assert!(text.contains(now) && text.contains(later), "{text}");
}

#[test]
fn what_is_given_for_ever_needs_an_end() {
    let gate = Gate::RequireExpiry("write".parse().expect("a permission"));
    let fails = |old: &str, new: &str| breach(&gate, &of(old, new), [&doc(old), &doc(new)]).is_some();
    let cannot = "user ann can write  default cannot write until 2031-12-31";
    assert!(fails(cannot, "user ann can write"));
    assert!(!fails(cannot, "user ann can write until 2033-12-31"));
    assert!(!fails("", "user ann can write until 2031-12-31"));
    assert!(!fails("user ann can write", cannot));
    let twice = "user ann can write until 2031-12-31  default can write";
    assert!(fails("", twice));
    // The statement that has no end is named, and not the one before it.
    let found = of("", twice);
    let breach = breach(&gate, &found, [&doc(""), &doc(twice)]).expect("not met");
    let roomkey::query::diff::gates::Why::Change(change, _) = breach.why else { panic!("{breach:?}") };
    assert_eq!(found.causes[change.cause].text, "default can write in doc a");
    // What goes on by another cause is there for ever, too.
    let found = of("default cannot read until 2031-12-31  user ann can read", "user ann can write");
    assert!(found.changes.iter().any(|c| c.then == Then::GoesOn && c.lasts), "{}", told(&found));
}

#[test]
fn none_is_neither_gained_nor_lost() {
    let rows = "user ann can write, st:none, fly";
    assert!(told(&of("", rows)).contains("user ann gains write, fly, but not st on doc a\n"), "{}", told(&of("", rows)));
    assert!(told(&of(rows, "")).contains("user ann loses write, fly on doc a\n"), "{}", told(&of(rows, "")));
    // What is left or was there is said as people say it.
    let less = told(&of(rows, "user ann can read, st:none"));
    assert!(less.contains("user ann loses write, fly on doc a, keeps read, but not st\n"), "{less}");
    let more = told(&of("user ann can read, st:none", "user ann can write, st:write"));
    assert!(more.contains("user ann gains write on doc a, had read, but not st\n"), "{more}");
}

#[test]
fn ends_are_what_both_sides_decide() {
    let (mut ends, mut anyways, mut lasting, mut kept) = (0, 0, 0, 0);
    for seed in 0..rounds(120) {
        let Some([old, new]) = policies(seed + 9_000) else { continue };
        let tables = [old.table(), new.table()];
        let (start, times) = from_when(tables, &mut Chance::new(seed));
        let found = diff(side(&old), side(&new), start).expect("sound tables");
        for c in found.changes.iter().filter(|c| !c.who.everyone) {
            let named: Vec<String> = c
                .with
                .iter()
                .map(|list| list[0].clone())
                .chain(c.who.users.is_empty().then(|| c.who.groups.first().cloned()).flatten())
                .collect();
            let allows = |i: usize, resource: &str, permission: &str, at| {
                let table = tables[i];
                let groups: Vec<GroupId> = named.iter().filter_map(|g| table.group(g).unwrap()).collect();
                let user = c.who.users.first().and_then(|u| table.user(u).unwrap());
                let who = table.sign_in_with(user, &groups).unwrap();
                let on = table
                    .kind(&c.kind)
                    .and_then(|k| Some((table.permission(k, permission)?, table.resource(k, resource).unwrap()?)));
                on.is_some_and(|(permission, on)| table.check(&who, permission, on, at).unwrap())
            };
            let all = resources(tables, &c.kind);
            let Some((_, id)) = all.iter().find(|(shown, _)| *shown == c.resources[0]) else { continue };
            assert!(permissions(tables, &c.kind).len() >= c.gained.len());
            for (permission, gain) in c.gained.iter().map(|p| (p, true)).chain(c.lost.iter().map(|p| (p, false))) {
                let text = || format!("seed {seed}: {permission} of {c:?}");
                for at in times.iter().copied().filter(|t| c.since.is_none_or(|s| *t >= s) && c.until.is_none_or(|u| *t < u)) {
                    assert_eq!([0, 1].map(|i| allows(i, id, permission, at)), [!gain, gain], "{} at {at}", text());
                }
                if let Some(since) = c.since.filter(|_| gain && c.kept) {
                    let before = times.iter().copied().filter(|t| *t < since).max().unwrap_or(start);
                    assert_eq!([0, 1].map(|i| allows(i, id, permission, before)), [true; 2], "{} at {before}", text());
                    kept += 1;
                }
                let later = |from| times.iter().copied().filter(move |t| *t >= from);
                if let Some(until) = c.until {
                    let then = [0, 1].map(|i| allows(i, id, permission, until));
                    let is = match c.then {
                        Then::Anyway => then == [gain; 2],
                        Then::Ends => then[1] != gain,
                        Then::GoesOn => then == [!gain, gain],
                        Then::Never => false,
                    };
                    assert!(is, "{}: {then:?}", text());
                    ends += 1;
                    anyways += u32::from(c.then == Then::Anyway);
                }
                let from = c.since.unwrap_or(start);
                if gain && c.lasts {
                    assert!(later(from).all(|t| allows(1, id, permission, t)), "{}", text());
                    lasting += 1;
                }
                if gain && matches!(c.then, Then::Anyway | Then::GoesOn) && !c.lasts {
                    assert!(!later(from).all(|t| allows(1, id, permission, t)), "{}", text());
                }
            }
        }
    }
    println!("{ends} ends, {anyways} of them of the old side, {lasting} for ever, {kept} kept");
    assert!(ends > 200 && anyways > 50 && lasting > 200 && kept > 20, "{ends} {anyways} {lasting} {kept}");
}
