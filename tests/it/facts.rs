//! Facts from data files: every sort, both formats, and every fault at its place.

use roomkey::report::human;
use roomkey::{Analysis, Policy, Question, Settings, Source, Sources};

use crate::reference::chance::Chance;
use crate::reference::facts::with_facts;
use crate::reference::generate::world;

fn analysis(files: &[(&str, &str)]) -> Analysis {
    let mut sources = Sources::default();
    for (name, text) in files {
        sources.add(Source::new(*name, *text));
    }
    Analysis::new(sources, &Settings::default())
}

/// `file:line:column rule: message` of every finding.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let analysis = analysis(files);
    let said = analysis.findings.iter().map(|f| format!("{} {}: {}", analysis.sources.place(f.span), f.rule.name, f.message));
    said.collect()
}

fn allowed(policy: &Policy, user: &str, permission: &str, resource: &str) -> bool {
    let at = "2026-06-01".parse().expect("a date");
    policy.check(&Question::new(user, permission, resource).at(at)).expect("an answer").allowed()
}

const POLICY: &str = "\
use livelike
group staff
group mods
role helper { can delete-comment }
facts members from \"data/members.csv\"
facts resources from \"data/resources.jsonl\"
facts accesses from \"data/accesses.csv\"
facts assignments from \"data/assignments.jsonl\"
";

#[test]
fn every_sort_means_what_its_statement_means() {
    let files = [
        ("policies/main.rk", POLICY),
        (
            "policies/data/members.csv",
            "\u{feff}until,user,group\r\n,ann,staff\r\n2020-01-01,old,staff\r\n,\"O\"\"Hara, Bob\",mods\r\n",
        ),
        (
            "policies/data/resources.jsonl",
            r#"{"kind":"program","id":"p1","parent_kind":"application","parent":"app"}

{"id":"app","kind":"application"}
"#,
        ),
        (
            "policies/data/accesses.csv",
            "kind,id,principal_kind,principal,verb,permissions,until\n\
             application,app,group,staff,can,\"change-profile-nickname, report-widget\",\n\
             program,p1,user,ann,cannot,report-widget,2020-01-01\n\
             program,p1,user,eve,cannot,*,\n\
             program,p*,default,,can,create-poll create-alert,\n",
        ),
        (
            "policies/data/assignments.jsonl",
            r#"{"role":"helper","subject_kind":"group","subject":"mods","scope_kind":"everywhere"}
{"role":"widget-publisher","subject_kind":"everyone","subject":null,"scope_kind":"program","scope":"p\u0031","until":"2030-01-01"}
"#,
        ),
    ];
    let files = files.map(|(name, text)| (name.to_string(), text.replace("create-poll", "create-text-poll")));
    let policy = Policy::from_texts(files).unwrap_or_else(|error| panic!("{error}"));
    assert!(allowed(&policy, "ann", "report-widget", "program:p1"));
    assert!(!allowed(&policy, "old", "report-widget", "program:p1"));
    assert!(!allowed(&policy, "eve", "create-alert", "program:p1"));
    assert!(allowed(&policy, "stranger", "create-alert", "program:p2"));
    assert!(allowed(&policy, "stranger", "publish-alert", "program:p1"));
    assert!(!allowed(&policy, "stranger", "publish-alert", "program:p2"));
}

/// A policy whose only data file is `d.ENDING`, after the kinds, groups and roles that its rows speak of.
fn faults(sort: &str, ending: &str, data: &str) -> Vec<String> {
    let policy = format!(
        "use liveblocks kind drive kind folder in folder, drive {{ levels read < write }} group staff group a group b\n\
         role helper {{ can write on room }} room lobby {{ user ann can read }} group c {{ user ann }}\n\
         assign helper to user ann in room lobby\n\
         facts {sort} from \"d.{ending}\""
    );
    let name = format!("d.{ending}");
    let found = found(&[("main.rk", &policy), (&name, data)]);
    found.iter().map(|line| line.strip_prefix(&format!("{name}:")).unwrap_or(line).to_owned()).collect()
}

#[test]
fn each_fault_of_a_row_stands_at_its_field() {
    let accesses = "kind,id,principal_kind,principal,verb,permissions,until\n\
        room,a,user,ann,can,raed,\n\
        rom,a,user,ann,can,read,\n\
        room,a,group,stuff,can,read,\n\
        room,a,usr,ann,can,read,\n\
        room,a,default,ann,can,read,\n\
        room,a,user,ann,could,read,\n\
        room,b,user,ann,can,\"read, *:write\",\n\
        room,a,user,ann,can,read,2026-02-30\n\
        room,a*b,user,ann*,cannot,comments:none,\n\
        room,a,user,,can,,\n\
        room,a,user,ann,can,nothing read,\n\
        room,a,user,ann,can,\"read,,write\",\n\
        room,a,user,ann,cannot,nothing,\n";
    let expected = [
        "2:21 unknown-permission: kind `room` does not declare `raed`",
        "3:1 unknown-kind: no kind is named `rom`",
        "4:14 unknown-group: no group is named `stuff`",
        "5:8 data-row: `usr` cannot stand as `principal_kind`",
        "6:16 data-row: `default` has no id, and the field `principal` holds one",
        "7:17 data-row: `could` is neither `can` nor `cannot`",
        "8:28 contradictory-list: `*:write` gives the base of kind `room` a second level",
        "9:26 bad-date: `2026-02-30` is no date and no time",
        "10:6 misplaced-star: `a*b` has a `*` that is not at its end",
        "10:15 misplaced-star: `ann*` has a `*`, and only ids of resources can be patterns",
        "10:27 none-in-prohibition: `comments:none` cannot be prohibited",
        "11:13 bad-id: an id cannot be empty",
        "11:18 data-row: here stands no permission",
        "12:21 data-row: `nothing` stands with other permissions",
        "13:22 data-row: the list has an empty item",
        "14:24 unknown-permission: `nothing` can neither be prohibited nor be given by a role",
    ];
    assert_eq!(faults("accesses", "csv", accesses), expected);
    let assignments = "scope,scope_kind,role,subject_kind,subject\n\
        lobby,room,helpr,user,ann\n\
        loby,room,helper,default,\n\
        x,everywhere,helper,everyone,\n\
        \"a\"\"*b\",room,helper,group,staff\n";
    let expected = [
        "2:12 unknown-role: no role is named `helpr`",
        "3:1 unknown-resource: the scope room `loby` is never declared",
        "3:18 data-row: `default` cannot stand as `subject_kind`",
        "4:1 data-row: `everywhere` has no id, and the field `scope` holds one",
        "5:2 misplaced-star: `a\"*b` has a `*` that is not at its end",
    ];
    assert_eq!(faults("assignments", "csv", assignments), expected);
    let resources = "kind,id,parent_kind,parent\n\
        room,r1,organization,umbrella\n\
        room,r2,room,lobby\n\
        room,r3,organization,\"x*\"\n\
        folder,f1,folder,f2\n\
        folder,f2,folder,f1\n\
        room,r4,organization,\n";
    let expected = [
        "2:22 unknown-resource: the container organization `umbrella` is never declared",
        "3:14 wrong-container: a room cannot be in a room",
        "4:23 misplaced-star: a container is a resource, never a pattern",
        "5:18 resource-cycle: folder f1 is in folder f2, which is in folder f1",
        "7:22 bad-id: an id cannot be empty",
    ];
    assert_eq!(faults("resources", "csv", resources), expected);
    let members = "group,member_kind,member\na,group,b\nb,group,a\nstuff,user,ann\nstaff,everyone,\n";
    let expected = [
        "2:9 group-cycle: group `a` contains group `b`, which contains group `a`",
        "4:1 unknown-group: no group is named `stuff`",
        "5:7 data-row: `everyone` cannot stand as `member_kind`",
    ];
    assert_eq!(faults("members", "csv", members), expected);
}

#[test]
fn a_fact_and_a_statement_that_say_the_same_are_two() {
    let twice = "2:1 duplicate-entry: a second `can` entry of user ann for kind `room` in room lobby";
    let header = "kind,id,principal_kind,principal,verb,permissions\n";
    assert_eq!(faults("accesses", "csv", &format!("{header}room,lobby,user,ann,can,*:write\n")), [twice]);
    let twice = [
        "2:3 listed-twice: user ann is a member of group `c` twice",
        "4:3 listed-twice: user bob is a member of group `c` twice",
    ];
    assert_eq!(faults("members", "csv", "group,user\nc,ann\nc,bob\nc,bob\n"), twice);
    let twice = "2:1 duplicate-assignment: role `helper` is assigned twice to user ann in room lobby";
    let row = "role,subject_kind,subject,scope_kind,scope\nhelper,user,ann,room,lobby\n";
    assert_eq!(faults("assignments", "csv", row), [twice]);
    let policy = "use liveblocks organization x { room a } organization y\nfacts resources from \"r.csv\"";
    let rows = "kind,id,parent_kind,parent\nroom,a,organization,y\nroom,a,,\nroom,a,organization,x\n";
    let twice = "r.csv:2:21 two-containers: resource room a is given a second container";
    assert_eq!(found(&[("main.rk", policy), ("r.csv", rows)]), [twice]);
}

#[test]
fn rows_that_cannot_be_read_do_not_hide_the_next() {
    let csv = "group,user,until\n\
        staff,ann\n\
        staff,\"ann,\n\
        staff,a\"nn,\n\
        staff, ann,\n\
        staff,\"ann\"x,\n\
        \n\
        staff,ann,,\n\
        stuff,\"a,n\",\n";
    let expected = [
        "2:1 data-row: the row has 2 fields, and the header names 3",
        "3:7 data-row: this quoted field is never closed",
        "4:7 data-row: a `\"` in a field without quotes",
        "5:7 data-row: a field begins or ends with a space",
        "6:12 data-row: text behind the `\"` that closes a field",
        "8:1 data-row: the row has 4 fields, and the header names 3",
        "9:1 unknown-group: no group is named `stuff`",
    ];
    assert_eq!(faults("members", "csv", csv), expected);
    let jsonl = r#"{"group":"staff","user":"ann"
{"group":"staff","usr":"ann"}
{"group":"staff","user":7}
{"group":"staff","user":"ann","user":"bob"}
{"group":"staff"}
["staff","ann"]
{"group":"staff","user":"ann","member_kind":"user","member":"ann"}
{"group":"staff","user":"\ud800"}
{"group":"st\u0075ff","user":"ann"}

{"group":"staff","user":"ann"} x
"#;
    let expected = [
        "1:29 data-row: no JSON object: EOF while parsing an object",
        "2:24 data-row: members have no field `usr`",
        "3:25 data-row: the value of `user` is no text",
        "4:38 data-row: the field `user` is given twice",
        "5:1 data-row: the row has no `user`",
        "6:1 data-row: no JSON object: invalid type: sequence, expected an object",
        "7:26 data-row: `user` and `member` both name the member",
        "8:25 data-row: an escape stands for half of a character",
        "9:11 unknown-group: no group is named `stuff`",
        "11:32 data-row: no JSON object: trailing characters",
    ];
    assert_eq!(faults("members", "jsonl", jsonl), expected);
    let lists = r#"{"kind":"room","id":"x","principal_kind":"default","verb":"can","permissions":["read","storage:none"]}
{"kind":"room","id":"y","principal_kind":"default","verb":"can","permissions":["read","raed"]}
{"kind":"room","id":"z","principal_kind":"default","verb":"can","permissions":["read",7]}
{"kind":"room","id":"z","principal_kind":"default","verb":"can","permissions":[]}
{"kind":"room","id":"z","principal_kind":"default","verb":"can","permissions":["re\u0061d","raed"]}
"#;
    let expected = [
        "2:88 unknown-permission: kind `room` does not declare `raed`",
        "3:79 data-row: the list of permissions holds something that is no text",
        "4:79 data-row: here stands no permission",
        "5:93 unknown-permission: kind `room` does not declare `raed`",
    ];
    assert_eq!(faults("accesses", "jsonl", lists), expected);
}

#[test]
fn the_header_names_every_column_once() {
    let header = |header: &str| faults("members", "csv", header);
    assert_eq!(header(""), ["1:1 data-columns: `d.csv` is empty, and its first line should name the columns"]);
    assert_eq!(header("group,usr\nx,y\n"), ["1:7 data-columns: no column of members is named `usr`"]);
    assert_eq!(header("user\n"), ["1:1 data-columns: the column `group` is missing"]);
    assert_eq!(header("group,group,user\n"), ["1:7 data-columns: the column `group` is given twice"]);
    assert_eq!(header("group,member\n"), ["1:1 data-columns: the column `member_kind` is missing"]);
    assert_eq!(header("group,user,member_kind,member\n"), ["1:24 data-columns: `user` and `member` both name the member"]);
    assert_eq!(header("group,\"user\"\n"), Vec::<String>::new());
    for verb in ["verb", "can|cannot", "effect"] {
        let rows = format!("kind,id,principal_kind,principal,{verb},permissions\nroom,x,default,,can,read\n");
        assert_eq!(faults("accesses", "csv", &rows), Vec::<String>::new());
    }
}

#[test]
fn findings_of_a_data_file_are_counted_behind_a_limit() {
    let rows = format!("group,user\n{}{}", "stuff,ann\n".repeat(1_003), "staff,ann\nstaff,ann\n");
    let found = faults("members", "csv", &rows);
    assert_eq!(found.len(), 1_002);
    assert_eq!(found[1_000], "1002:1 unknown-group: `d.csv` has 3 more findings of `unknown-group`");
    assert_eq!(found[1_001], "1006:7 listed-twice: user ann is a member of group `staff` twice");
}

#[test]
fn statements_that_name_no_data_file_say_why() {
    let found = |statement: &str| {
        let text = format!("{statement}\ngroup staff");
        found(&[("policies/main.rk", &text), ("policies/m.csv", "group,user\nstaff,ann\n")])
    };
    assert_eq!(found("facts members from \"m.csv\""), Vec::<String>::new());
    assert_eq!(found("facts members from ./m.csv"), ["policies/main.rk:1:20 syntax: expected an id, found `./m.csv`"]);
    assert_eq!(found("facts members from m.csv"), Vec::<String>::new());
    let cases = [
        ("facts member from \"m.csv\"", "1:7 unknown-facts: there are no facts of the sort `member`"),
        ("facts members from \"n.csv\"", "1:20 data-file: there is no data file `policies/n.csv`"),
        ("facts members from \"../../m.csv\"", "1:20 data-file: `../../m.csv` leads out of the policy"),
        ("facts members from \"/m.csv\"", "1:20 data-file: `/m.csv` is an absolute path"),
        ("facts members from \"C:/m.csv\"", "1:20 data-file: `C:/m.csv` is an absolute path"),
        (r#"facts members from "a\\m.csv""#, "1:20 data-file: `a\\m.csv` has a `\\`, and paths are written with `/`"),
        ("facts members from \"m.txt\"", "1:20 data-file: `m.txt` is no data file: its name ends in neither `.csv` nor `.jsonl`"),
        (
            "facts members from \"m.csv\" facts members from \"../policies/./m.csv\"",
            "1:47 listed-twice: `policies/m.csv` is read twice for members",
        ),
        ("facts members \"m.csv\"", "1:15 syntax: expected `from`, found `\"m.csv\"`"),
        ("group x { facts members from m.csv", "1:9 unclosed-block: this `{` is never closed"),
    ];
    for (statement, fault) in cases {
        assert_eq!(found(statement)[0], format!("policies/main.rk:{fault}"), "{statement}");
    }
}

/// Whatever stands in a data file, it is judged without a panic, and each finding points into its text.
#[test]
fn damaged_data_is_said_and_never_panics() {
    let bits =
        [",", "\"", "\"\"", "\n", "\r", "{", "}", "[", "]", "\\", "\\u00", "\0", "é", "\u{202e}", "*", " ", ":", "null", "7", ""];
    let (mut refused, mut runs) = (0, 0);
    for seed in 1..400 {
        let mut chance = Chance::new(seed);
        let mut files = with_facts(&world(seed), chance.clone());
        let data: Vec<usize> = (0..files.len()).filter(|i| files[*i].0.starts_with("data/")).collect();
        for _ in 0..if data.is_empty() { 0 } else { 12 } {
            let text = &mut files[*chance.pick(&data)].1;
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let at = chance.below(places.len());
            let end = places[(at + chance.below(3)).min(places.len() - 1)];
            let bit: &str = chance.pick::<&str>(&bits);
            text.replace_range(places[at]..end, bit);
            let given: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            let judged = analysis(&given);
            for span in judged.findings.iter().flat_map(|f| f.labels.iter().map(|l| l.span).chain([f.span])) {
                let text = judged.sources.get(span.file).text();
                assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} in {text:?}");
            }
            human::write(&mut Vec::new(), &judged.sources, &judged.findings, human::Look::default())
                .expect("a buffer takes everything");
            refused += usize::from(judged.into_policy().is_err());
            runs += 1;
        }
    }
    println!("{refused} of {runs} damaged policies were refused");
    assert!(refused * 2 > runs && runs > 1_000);
}
