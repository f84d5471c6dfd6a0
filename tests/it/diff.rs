//! `diff` tells every changed decision: the old ones with its changes applied are the new ones.

use roomkey::query::diff::{Subject, diff};

use crate::agree::load;
use crate::reference::chance::Chance;
use crate::reference::decide::decide;
use crate::reference::generate::world;
use crate::reference::print::files;
use crate::reference::questions::questions;

#[test]
fn changes_are_what_the_reference_decides() {
    let rounds = std::env::var("ROOMKEY_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(60);
    let (mut asked, mut changed) = (0, 0);
    for seed in 0..rounds {
        let worlds = [world(seed), world(seed + 1)];
        let policies = [0, 1].map(|i| load(&files(&worlds[i], Some(Chance::new(!seed)))).expect("worlds are sound"));
        let wanted = questions(&worlds[0], &mut Chance::new(seed), 20);
        for q in wanted.iter().filter(|q| q.at.is_some() && q.sign_in.groups.is_empty() && q.sign_in.organization.is_none()) {
            let sides = [0, 1].map(|i| decide(&worlds[i], q));
            let [Ok(before), Ok(after)] = sides else { continue };
            let at = q.at.as_ref().and_then(|at| at.parse().ok()).expect("a time");
            let all = diff(policies[0].table(), policies[1].table(), at).expect("sound tables");
            let named = |t: &roomkey::Table| t.user(&q.sign_in.user).expect("sound").is_some();
            let known = policies.iter().any(|p| named(p.table()));
            let subject = if known { Subject::User(q.sign_in.user.clone()) } else { Subject::Stranger };
            let declared = |t: &roomkey::Table| {
                let ids = t.kind(&q.on.kind).into_iter().flat_map(|k| t.resources(k));
                ids.flatten().any(|r| t.resource_name(r).is_ok_and(|name| name == q.on.id))
            };
            if !policies.iter().any(|p| declared(p.table())) {
                continue;
            }
            let base = |kind: &str| q.permission.strip_prefix(&format!("{kind}:")).map(|l| format!("*:{l}"));
            let mine = all.iter().find(|c| c.subject == subject && c.kind == q.on.kind && c.resource == q.on.id);
            let has = |list: &[String]| {
                let plain = [q.permission.clone(), format!("*:{}", q.permission), base(&q.on.kind).unwrap_or_default()];
                list.iter().any(|p| plain.contains(p))
            };
            let applied = if before { !mine.is_some_and(|c| has(&c.lost)) } else { mine.is_some_and(|c| has(&c.gained)) };
            assert_eq!(applied, after, "seed {seed}: {q:?}");
            asked += 1;
            changed += u32::from(before != after);
        }
    }
    println!("{asked} questions, {changed} changed");
    assert!(asked > 0 && changed > 0, "{asked} questions, {changed} changed");
}
