//! What the command does for the shell that it runs in.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use crate::cli::{acme, expect, run};

/// The commands that `--help` names.
fn commands(folder: &Path) -> Vec<String> {
    let help = run(folder, &["--help"], "").out;
    let list = help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("a list of commands");
    let names = list.lines().filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.map(str::to_owned).collect()
}

#[test]
fn man_has_a_page_for_each_command() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let commands = commands(folder.path());
    assert!(commands.len() > 5, "{commands:?}");
    let wrote = run(folder.path(), &["man", "-o", "share/man1"], "");
    expect(&wrote, 0, "", &format!("{} pages in share/man1\n", commands.len() + 1));

    let pages = fs::read_dir(folder.path().join("share/man1")).expect("the folder was made");
    let pages: BTreeSet<String> =
        pages.map(|page| page.expect("a page").file_name().into_string().expect("its name is text")).collect();
    let mut wanted: BTreeSet<String> = commands.iter().map(|name| format!("roomkey-{name}.1")).collect();
    wanted.insert("roomkey.1".into());
    assert_eq!(pages, wanted);
    for page in &pages {
        let text = fs::read_to_string(folder.path().join("share/man1").join(page)).expect("a page");
        let name = page.strip_suffix(".1").expect("the section");
        let version = env!("CARGO_PKG_VERSION");
        assert!(text.contains(&format!(".TH {name} 1 \" \" \"roomkey {version}\" Roomkey\n")), "{page}: {text}");
        assert!(text.contains(".SH EXAMPLES\n.nf\nroomkey "), "{page} shows an example: {text}");
    }

    let whole = fs::read_to_string(folder.path().join("share/man1/roomkey.1")).expect("a page");
    expect(&run(folder.path(), &["man"], ""), 0, &whole, "");
    for name in commands {
        let line = format!("\nroomkey\\-{name}(1)\n");
        assert!(whole.contains(&line), "`roomkey.1` names {name}: {whole}");
    }
    // Packages are built more than once.
    expect(&run(folder.path(), &["man", "-o", "share/man1", "-q"], ""), 0, "", "");
}

#[test]
fn man_says_where_it_cannot_write() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("share"), "a file").expect("a file");
    let said = run(folder.path(), &["man", "-o", "share"], "");
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    assert!(said.err.starts_with("error: cannot write `share/roomkey.1`: "), "{said:?}");
}

/// Questions that come slowly enough for a person to wonder.
const SLOW: &str = "(echo user,permission,resource,decision; sleep 1.6; echo bob,read,room:a32,deny) | ";

#[test]
fn progress_is_for_terminals() {
    let folder = acme();
    let batch = |more: &str| format!("{SLOW} \"$ROOMKEY\" check --batch - --expect {more}");
    let terminal = |more: &str| ended(command("script", &["-qec", &batch(more), "/dev/null"]), folder.path());
    let (plain, shown, quiet, piped) = thread::scope(|scope| {
        let plain = scope.spawn(|| ended(command("sh", &["-c", &batch("")]), folder.path()));
        let [shown, quiet, piped] = ["", "-q", "2>err.txt"].map(|more| scope.spawn(move || terminal(more)));
        let [plain, shown, quiet, piped] = [plain, shown, quiet, piped].map(|run| run.join().expect("the run ends"));
        (plain, shown, quiet, piped)
    });
    let answer = "user,permission,resource,decision,expected\n1 row, all as expected\n";
    assert_eq!(plain, answer, "nothing else where there is no terminal");
    if !cfg!(target_os = "linux") || ended(command("script", &["--version"]), folder.path()).is_empty() {
        println!("skipped: `script` is not there to make a terminal");
        return;
    }
    assert!(shown.contains(" answering "), "{shown:?}");
    let gone = shown.rsplit(" answering ").next().expect("the end");
    assert!(gone.contains("\r\u{1b}[2K"), "the line is cleared before the answer: {shown:?}");
    assert!(gone.ends_with("1 row, all as expected\r\n"), "{shown:?}");
    assert_eq!(quiet, "");
    assert_eq!(piped, "user,permission,resource,decision,expected\r\n");
}

fn command(name: &str, args: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(args);
    command
}

/// All that a command says, on both streams; nothing where it cannot be started.
fn ended(mut command: Command, folder: &Path) -> String {
    command.current_dir(folder).env("ROOMKEY", env!("CARGO_BIN_EXE_roomkey")).env("TERM", "xterm").env_remove("NO_COLOR");
    let Ok(output) = command.stdin(Stdio::null()).output() else { return String::new() };
    String::from_utf8([output.stdout, output.stderr].concat()).expect("output is UTF-8")
}
