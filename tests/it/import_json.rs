//! Imports from JSON: what is written, what is noted, and what is refused, word for word.

use roomkey::exchange::{Format, ImportError, Imported, Input, import};

fn run(format: Format, text: &str) -> Result<Imported, ImportError> {
    import(format, &[Input { path: "in.json".into(), text: text.to_owned() }])
}

/// The files, each under its name, then the notes.
fn written(format: Format, text: &str) -> String {
    let imported = run(format, text).unwrap_or_else(|error| panic!("{error} at {:?}", error.place()));
    let files = imported.files.iter().map(|file| format!("--- {}\n{}", file.name, file.text));
    files.chain(imported.notes.iter().map(|note| format!("! {note}\n"))).collect()
}

/// The message of a refusal with its line and column.
fn refused(format: Format, text: &str) -> String {
    match run(format, text) {
        Ok(imported) => panic!("accepted: {imported:?}"),
        Err(error) => match error.place() {
            Some((line, column)) => format!("{line}:{column} {error}"),
            None => error.to_string(),
        },
    }
}

#[track_caller]
fn same(found: &str, expected: &str) {
    assert!(found == expected, "found:\n{found}\nexpected:\n{expected}");
}

mod liveblocks {
    use super::*;

    fn of(text: &str) -> String {
        written(Format::Liveblocks, text)
    }

    fn no(text: &str) -> String {
        refused(Format::Liveblocks, text)
    }

    /// The lines of the one room `r` with these fields, without `use`, and the notes.
    fn room(fields: &str) -> String {
        let all = of(&format!("{{\"id\":\"r\",{fields}}}"));
        let kept = all.lines().filter(|line| !line.starts_with("---") && !line.starts_with("use") && !line.is_empty());
        kept.map(|line| format!("{line}\n")).collect()
    }

    #[test]
    fn a_page_becomes_a_file_for_each_organization() {
        let page = r#"{
  "nextCursor": null,
  "data": [
    {"type": "room", "id": "b", "organizationId": "acme", "metadata": {"defaultAccesses": 1},
     "defaultAccesses": [],
     "groupsAccesses": {"engineering": ["*:read", "comments:write"], "design": ["room:write"]},
     "usersAccesses": {"olivier@example.com": ["*:write"]}},
    {"id": "a:1", "organizationId": "acme", "defaultAccesses": ["*:read"], "groupsAccesses": {}, "usersAccesses": {}},
    {"id": "open", "defaultAccesses": ["room:write"]},
    {"id": "older", "tenantId": "Umbrella Inc", "defaultAccesses": ["comments:none", "*:write"]},
    {"id": "plain", "organizationId": "default", "tenantId": null, "defaultAccesses": []}
  ]
}"#;
        same(
            &of(page),
            r#"--- Umbrella-Inc.rk
use liveblocks

organization "Umbrella Inc" {
  room older {
    default can comments:none, *:write
  }
}
--- acme.rk
use liveblocks

organization acme {
  room "a:1" {
    default can *:read
  }

  room b {
    default can nothing
    group design can room:write
    group engineering can *:read, comments:write
    user olivier@example.com can *:write
  }
}
--- groups.rk
// The groups that rooms name. Their members are named at sign-in.

group design
group engineering
--- rooms.rk
use liveblocks

room open {
  default can room:write
}

room plain {
  default can nothing
}
"#,
        );
    }

    #[test]
    fn lists_lines_and_pages_are_one() {
        let list = r#"[{"id":"a","defaultAccesses":["*:read"]},{"id":"b","defaultAccesses":[]}]"#;
        let lines = "{\"id\":\"b\",\"defaultAccesses\":[]}\n\n{\"id\":\"a\",\"defaultAccesses\":[\"*:read\"]}\n";
        let pages =
            r#"{"data":[{"id":"a","defaultAccesses":["*:read"]}],"nextCursor":"x"} {"data":[{"id":"b","defaultAccesses":[]}]}"#;
        same(&of(lines), &of(list));
        same(&of(pages), &of(list));
        same(&of(&format!("\u{feff}{list}")), &of(list));
    }

    #[test]
    fn the_retired_permission_is_left_out_with_one_note() {
        let text = "{\"id\":\"a\",\"defaultAccesses\":[\"room:read\",\"room:presence:write\"]}\n\
                    {\"id\":\"b\",\"defaultAccesses\":[\"room:presence:write\"],\"usersAccesses\":{\"u\":[\"room:presence:write\"]}}";
        same(
            &of(text),
            "--- rooms.rk\nuse liveblocks\n\nroom a {\n  default can room:read\n}\n\nroom b {\n  default can nothing\n}\n\
             ! in.json:1: `room:presence:write` is retired and has no effect: left out of 3 lists, here in the first\n\
             ! in.json:2: room `b`: the list of user `u` has nothing left in it: the entry is left out\n",
        );
    }

    #[test]
    fn an_empty_list_of_a_group_or_a_user_is_left_out() {
        same(
            &room("\"defaultAccesses\":[\"*:read\"],\n\"groupsAccesses\":{\"g\":[]},\"usersAccesses\":{\"u\":[ ],\"v\":null}"),
            "room r {\n  default can *:read\n}\n\
             ! in.json:2: room `r`: the list of group `g` is empty, which has no effect in Liveblocks: the entry is left out\n\
             ! in.json:2: room `r`: the list of user `u` is empty, which has no effect in Liveblocks: the entry is left out\n\
             ! in.json:2: room `r`: the list of user `v` is `null`: the entry is left out\n",
        );
    }

    #[test]
    fn no_list_gives_more_than_it_could_mean() {
        let list = |list: &str| room(&format!("\"defaultAccesses\":[],\"usersAccesses\":{{\"u\":{list}}}"));
        let with = |entry: &str, notes: &[&str]| {
            let notes = notes.iter().map(|note| format!("! in.json:1: room `r`: the list of user `u` {note}\n"));
            format!("room r {{\n  default can nothing\n{entry}}}\n{}", notes.collect::<String>())
        };
        same(
            &list(r#"["comments:write","*:read","comments:read"]"#),
            &with(
                "  user u can comments:read, *:read\n",
                &["has both `comments:write` and `comments:read`: the lower one is kept"],
            ),
        );
        same(
            &list(r#"["room:read","*:write"]"#),
            &with("  user u can room:read\n", &["has both `room:read` and `*:write`: the lower one is kept"]),
        );
        same(
            &list(r#"["*:read","feeds:read","feeds:read"]"#),
            &with("  user u can *:read, feeds:read\n", &["gives `feeds:read` twice: kept once"]),
        );
        same(
            &list(r#"["files:read","*:read"]"#),
            &with("  user u can *:read\n", &["has `files:read`, a feature that is unknown here: left out"]),
        );
        same(
            &list(r#"["*:write","storage:admin"]"#),
            &with(
                "  user u can *:write, storage:none\n",
                &["has `storage:admin`, a level that is unknown here: read as `storage:none`"],
            ),
        );
        for unclear in ["*", "write", "room:admin", "*:none", "", ":read", "*:comments:read", "a b:read"] {
            same(
                &list(&format!(r#"["storage:read","{unclear}"]"#)),
                &with(
                    "  user u can nothing\n",
                    &[&format!("has `{unclear}`, which cannot be read"), "is not sound: `can nothing` is written in its place"],
                ),
            );
        }
        same(&list("\"*:read\""), &with("  user u can *:read\n", &[]));
    }

    #[test]
    fn names_given_twice() {
        let users = |users: &str| room(&format!("\"defaultAccesses\":[],\"usersAccesses\":{{{users}}}"));
        same(
            &users(r#""u":["*:read"],"u":["*:read"]"#),
            "room r {\n  default can nothing\n  user u can *:read\n}\n! in.json:1: room `r`: the list of user `u` is given twice: kept once\n",
        );
        let differs = "! in.json:1: room `r`: the list of user `u` is given twice and differs: `can nothing` is written for it\n";
        same(
            &users(r#""u":["*:read"],"\u0075":["*:write"]"#),
            &format!("room r {{\n  default can nothing\n  user u can nothing\n}}\n{differs}"),
        );
        same(
            &no(r#"{"id":"r","defaultAccesses":[],"defaultAccesses":["*:read"]}"#),
            "1:50 `defaultAccesses` is given twice in one object",
        );
    }

    #[test]
    fn ids_that_the_language_lacks() {
        same(
            &of(
                "[{\"id\":\"design:*\",\"defaultAccesses\":[]},\n{\"id\":\"\",\"defaultAccesses\":[]},\n{\"id\":\"r\",\"defaultAccesses\":[],\"usersAccesses\":{\"a\\u0000b\":[\"*:read\"]}},\n{\"id\":\"s\",\"defaultAccesses\":[\"*:write\"],\"groupsAccesses\":{\"g*\":[\"*:read\"]}},\n{\"id\":\"t\",\"organizationId\":\"*\",\"defaultAccesses\":[]},\n{\"id\":\"u\",\"organizationId\":\"a\",\"tenantId\":\"b\",\"defaultAccesses\":[]}]",
            ),
            "--- rooms.rk\nuse liveblocks\n\nroom r {\n  default can nothing\n}\n\
             ! in.json:1: room `design:*` is left out: its id has a `*` where none is allowed\n\
             ! in.json:2: room `` is left out: its id is empty\n\
             ! in.json:3: room `r`: the id of user `a\\u{0}b` has a control or bidirectional-override character: the entry is left out\n\
             ! in.json:4: room `s` is left out: the id of group `g*` has a `*` where none is allowed\n\
             ! in.json:5: room `t` is left out: the id of its organization, `*`, has a `*` where none is allowed\n\
             ! in.json:6: room `u` is left out: `organizationId` is `a` and `tenantId` is `b`\n",
        );
    }

    #[test]
    fn a_room_listed_twice_must_say_the_same() {
        let same_twice = "{\"id\":\"a\",\"defaultAccesses\":[]}\n{\"id\":\"a\",\"defaultAccesses\":[]}";
        same(
            &of(same_twice),
            "--- rooms.rk\nuse liveblocks\n\nroom a {\n  default can nothing\n}\n! in.json:2: room `a` is listed twice: kept once\n",
        );
        let differs = "{\"id\":\"a\",\"defaultAccesses\":[]}\n{\"id\":\"a\",\"defaultAccesses\":[\"*:read\"]}\n{\"id\":\"a\",\"defaultAccesses\":[]}";
        same(
            &of(differs),
            "! in.json:2: room `a` is left out: it is listed at in.json:1 too, and differs\n\
             ! in.json:3: room `a` is left out: it is listed at in.json:1 too, and differs\n",
        );
    }

    #[test]
    fn files_never_share_a_name() {
        let text = r#"[{"id":"1","organizationId":"a:b","defaultAccesses":[]},{"id":"2","organizationId":"a b","defaultAccesses":[]},
            {"id":"3","organizationId":"ROOMS","defaultAccesses":[]},{"id":"4","defaultAccesses":[]}]"#;
        let files = run(Format::Liveblocks, text).unwrap().files;
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["ROOMS-2.rk", "a-b-2.rk", "a-b.rk", "rooms.rk"]);
    }

    #[test]
    fn a_wrong_shape_says_where_and_what_was_expected() {
        same(&no("7"), "1:1 expected a room, a list of rooms, or a page with `data`, found the number `7`");
        same(&no("[\n  {\"id\": 7}\n]"), "2:10 expected a string for `id`, found the number `7`");
        same(&no("[[]]"), "1:2 expected an object for a room, found a list");
        same(&no("{\"data\": [null]}"), "1:11 expected an object for a room, found `null`");
        same(&no("{\"users\": []}"), "1:1 this room has no `id`");
        same(&no("{\"id\":\"é\",\"defaultAccesses\":{}}"), "1:29 expected a list for the default list, found an object");
        same(
            &no("{\"id\":\"r\",\"defaultAccesses\":[1]}"),
            "1:30 expected a string for a permission in the default list, found the number `1`",
        );
        same(
            &no("{\"id\":\"r\",\"defaultAccesses\":[],\"usersAccesses\":[]}"),
            "1:48 expected an object for `usersAccesses`, found a list",
        );
        same(&no("{\"id\":\"a\",\"defaultAccesses\":[]}\n{\"id\":\"b\",,"), "2:11 this is not JSON: key must be a string");
        same(&no("{\"id\":\"a\",\n"), "2:1 this is not JSON: EOF while parsing an object");
        same(&no("{\"id\":\"\\ud800\"}"), "1:7 this is not JSON: unexpected end of hex escape");
        same(&no(""), "no room was found");
        same(&no("{\"data\":[]}"), "no room was found");
    }

    #[test]
    fn deep_nesting_and_many_rooms_are_no_trouble() {
        let deep = format!("{{\"id\":\"r\",\"defaultAccesses\":[],\"metadata\":{}{}}}", "[".repeat(500_000), "]".repeat(500_000));
        assert!(of(&deep).contains("room r"));
        same(&no(&format!("{{\"id\":{}", "[".repeat(500_000))), "1:500006 this is not JSON: EOF while parsing a list");
        let many: String =
            (0..20_000).map(|at| format!("{{\"id\":\"r{at}\",\"defaultAccesses\":[\"room:presence:write\"]}}\n")).collect();
        let imported = run(Format::Liveblocks, &many).unwrap();
        assert_eq!((imported.files[0].text.matches("room r").count(), imported.notes.len()), (20_000, 1));
    }
}

mod livelike {
    use super::*;

    fn of(text: &str) -> String {
        written(Format::Livelike, text)
    }

    fn no(text: &str) -> String {
        refused(Format::Livelike, text)
    }

    #[test]
    fn everything_at_once() {
        let text = r#"{
  "applications": [{"id": "acme"}],
  "programs": [{"id": "p1", "client_id": "acme"}, {"id": "p2", "client_id": "acme"}],
  "chat_rooms": [{"id": "lobby", "client_id": "acme"}, {"id": "p1 chat", "programId": "p1"}],
  "permissions": [{"id": "perm-9", "key": "pin-message", "resource_kind": "chat-room"}],
  "roles": [
    {"id": "r-1", "key": "board_moderator", "name": "Board Moderator"},
    {"id": "r-2", "key": "stage-crew", "name": "Stage crew",
     "permissions": ["create-alert", {"key": "publish-alert"}, "perm-9", "open-chat-room-poll", "make-coffee"]},
    {"id": "r-3", "key": "widget-publisher", "permissions": ["publish-alert"]}
  ],
  "role_assignments": [
    {"profileId": "ann", "roleId": "r-1", "scopes": [{"resourceSlug": "application", "resourceId": "acme"}]},
    {"profile_id": "bob", "role_key": "stage-crew", "resource_kind": "program", "resource_key": "p1", "client_id": "acme"},
    {"profile_id": "bob", "role_key": "stage-crew", "resource_kind": "program", "resource_key": "p2", "client_id": "acme"},
    {"profile_id": "cy", "role_key": "widget-publisher", "resource_kind": "program", "resource_key": "*"},
    {"profile": {"id": "di"}, "role": {"key": "widget-creator"}, "scope": {"resource": {"id": "t-1", "kind": "comment-board"}, "resource_key": "cb", "client_id": "acme"}},
    {"profile_id": "root", "role_key": "widget-admin", "resource_kind": "*"}
  ],
  "roleGrants": [
    {"roleKey": "program-moderator", "group": {"id": "mods", "profiles": ["m-2", {"id": "m-1"}]},
     "scopes": [{"resourceKind": "program", "resourceKey": "p1"}], "expiresAt": "2030-01-31T18:00:00+01:00"}
  ],
  "base_roles": [
    {"key": "fan", "permissions": ["report-widget"], "is_active": true, "client_id": "acme"},
    {"key": "old-fan", "permissions": ["report-widget"], "is_active": false, "client_id": "acme"}
  ]
}"#;
        same(
            &of(text),
            r#"--- assignments.rk
use livelike

assign board_moderator to user ann in application acme
assign fan to everyone in application acme
assign imported-widget-publisher to user cy in program "*"
assign program-moderator to group mods in program p1 until 2030-01-31T17:00:00Z
assign stage-crew to user bob in program p1, program p2
assign widget-admin to user root everywhere
assign widget-creator to user di in comment_board cb
--- groups.rk
// The groups that roles are granted to. A group without members here gets them at sign-in.

group mods {
  user m-1
  user m-2
}
--- resources.rk
use livelike

application acme {
  chat_room lobby

  comment_board cb

  program p1 {
    chat_room "p1 chat"
  }

  program p2
}
--- roles.rk
use livelike

kind chat_room {
  permissions open-chat-room-poll, pin-message
}

role fan {
  can report-widget
}

role imported-widget-publisher {
  can publish-alert
}

role old-fan {
  can report-widget
}

/// Stage crew
role stage-crew {
  can create-alert, publish-alert, pin-message, open-chat-room-poll
}
! a role grant is read as an assignment to the members of its group
! an active base role is read as an assignment to everyone in its application
! in.json:8: permission `make-coffee` is left out of role `stage-crew`: no kind of resource is known to have it
! in.json:8: permission `open-chat-room-poll` is new: declared on `chat_room` by the words in it
! in.json:10: role `widget-publisher` has other permissions than the published role: written as `imported-widget-publisher`
! in.json:26: an assignment of role `old-fan` is left out: it is not active
"#,
        );
    }

    #[test]
    fn a_bare_list_a_page_and_lines_are_one() {
        let one = r#"{"profile_id":"ann","role_key":"board_owner","resource_kind":"comment-board","resource_key":"b","client_id":"acme"}"#;
        let expected = "--- assignments.rk\nuse livelike\n\nassign board_owner to user ann in comment_board b\n\
                        --- resources.rk\nuse livelike\n\napplication acme {\n  comment_board b\n}\n";
        same(&of(one), expected);
        same(&of(&format!("[{one}]")), expected);
        same(&of(&format!("{{\"count\":1,\"next\":null,\"previous\":null,\"results\":[{one}]}}")), expected);
        same(&of(&format!("{one}\n{one}\n")), expected);
    }

    #[test]
    fn nothing_is_assigned_by_guess() {
        let with = |fields: &str| of(&format!("[{{\"profile_id\":\"ann\",{fields}}}]"));
        same(
            &with(r#""role_key":"wigdet-admin","resource_kind":"application","resource_key":"a""#),
            "! in.json:1: an assignment of role `wigdet-admin` is left out: no role of that name is listed or published; did you mean `widget-admin`?\n",
        );
        let left = "! in.json:1: an assignment of role `widget-admin` is left out: ";
        same(
            &with(r#""role_key":"widget-admin""#),
            &format!("{left}it names no scope; write `everywhere` by hand if that is meant\n"),
        );
        same(
            &with(r#""role_key":"widget-admin","scopes":[]"#),
            &format!("{left}it names no scope; write `everywhere` by hand if that is meant\n"),
        );
        same(
            &with(r#""role_key":"widget-admin","resource_kind":"application","resource_key":"a","expires_at":"soon""#),
            &format!("{left}its end `soon` is not a time such as `2026-12-31T18:00:00Z`\n"),
        );
        let scope = "! in.json:1: a scope of role `widget-admin` is left out: ";
        same(
            &with(r#""role_key":"widget-admin","resource_kind":"chat-room-message","resource_key":"m""#),
            &format!("{scope}the vocabulary has no kind `chat-room-message`\n"),
        );
        same(
            &with(r#""role_key":"widget-admin","resource_kind":"program","resource_key":"semi-*""#),
            &format!("{scope}the id `semi-*` has a `*` where none is allowed\n"),
        );
        same(
            &with(r#""role_key":"widget-admin","resource_kind":"program","client_id":"acme""#),
            &format!("{scope}every program of application `acme` alone cannot be said here\n"),
        );
        same(
            &with(r#""role_key":"widget-admin","resource_kind":"program""#),
            "--- assignments.rk\nuse livelike\n\nassign widget-admin to user ann in program \"*\"\n\
             ! in.json:1: a scope names the kind `program` and no resource: read as every one\n",
        );
        same(
            &with(r#""role_key":"widget-admin","resource_kind":"program","resource_key":"p""#),
            "--- assignments.rk\nuse livelike\n\nassign widget-admin to user ann in program p\n\
             --- resources.rk\nuse livelike\n\nprogram p\n\
             ! in.json:1: program `p` stands alone, because the data names no application for it: a role on an application does not reach it\n",
        );
    }

    #[test]
    fn the_longer_of_two_assignments_stays() {
        let one = |until: &str| {
            format!(
                "{{\"profile_id\":\"ann\",\"role_key\":\"widget_creator\",\"resource_kind\":\"application\",\"resource_key\":\"a\"{until}}}"
            )
        };
        let (short, long) = (one(",\"expires_at\":\"2030-01-01\""), one(",\"expires_at\":\"2031-01-01T00:00:00Z\""));
        assert!(of(&format!("[{short},{long}]")).contains("in application a until 2031-01-01T00:00:00Z\n"));
        assert!(of(&format!("[{short}]")).contains("in application a until 2030-01-01T00:00:00Z\n"));
        assert!(of(&format!("[{long},{}]", one(""))).contains("in application a\n"));
    }

    #[test]
    fn the_vocabulary_is_read_whole() {
        let role = |key: &str, permissions: &[&str]| {
            let text = format!("{{\"roles\":[{{\"key\":\"{key}\",\"permissions\":{permissions:?}}}]}}");
            run(Format::Livelike, &text).unwrap().files.is_empty()
        };
        let kinds = "alert cheer-meter emoji-poll emoji-slider image-number-prediction image-number-prediction-follow-up image-poll \
                     image-prediction image-prediction-follow-up image-quiz rich-post social-embed text-ask text-poll \
                     text-prediction text-prediction-follow-up text-quiz twitter-spotlight video-alert";
        let owned = |what: &str| kinds.split_whitespace().map(|kind| format!("{what}-{kind}")).collect::<Vec<_>>();
        let (create, publish) = (owned("create"), owned("publish"));
        let create: Vec<&str> = create.iter().map(String::as_str).collect();
        let publish: Vec<&str> = publish.iter().map(String::as_str).collect();
        assert_eq!((create.len(), publish.len()), (19, 19));
        assert!(role("widget-creator", &create) && role("widget_creator", &create));
        assert!(role("widget-publisher", &publish) && role("widget_publisher", &publish));
        assert!(role("widget-admin", &[create, publish].concat()));
        let board = ["create-comment-board-ban", "view-comment-board-bans", "delete-comment", "delete-comment-board-ban"];
        assert!(role("comment-board-moderator", &board) && role("board_owner", &board) && role("board_moderator", &board));
        assert!(role("program-moderator", &["create-program-ban", "delete-program-ban", "view-program-ban"]));
        assert!(!role("program-moderator", &["create-program-ban"]));
    }

    #[test]
    fn a_wrong_shape_says_where_and_what_was_expected() {
        same(
            &no("3"),
            "1:1 expected an object with `roles` and `role_assignments`, or a list of assignments, found the number `3`",
        );
        same(
            &no("[3]"),
            "1:2 expected a role assignment with `profile_id`, `role_key`, `resource_kind` and `resource_key`, found the number `3`",
        );
        same(
            &no("{\n \"colour\": 1}"),
            "1:1 expected a role assignment with `profile_id`, `role_key`, `resource_kind` and `resource_key`",
        );
        same(&no("{\"roles\": {}}"), "1:11 expected a list for a section, found an object");
        same(&no("{\"roles\": [{}]}"), "1:12 this role has no `key`");
        same(&no("{\"roles\": [{\"key\": 1}]}"), "1:20 expected a string for `key`, found the number `1`");
        same(&no("[{\"profile_id\": 12, \"role_key\": \"r\"}]"), "1:17 expected a string for `profile`, found the number `12`");
        same(&no("[{\"profile_id\": \"a\"}]"), "1:2 this assignment has no `role_key` and no `role_id`");
        same(&no("{\"grants\": [{\"role_key\": \"r\"}]}"), "1:13 this assignment has no `profile_id` and no `group_id`");
        same(
            &no("[{\"profile_id\":\"a\",\"profileId\":\"b\",\"role_key\":\"r\"}]"),
            "1:32 `profile_id` is given twice in one object",
        );
        same(&no("[]"), "no role, resource or assignment was found");
        let deep = format!("[{{\"profile_id\":{}", "[".repeat(500_000));
        assert!(no(&deep).ends_with("this is not JSON: EOF while parsing a list"));
    }
}
