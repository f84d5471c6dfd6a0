//! A planted violation of each form of an invariant prints a right witness, and an invariant that holds is silent.

use roomkey::query::prove::{Found, When, prove};
use roomkey::report::tried;
use roomkey::{Instant, Policy};

const POLICY: &str = "use liveblocks
kind invoice in organization { permissions approve, pay }
group staff { user ann  user ben until 2030-06-30  group leads }
group leads { user cleo }
group guests
role payer { can pay }
organization acme {
  room plan { default can nothing  group staff can *:write  user dan can *:read }
  room \"desk:*\" { group guests can *:read  user eve can *:write }
  invoice july { group leads can approve  user dan can approve }
}
organization other { room hall { default can *:read } }
assign payer to user cleo in organization acme
";

/// A line, whether it holds, and what is printed of it where it does not.
const LINES: [(&str, Option<&str>); 18] = [
    ("no one can *:write on room hall", None),
    ("no one can *:read on room hall", Some("but user ann can *:read on room hall")),
    ("no one can *:write on room \"*\" in organization other", None),
    ("no one can *:write on room \"*\" in organization acme", Some("but user cleo can *:write on room plan")),
    ("no one can both approve and pay on invoice \"*\"", Some("but user cleo can approve and pay on invoice july")),
    ("no user dan can *:write on room plan", None),
    ("no user dan can *:read on room plan", Some("but user dan can *:read on room plan")),
    ("no group guests can *:write on room \"desk:*\"", None),
    ("no group guests can *:read on room \"desk:*\"", Some("but user stranger with group guests can *:read on room")),
    ("no group leads can *:write on room plan", Some("but user cleo can *:write on room plan")),
    ("only group staff can *:write on room plan", None),
    ("only group leads can *:write on room plan", Some("but user ann can *:write on room plan")),
    ("only group staff can *:read on room plan", Some("but user dan can *:read on room plan")),
    ("only user eve can *:write on room \"desk:*\"", None),
    ("at most 3 can *:write on room plan", None),
    ("at most 2 can *:write on room plan", Some("but 3 users can *:write on room plan")),
    ("at least 3 can *:write on room plan", Some("but 2 users can *:write on room plan at 2030-07-01T00:00:00Z")),
    ("at least 1 can approve on invoice \"*\"", None),
];

#[test]
fn a_planted_violation_of_each_form_prints_a_right_witness() {
    let when = When { now: "2026-01-15".parse().unwrap_or(Instant::from_unix(1_768_435_200, 0)), now_only: false };
    for (line, wrong) in &LINES {
        let text = format!("{POLICY}invariant law {{ {line} }}\n");
        let policy = Policy::from_texts([("p.rk".into(), text)]).unwrap_or_else(|e| panic!("{line}: {e}"));
        let tried = prove(policy.table(), policy.model(), "", when).expect("an answer");
        let mut out = Vec::new();
        tried::text(&mut out, policy.sources(), &tried, None).expect("written");
        let said = String::from_utf8(out).expect("text");
        match wrong {
            None => assert_eq!(tried.failed, 0, "{line}\n{said}"),
            Some(wrong) => assert!(tried.failed == 1 && said.contains(wrong), "{line}\n{said}"),
        }
        for failure in &tried.failures {
            let Found::Witness(question, answers, _) = &failure.found else { continue };
            assert!(!answers.is_empty() && answers.iter().all(roomkey::Answer::allowed), "{line}\n{said}");
            for permission in question.permission.split(" and ") {
                let one = roomkey::Question { permission: permission.into(), ..(**question).clone() };
                assert!(policy.check(&one).expect("an answer").allowed(), "{line}: {one:?}");
            }
            let because = said.lines().filter(|l| l.trim_start().starts_with("because ")).count();
            assert_eq!(because, answers.len(), "{said}");
        }
    }
}
