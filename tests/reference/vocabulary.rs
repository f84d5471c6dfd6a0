//! Section 9: the standard vocabularies, written out once more.

use super::world::{Kind, Role, RoleList, World};

const WIDGETS: &str = "alert, cheer-meter, emoji-poll, emoji-slider, image-number-prediction, \
    image-number-prediction-follow-up, image-poll, image-prediction, image-prediction-follow-up, image-quiz, \
    rich-post, social-embed, text-ask, text-poll, text-prediction, text-prediction-follow-up, text-quiz, \
    twitter-spotlight, video-alert";
const BANS: &str = "create-program-ban, delete-program-ban, view-program-ban";
const BOARD: &str = "delete-comment, create-comment-board-ban, delete-comment-board-ban, view-comment-board-bans, \
    view-reported-comments, dismiss-reported-comment, create-report, dismiss-report";
const MODERATOR: &str = "create-comment-board-ban, view-comment-board-bans, delete-comment, delete-comment-board-ban";

/// The names that `use` takes.
pub const NAMES: [&str; 3] = ["liveblocks", "livelike", "github"];

/// What a vocabulary brings in.
pub fn vocabulary(name: &str) -> World {
    match name {
        "liveblocks" => liveblocks(),
        "livelike" => livelike(),
        "github" => github(),
        other => panic!("no vocabulary is named `{other}`"),
    }
}

fn liveblocks() -> World {
    let room = Kind {
        levels: words("read, write"),
        features: words("storage, comments, comments:public, comments:private, feeds"),
        retired: words("room:presence:write"),
        ..kind("room", "organization")
    };
    World { kinds: vec![room], ..World::default() }
}

fn livelike() -> World {
    let each = |verb: &str| -> Vec<String> { words(WIDGETS).iter().map(|widget| format!("{verb}-{widget}")).collect() };
    let (create, publish) = (each("create"), each("publish"));
    let program = [create.clone(), publish.clone(), words("report-widget"), words(BANS)].concat();
    let kinds = vec![
        Kind { permissions: words("change-profile-nickname, change-profile-custom-data"), ..kind("application", "") },
        Kind { permissions: program, ..kind("program", "application") },
        Kind { permissions: words(BOARD), owner_gets: Some("board_owner".to_string()), ..kind("comment_board", "application") },
        Kind {
            permissions: words("create-chat-room-message-report, create-report, dismiss-report"),
            ..kind("chat_room", "application, program")
        },
    ];
    let both = [create.clone(), publish.clone()].concat();
    let mut roles = vec![role("widget-creator", create.clone()), role("widget-publisher", publish.clone())];
    roles.extend([role("widget-admin", both), role("program-moderator", words(BANS))]);
    for name in ["comment-board-moderator", "board_owner", "board_moderator"] {
        roles.push(role(name, words(MODERATOR)));
    }
    roles.push(role("widget_creator", create));
    World { kinds, roles, ..World::default() }
}

fn github() -> World {
    let levels = words("read, triage, write, maintain, admin");
    let roles = levels.iter().map(|level| role(level, vec![level.clone()])).collect();
    let roles = on("repository", roles);
    World { kinds: vec![Kind { levels, ..kind("repository", "organization") }], roles, ..World::default() }
}

fn on(kind: &str, mut roles: Vec<Role>) -> Vec<Role> {
    roles.iter_mut().flat_map(|role| &mut role.lists).for_each(|list| list.on = words(kind));
    roles
}

fn kind(name: &str, inside: &str) -> Kind {
    Kind { name: name.to_string(), inside: words(inside), ..Kind::default() }
}

fn role(id: &str, can: Vec<String>) -> Role {
    Role { id: id.to_string(), includes: Vec::new(), lists: vec![RoleList { can, on: Vec::new() }] }
}

/// The words between commas.
pub fn words(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_string).collect()
}
