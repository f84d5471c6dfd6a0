//! Decisions worked out by hand from the text of the language, rule by rule.

use super::decide::decide;
use super::read::{question, read};
use super::valid::problems;

/// A policy, and questions about it: `+` before those that are allowed, `-` denied, `!` refused.
pub struct Case {
    /// The sentence that it is about.
    pub about: &'static str,
    /// The policy, strictly laid out.
    pub policy: &'static str,
    /// The questions with their answers.
    pub questions: &'static str,
}

/// The kinds that the cases share, put before each policy.
pub const KINDS: &str = "
kind room in organization, folder {
  levels read < write
  features storage, comments, comments:public, comments:private, comments:public:draft
  permissions approve, pay
  retired room:presence:write
}
kind repo in organization {
  levels read < triage < write
  features wiki
  permissions pin
}
kind folder in folder, organization {
  levels read < write
  owner gets keeper
}
kind organization {
  permissions invite
}
role keeper {
  can *:write
}
";

/// Every case.
pub const CASES: &[Case] = &[
    Case {
        about: "nothing said is deny, and a higher level implies the lower ones",
        policy: "room a {\n user ann can write\n user bob can read\n}",
        questions: "+ann read room:a; +ann *:write room:a; +ann room:write room:a; +ann storage:write room:a
            +bob read room:a; -bob write room:a; -cyd read room:a; -ann approve room:a",
    },
    Case {
        about: "`*` is the highest level on the base and every flat permission; it sets no feature",
        policy: "room a {\n default can storage:read\n user ann can *\n}",
        questions: "+ann write room:a; +ann approve room:a; +ann pay room:a; +ann storage:read room:a
            -ann storage:write room:a; +ann comments:write room:a",
    },
    Case {
        about: "`KIND:LEVEL` is the base of that kind alone, `LEVEL` of each that has it",
        policy: "organization acme {\n default can room:write\n room a\n repo r\n folder f\n user ann can triage, folder:read\n}",
        questions: "+bob write room:a; -bob read repo:r; -bob read folder:f
            +ann triage repo:r; -ann write repo:r; +ann folder:read folder:f; +ann write room:a",
    },
    Case {
        about: "retired permissions are accepted in lists, without effect",
        policy: "room a {\n default can read, room:presence:write\n user ann cannot room:presence:write\n}",
        questions: "+ann read room:a; -bob write room:a; !bob room:presence:write room:a",
    },
    Case {
        about: "naming a feature names its sub-features, unless the list names those too",
        policy: "room a {\n default can read, comments:write, comments:private:none\n}
            room b {\n default can read, comments:none, comments:public:read, comments:public:draft:write\n}",
        questions: "+ann comments:public:write room:a; +ann comments:public:draft:write room:a; -ann comments:private:read room:a
            -ann storage:write room:a; -ann comments:private:read room:b; +ann comments:public:draft:write room:b
            +ann comments:write room:b; -ann storage:write room:b",
    },
    Case {
        about: "`nothing` sets the base and every flat permission to none, and every feature to follow the base",
        policy: "organization acme {\n default can write, approve on room\n default can invite on organization
            room a {\n default can nothing\n user ann can read\n}
            room b {\n user ann can nothing\n default can storage:write\n}\n}",
        questions: "+ann storage:read room:a; -ann storage:write room:a; -bob read room:a; -bob approve room:a
            -ann read room:b; -ann storage:read room:b; +bob storage:write room:b; +bob approve room:b
            +bob invite organization:acme",
    },
    Case {
        about: "each part on its own: a base written close by does not silence a feature written further out",
        policy: "organization acme {\n default can comments:write, storage:none\n room a {\n default can read\n}\n}",
        questions: "+ann read room:a; +ann comments:write room:a; -ann storage:read room:a; -ann write room:a",
    },
    Case {
        about: "R itself; then the patterns that match R, longest first; then R's parent",
        policy: "organization acme {\n default can write
            room ab {\n default can storage:write\n}
            room \"a*\" {\n default can comments:none, storage:none, read\n}
            room \"ab*\" {\n default can comments:read, write\n}
            room \"*\" {\n default can nothing\n}\n}",
        questions: "+u storage:write room:ab; +u comments:read room:ab; -u comments:write room:ab; +u write room:ab
            -u write room:ax; -u comments:read room:ax; -u read room:b; +u read room:abc",
    },
    Case {
        about: "the user's own entry; else the groups'; else the default entry",
        policy: "group g {\n user ann\n user bob\n}
            room a {\n default can write, comments:none\n group g can read, storage:write\n user ann can storage:read\n}",
        questions: "-ann storage:write room:a; +ann storage:read room:a; -ann write room:a; -ann comments:read room:a
            +bob storage:write room:a; +bob read room:a; -bob write room:a; +x write room:a; +x storage:write room:a",
    },
    Case {
        about: "the highest level among the groups, and a named level, even `none`, outranks follow",
        policy: "group g {\n user ann\n}\ngroup h {\n user ann\n user bob\n}
            room a {\n group g can read, storage:none, comments:read\n group h can write, comments:write\n}
            room b {\n group g can nothing\n group h can write, storage:none\n}
            room c {\n group g can nothing\n group h can storage:read\n default can write, comments:none\n}",
        questions: "+ann write room:a; -ann storage:read room:a; +ann comments:write room:a; +bob storage:write room:a
            +ann comments:write room:b; -ann storage:read room:b; +bob write room:b
            -ann read room:c; -ann storage:read room:c; +bob storage:read room:c; -bob comments:read room:c",
    },
    Case {
        about: "a feature that nothing sets has the level of the base; without a base no feature",
        policy: "room a {\n default can storage:write\n user ann can read\n user bob can comments:write, approve\n}",
        questions: "+ann storage:write room:a; +ann comments:read room:a; -ann comments:write room:a
            -bob comments:write room:a; -bob storage:read room:a; +bob approve room:a; -cyd storage:read room:a",
    },
    Case {
        about: "asking for a feature asks for it or any of its sub-features",
        policy: "room a {\n default can read, comments:none, comments:public:draft:write\n}",
        questions: "+u comments:write room:a; +u comments:public:write room:a; -u comments:private:read room:a; -u write room:a",
    },
    Case {
        about: "`on` limits an entry to those kinds",
        policy: "organization acme {\n default can read on repo\n default can write, approve on room\n repo r\n room a\n folder f\n}",
        questions: "+u read repo:r; -u triage repo:r; +u write room:a; +u approve room:a; -u read folder:f",
    },
    Case {
        about: "a date lasts through that day in UTC, a timestamp up to and not including that instant",
        policy: "room a {\n user ann can write until 2026-12-31\n user bob can write until 2026-12-31T18:00:00+02:00\n default can read\n}",
        questions: "+ann write room:a 2026-12-31T23:59:59.999999999Z; -ann write room:a 2027-01-01T00:00:00Z
            +ann read room:a 2027-01-01T00:00:00Z; +bob write room:a 2026-12-31T15:59:59.9Z
            -bob write room:a 2026-12-31T16:00:00Z; +ann write room:a 2027-01-01T00:59:00+01:00",
    },
    Case {
        about: "membership is transitive, may expire, and may be named at sign-in",
        policy: "group staff {\n group eng until 2026-06-30\n}\ngroup eng {\n user ann\n user bob until 2026-02-01T00:00:00Z\n}
            room a {\n group staff can write\n group eng can read\n}",
        questions: "+ann write room:a; -ann write room:a 2026-07-01T00:00:00Z; +ann read room:a 2026-07-01T00:00:00Z
            -bob read room:a 2026-02-01T00:00:00Z; +x+eng write room:a; +x+staff write room:a; -x+ghosts read room:a",
    },
    Case {
        about: "a resource's organization is the sign-in's, else deny; in none it is in `default`",
        policy: "organization acme {\n folder f {\n room a {\n default can read\n}\n}\n}\nroom b {\n default can read\n}",
        questions: "+u read room:a; +u read room:a @acme; -u read room:a @beta; -u read room:a @default
            +u read room:b; +u read room:b @default; -u read room:b @acme",
    },
    Case {
        about: "a closed organization lets in members only, directly or through groups; `everywhere` does not open it",
        policy: "group g {\n group h\n}\ngroup h {\n user bob\n}
            organization acme {\n member user ann, group g until 2026-06-30\n room a {\n default can read\n}\n}
            assign keeper to user root everywhere",
        questions: "+ann read room:a; +bob read room:a; -bob read room:a 2026-07-01T00:00:00Z; +x+h read room:a
            -x read room:a; -root read room:a",
    },
    Case {
        about: "an organization with any member, expired or not, is closed; so is a `default` with one",
        policy: "organization acme {\n member user ann until 2025-01-01\n room a {\n default can read\n}\n}
            organization default {\n member user ann\n}\nroom b {\n default can read\n}",
        questions: "-ann read room:a; -bob read room:a; +ann read room:b; -bob read room:b",
    },
    Case {
        about: "an undeclared resource takes as its parent that of the longest matching pattern that has one",
        policy: "organization acme {\n default can write on room\n room \"a*\"\n}
            organization beta {\n default can read\n room \"ab*\"\n}\nroom \"abc*\" {\n default can storage:write\n}",
        questions: "+u write room:ax; -u write room:aby; +u read room:aby; +u storage:write room:abcd; -u write room:abcd
            -u read room:abcd @acme; +u read room:abcd @beta; -u read room:zz",
    },
    Case {
        about: "a pattern inside a container speaks only about resources below that container",
        policy: "organization acme {\n folder f {\n room \"a*\" {\n default can write\n}\n folder f2 {\n room a1\n}\n}
            room a2\n folder \"f*\" {\n default can read\n}\n}\nroom a3",
        questions: "+u write room:a1; -u write room:a2; -u read room:a3; +u write room:a9; +u read folder:f; +u read folder:f2",
    },
    Case {
        about: "so does a pattern in a container of its own kind, where a longer way among the kinds leads back to it",
        policy: "kind shelf in cupboard, organization {\n levels read\n}\nkind cupboard in shelf {\n levels read\n}
            shelf s {\n cupboard c {\n shelf s1\n}\n shelf \"s*\" {\n default can read\n}\n}\nshelf s2",
        questions: "-u read shelf:s; +u read shelf:s1; -u read shelf:s2; +u read shelf:s9; -u read cupboard:c",
    },
    Case {
        about: "a role reaches what its scope contains, and grants only what the resource's kind declares",
        policy: "organization acme {\n folder f {\n room a\n}\n repo r\n}\nrole reader {\n can triage, pin on repo\n can read, pay on room\n}
            assign reader to user ann in organization acme
            assign reader to user bob in folder f",
        questions: "+ann read room:a; +ann pay room:a; -ann approve room:a; +ann triage repo:r; +ann pin repo:r; -ann read folder:f
            +bob read room:a; -bob read repo:r",
    },
    Case {
        about: "roles only add: `default can nothing` does not stop a role, and the higher level of each part counts",
        policy: "role writer {\n can storage:write, comments:none on room\n}\nrole reader {\n can read on room\n}
            room a {\n default can nothing\n}\nroom b {\n default can read\n}
            assign writer to everyone in room a, room b\n assign reader to group g in room a\ngroup g",
        questions: "-u storage:write room:a; +u+g storage:write room:a; +u+g comments:read room:a; -u+g comments:write room:a
            +u storage:write room:b; +u comments:read room:b",
    },
    Case {
        about: "a role is completed first, each included role likewise",
        policy: "role outer includes inner {\n can read on room\n}\nrole inner includes deep {\n can write, storage:none on room\n}
            role deep {\n can approve on room\n}\nroom a {\n default can comments:none\n}\nassign outer to user ann in room a",
        questions: "+ann write room:a; +ann storage:read room:a; -ann storage:write room:a; +ann comments:write room:a; +ann approve room:a",
    },
    Case {
        about: "a scope is a resource, a pattern with its container, or everywhere, until the assignment ends",
        policy: "organization acme {\n folder \"a*\"\n folder a1 {\n room x\n}\n}\nfolder a2 {\n room y\n}
            assign keeper to user ann in folder \"a*\"\nassign keeper to user bob in folder \"a2*\"
            assign keeper to user root everywhere until 2026-06-30",
        questions: "+ann write room:x; +ann write folder:a1; -ann write room:y; +bob write room:y; +bob write folder:a22
            +root write room:y; -root write room:y 2026-07-01T00:00:00Z; +ann write folder:a7; -ann write folder:a22 @default",
    },
    Case {
        about: "an owner gets the role of the kind, in that resource and what it contains",
        policy: "folder f {\n owner user ann\n room a\n folder g\n}\nfolder h",
        questions: "+ann write folder:f; +ann write room:a; +ann write folder:g; -ann read folder:h; -bob read folder:f",
    },
    Case {
        about: "a prohibition wins over closer accesses, roles and owners, on the resource and everything it contains",
        policy: "group g {\n user ann\n}\nfolder f {\n owner user ann\n group g cannot write\n room a {\n user ann can *\n}\n}
            room \"z*\" {\n default cannot pay\n}\nroom z1 {\n default can *\n}",
        questions: "-ann write room:a; +ann read room:a; -ann write folder:f; +ann read folder:f; -ann storage:write room:a
            +ann approve room:a; -u pay room:z1; +u approve room:z1; +u write room:z1",
    },
    Case {
        about: "a prohibition takes what it lists and what implies that; each permission of the list counts alone",
        policy: "repo r {\n default can write, pin\n user ann cannot triage\n user bob cannot wiki:triage\n user cyd cannot *\n}
            room a {\n default can write\n user ann cannot comments:read, comments:public:write\n user bob cannot read\n}",
        questions: "+ann read repo:r; -ann triage repo:r; -ann write repo:r; -ann wiki:triage repo:r; +ann wiki:read repo:r; +ann pin repo:r
            +bob write repo:r; +bob wiki:read repo:r; -bob wiki:triage repo:r; -bob wiki:write repo:r
            -cyd read repo:r; -cyd pin repo:r; -cyd wiki:read repo:r
            -ann comments:public:read room:a; -ann comments:read room:a; +ann storage:write room:a; -bob storage:read room:a",
    },
    Case {
        about: "without a base after prohibitions there is no feature, though there are flat permissions",
        policy: "room a {\n default can read, storage:write, pay\n user ann cannot read\n}\nfolder f {\n room b {\n default can write, pay\n}\n}",
        questions: "-ann storage:write room:a; +ann pay room:a; +u storage:write room:a; +u pay room:b",
    },
    Case {
        about: "a stranger has the accesses of `default`, of `everyone` and of its sign-in groups",
        policy: "group g\nrole reader {\n can pay on room\n}\nassign reader to everyone in room a
            room a {\n default can read\n group g can write\n}",
        questions: "+stranger read room:a; +stranger pay room:a; -stranger write room:a; +stranger+g write room:a",
    },
    Case {
        about: "what cannot be asked is refused, and an unknown resource is a deny",
        policy: "room a {\n default can *\n}\nassign keeper to everyone everywhere\nassign keeper to user ann in room \"p*\"",
        questions: "!u read nokind:a; !u triage room:a; !u storage:none room:a; !u * room:a; !u read room:a*; !u invite room:a
            !u room:presence:write room:a; -u read room:b; +u read room:p1; !u wiki:read room:a",
    },
    Case {
        about: "kinds that contain themselves: the closest place wins at every depth",
        policy: "folder f {\n default can write\n folder g {\n default can read\n folder h {\n room a\n}\n}\n}",
        questions: "+u write folder:f; -u write folder:g; +u read folder:h; -u write room:a; +u read room:a",
    },
    Case {
        about: "entries of one principal on different kinds stand together, and an expired one does not exist",
        policy: "organization acme {\n user ann can write on room until 2026-06-30\n user ann can read on folder
            room a {\n default can nothing until 2026-03-01\n}\n folder f\n}",
        questions: "+ann read folder:f; -ann write folder:f; -ann read room:a; +ann write room:a 2026-03-02T00:00:00Z
            -ann read room:a 2026-07-01T00:00:00Z",
    },
];

/// The questions of a case with their answers; none where the question is refused.
pub fn expected(case: &Case) -> Vec<(&'static str, Option<bool>)> {
    let lines = case.questions.split([';', '\n']).map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| match line.split_at(1) {
            ("+", question) => (question, Some(true)),
            ("-", question) => (question, Some(false)),
            (_, question) => (question, None),
        })
        .collect()
}

#[test]
fn the_reference_holds_every_case() {
    for case in CASES {
        let world = read(&format!("{KINDS}{}", case.policy));
        assert_eq!(problems(&world), Vec::<String>::new(), "{}", case.about);
        for (text, answer) in expected(case) {
            assert_eq!(decide(&world, &question(text)).ok(), answer, "{}: {text}", case.about);
        }
    }
}
