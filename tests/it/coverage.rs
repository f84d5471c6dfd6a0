//! Coverage: what tests and invariants would miss.

use roomkey::query::coverage::percentage;
use roomkey::query::prove::When;
use roomkey::{Instant, Policy};

const HEAD: &str = "use liveblocks group staff { user ann  user ben }
room plan { default can nothing  group staff can *:read  user eve cannot * }
organization acme { member user ann room \"desk:*\" { user ann can write } }
role editor { can write on room } assign editor to user ann in room plan ";

/// The statements that nothing would miss.
fn lost(tests: &str) -> Vec<String> {
    let text = format!("{HEAD}{tests}");
    let mut policy = Policy::from_texts([("p.rk".into(), text)]).expect("a sound policy");
    let now = "2026-01-01".parse().unwrap_or(Instant::from_unix(1_767_225_600, 0));
    let before = policy.table().bytes().to_vec();
    let all = policy.coverage(When { now, now_only: false }).expect("an answer");
    assert_eq!(before, policy.table().bytes());
    assert!(percentage(&all) < 100 || all.iter().all(|c| c.noticed));
    let lost = all.iter().filter(|c| !c.noticed);
    lost.map(|c| policy.sources().text(c.span).split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn nothing_is_noticed_without_tests() {
    assert_eq!(lost("").len(), 8);
}

#[test]
fn each_loss_is_noticed_by_the_test_that_depends_on_it() {
    let all = lost("");
    let ben = lost("test t { user ben can read on room plan }");
    assert_eq!(all.len() - ben.len(), 2, "{ben:?}");
    let owner = lost("test t { user ann can write on room plan }");
    assert_eq!(all.len() - owner.len(), 1, "{owner:?}");
}

#[test]
fn the_last_member_of_an_organization_is_noticed_since_it_closes_it() {
    let all = lost("");
    let desk = lost("test t { user ann can write on room \"desk:1\" }");
    assert_eq!(all.len() - desk.len(), 1, "{desk:?}");
    let law = "invariant i { only user ann can write on room \"desk:*\"  at least 1 can write on room \"desk:*\" }";
    assert_eq!(lost(law).len(), all.len() - 1);
}
