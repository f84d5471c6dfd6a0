//! Tables in memory alone, small and few: what the interpreter Miri can run through, pointers and all.
//!
//! `MIRIFLAGS="-Zmiri-disable-isolation -Zmiri-ignore-leaks -Zmiri-tree-borrows" cargo +nightly miri test --test view`

use roomkey::table::layout::header;
use roomkey::{Checker, Instant, Policy, Question, Table};

#[path = "it/tables/reseal.rs"]
mod reseal;

const POLICY: &str = "kind board in organization { levels read < write  features notes, notes:a }
    role r { can notes:write }  group g { user ann until 2026-12-31, group h }  group h { user bob }
    organization o { member group g  board b { default can read  user ann can nothing  group h can notes:a:write } }
    board \"b*\" in organization o { group h cannot write }  assign r to group g in organization o";

fn table() -> Table {
    let policy = Policy::from_texts([("policy.rk".into(), POLICY.into())]);
    policy.expect("the policy is sound").into_table()
}

fn answers(table: &Table) -> Vec<Option<bool>> {
    let mut checker = Checker::new(table);
    let mut all = Vec::new();
    for user in ["ann", "bob", "eve"] {
        for (permission, id) in [("read", "b"), ("notes:write", "b"), ("notes:a:read", "b2"), ("write", "x")] {
            let question = Question::new(user, permission, &format!("board:{id}")).at(Instant::from_unix(1_780_000_000, 0));
            all.push(checker.check(&question).ok().map(|a| a.allowed()));
        }
    }
    all
}

#[test]
fn a_table_that_moves_answers_as_before() {
    let table = table();
    let first = answers(&table);
    assert!(first.contains(&Some(true)) && first.contains(&Some(false)));
    let moved = Box::new(Table::from_bytes(table.bytes()).expect("it is sound"));
    drop(table);
    let back = *moved;
    assert_eq!(answers(&back), first);
    let user = back.user("ann").expect("it is sound").expect("ann is named");
    let board = back.kind("board").expect("a kind");
    let read = back.permission(board, "read").expect("a permission");
    let on = back.resource(board, "b").expect("it is sound").expect("it is known");
    let mut many = [true; 3];
    back.check_many(&[(user, read, on); 3], Instant::from_unix(0, 0), &mut many).expect("it is sound");
    assert_eq!(many, [back.check(&back.sign_in(user).expect("it is sound"), read, on, Instant::from_unix(0, 0)).expect("so"); 3]);
}

#[test]
fn changed_words_stay_within_bounds() {
    let bytes = table().bytes().to_vec();
    let (start, end) = (reseal::word(&bytes, header::LENGTH), reseal::long(&bytes, header::DIRECTORY));
    let step = if cfg!(miri) { 52 } else { 4 };
    for at in (start..end).step_by(step) {
        for number in [u32::MAX, 0x8000_0000, 1, at as u32] {
            let mut changed = bytes.clone();
            changed[at..at + 4].copy_from_slice(&number.to_le_bytes());
            reseal::reseal(&mut changed);
            if let Ok(table) = Table::from_bytes(&changed) {
                answers(&table);
            }
        }
    }
}
