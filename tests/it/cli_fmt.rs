//! `roomkey fmt` as a user types it.

use std::fs;

use crate::cli::{acme, expect, put, run};

const ROUGH: &str = "use liveblocks\nroom a { default can nothing\n user ann can read }\n";
const FINE: &str = "use liveblocks\nroom a {\n  default can nothing\n  user ann can read\n}\n";

#[test]
fn rewrites_what_is_not_in_the_style() {
    let folder = acme();
    put(folder.path(), "policies/acme.rk", FINE.as_bytes());
    put(folder.path(), "policies/rough.rk", ROUGH.as_bytes());
    let diff = "--- policies/rough.rk\n+++ policies/rough.rk\n@@ -1,3 +1,5 @@\n use liveblocks\n-room a { default can nothing\n\
                - user ann can read }\n+room a {\n+  default can nothing\n+  user ann can read\n+}\n";
    expect(&run(folder.path(), &["fmt", "--check"], ""), 1, diff, "1 of 2 files would change\n");
    assert_eq!(fs::read_to_string(folder.path().join("policies/rough.rk")).expect("the file is there"), ROUGH);
    expect(&run(folder.path(), &["fmt"], ""), 0, "", "1 of 2 files changed\n");
    assert_eq!(fs::read_to_string(folder.path().join("policies/rough.rk")).expect("the file is there"), FINE);
    expect(&run(folder.path(), &["fmt", "--check", "policies"], ""), 0, "", "0 of 2 files would change\n");
}

#[test]
fn reads_stdin_and_says_what_it_could_not_read() {
    let folder = acme();
    expect(&run(folder.path(), &["fmt", "--stdin"], ROUGH), 0, FINE, "");
    assert_eq!(run(folder.path(), &["fmt", "--stdin", "--check"], ROUGH).code, Some(1));
    expect(&run(folder.path(), &["fmt", "--stdin", "--check"], FINE), 0, "", "");
    let note = "note: stdin: 1 stretch stays as it is; `roomkey lint` says what is wrong there\n";
    expect(&run(folder.path(), &["fmt", "--stdin"], "user  a\nuser  ,"), 0, "user a\nuser  ,\n", note);
    assert_eq!(run(folder.path(), &["fmt", "--stdin", "policies"], "").code, Some(2));
    assert_eq!(run(folder.path(), &["fmt", "nowhere"], "").code, Some(2));
}

#[cfg(unix)]
#[test]
fn keeps_links_and_permissions() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = acme();
    put(folder.path(), "shared.rk", ROUGH.as_bytes());
    let shared = folder.path().join("shared.rk");
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o640)).expect("the mode is set");
    symlink(&shared, folder.path().join("policies/link.rk")).expect("the link is made");
    let away = run(folder.path(), &["fmt", "policies/link.rk"], "");
    assert_eq!(away.code, Some(2));
    assert!(away.err.contains("`policies/link.rk` is a link that leads out of the folder of the policy"), "{away:?}");
    assert_eq!(fs::read_to_string(&shared).expect("the file is there"), ROUGH);
    put(folder.path(), "roomkey.toml", b"[policy]\ninclude = [\"policies/**/*.rk\"]\n");
    expect(&run(folder.path(), &["fmt", "policies/link.rk"], ""), 0, "", "1 of 1 file changed\n");
    assert_eq!(fs::read_to_string(&shared).expect("the file is there"), FINE);
    assert_eq!(fs::metadata(&shared).expect("the file is there").permissions().mode() & 0o777, 0o640);
    assert!(folder.path().join("policies/link.rk").is_symlink());
}
