//! A check takes no memory: counted in a binary of its own, whose allocator counts.

use roomkey::table::decide::{Permission, Resource};
use roomkey::table::{SignIn, UserId};
use roomkey::{Instant, Policy, Table};

/// Every way that a check can go: rows of users, groups and everyone, roles, prohibitions, ends, patterns, a closed
/// organization, sub-features, and a kind with very many parts.
fn policy() -> Policy {
    let flats: Vec<String> = (0..300).map(|i| format!("do-{i}")).collect();
    let text = format!(
        "use liveblocks
        kind board in organization {{ levels read < write  permissions {} }}
        role reader {{ can read, comments:write, do-7 }}
        group staff {{ user ann until 2100-01-01, group eng }}
        group eng {{ user bob }}
        organization acme {{ member group staff, user cyd  default can read
          room lobby {{ default can nothing  group eng can comments:public:write  user ann cannot feeds:read until 2099-01-01 }}
          room \"design:*\" {{ group staff can write }}
          room \"design:x*\" {{ default cannot comments:private:write }}
          board b {{ user ann can do-1, read }} }}
        assign reader to group staff, everyone in organization acme until 2099-01-01
        assign reader to user root everywhere",
        flats.join(", ")
    );
    Policy::from_texts([("policy.rk".into(), text)]).expect("the policy is sound")
}

fn user(table: &Table, name: &str) -> UserId {
    table.user(name).expect("it is sound").expect("the user is named")
}

fn permission(table: &Table, kind: &str, text: &str) -> Permission {
    table.permission(table.kind(kind).expect("a kind"), text).expect("a permission")
}

/// What the closure takes in allocations of memory.
fn allocations(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

#[test]
fn a_check_takes_no_memory() {
    let policy = policy();
    let bytes = policy.table().bytes();
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), bytes).expect("it is written");
    let opened = [
        Table::from_bytes(bytes).expect("it is sound"),
        Table::open(file.path()).expect("it is sound"),
        Table::open_verified(file.path()).expect("it is sound"),
    ];
    for table in &opened {
        by_id(table);
        by_name(table);
    }
}

fn by_id(table: &Table) {
    let texts = ["read", "write", "comments:read", "comments:write", "comments:public:write", "feeds:read", "storage:write"];
    let rooms = texts.map(|text| permission(table, "room", text));
    let boards = ["read", "write", "do-1", "do-7", "do-299"].map(|text| permission(table, "board", text));
    let (room, board) = (table.kind("room").expect("a kind"), table.kind("board").expect("a kind"));
    let id = |kind, id| table.resource(kind, id).expect("it is sound").expect("it is known");
    let rooms_on = [id(room, "lobby"), id(room, "design:1"), id(room, "design:x1")];
    let mut sign_ins: Vec<SignIn<'_>> =
        ["ann", "bob", "cyd", "root"].iter().map(|name| table.sign_in(user(table, name)).expect("it is sound")).collect();
    sign_ins.push(table.sign_in_with(None, &[]).expect("it is sound"));
    sign_ins.push(table.to_organization(sign_ins[0].clone(), "acme").expect("it is sound"));
    let times = ["2026-01-01", "2099-06-01", "2200-01-01"].map(|t| t.parse::<Instant>().expect("a time"));
    let (mut allowed, mut denied) = (0, 0);
    let mut ask = |sign_in: &SignIn<'_>, permission, on: Resource<'_>| {
        for at in times {
            match table.check(sign_in, permission, on, at).expect("it is sound") {
                true => allowed += 1,
                false => denied += 1,
            }
        }
    };
    let taken = allocations(|| {
        for sign_in in &sign_ins {
            rooms.iter().for_each(|p| rooms_on.iter().for_each(|on| ask(sign_in, *p, *on)));
            boards.iter().for_each(|p| ask(sign_in, *p, id(board, "b")));
        }
    });
    assert_eq!(taken, 0, "a check by id takes memory");
    assert!(allowed > 50 && denied > 50, "{allowed} allowed, {denied} denied");
}

fn by_name(table: &Table) {
    let now = Instant::now();
    let write = permission(table, "room", "comments:public:write");
    let taken = allocations(|| {
        for name in ["ann", "bob", "cyd"] {
            let sign_in = table.sign_in(user(table, name)).expect("it is sound");
            let sign_in = table.to_organization(sign_in, "acme").expect("it is sound");
            for id in ["lobby", "design:home", "design:xyz"] {
                let room = table.resource(write.kind(), id).expect("it is sound").expect("it is known");
                std::hint::black_box(table.check(&sign_in, write, room, now).expect("it is sound"));
            }
            assert!(table.resource(write.kind(), "nowhere").expect("it is sound").is_none());
            assert!(table.user("a stranger").expect("it is sound").is_none());
        }
    });
    assert_eq!(taken, 0, "a check by name takes memory");
}

/// The counter counts: otherwise the other test could not fail.
#[test]
fn memory_that_is_taken_is_counted() {
    assert!(allocations(|| drop(std::hint::black_box(Vec::<u8>::with_capacity(64)))) > 0);
}
