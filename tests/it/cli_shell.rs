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
    let nested: Vec<String> =
        ["token-id", "token-access", "token-verify", "token-inspect", "keys-generate", "keys-list", "keys-jwks"]
            .map(str::to_owned)
            .into();
    expect(&wrote, 0, "", &format!("{} pages in share/man1\n", commands.len() + nested.len() + 1));

    let pages = fs::read_dir(folder.path().join("share/man1")).expect("the folder was made");
    let pages: BTreeSet<String> =
        pages.map(|page| page.expect("a page").file_name().into_string().expect("its name is text")).collect();
    let mut wanted: BTreeSet<String> = commands.iter().chain(&nested).map(|name| format!("roomkey-{name}.1")).collect();
    wanted.insert("roomkey.1".into());
    assert_eq!(pages, wanted);
    for page in &pages {
        let text = fs::read_to_string(folder.path().join("share/man1").join(page)).expect("a page");
        let name = page.strip_suffix(".1").expect("the section");
        let version = env!("CARGO_PKG_VERSION");
        assert!(text.contains(&format!(".TH {name} 1 \" \" \"roomkey {version}\" Roomkey\n")), "{page}: {text}");
        let inner = nested.iter().any(|command| name == format!("roomkey-{command}"));
        assert!(inner || text.contains(".SH EXAMPLES\n.nf\nroomkey "), "{page} shows an example: {text}");
    }

    let lint = fs::read_to_string(folder.path().join("share/man1/roomkey-lint.1")).expect("a page");
    let synopsis = lint.lines().find(|line| line.starts_with("\\fBroomkey lint\\fR ")).expect("how it is typed");
    for option in
        [r"[\fB\-\-since\fR \fIREV\fR]", r"[\fB\-\-output\fR \fIFORMAT=FILE\fR]...", r"[\fB\-\-fix\fR]", r"[\fIPATH\fR]..."]
    {
        assert!(synopsis.contains(option), "{option}: {synopsis}");
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

#[test]
fn completions_name_every_command_in_every_shell() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let starts = [
        ("bash", "_roomkey() {"),
        ("zsh", "#compdef roomkey"),
        ("fish", "# Print an optspec"),
        ("powershell", "\nusing namespace System.Management.Automation"),
        ("elvish", "\nuse builtin;"),
    ];
    for (shell, start) in starts {
        let run = run(folder.path(), &["completions", shell], "");
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{shell}");
        assert!(run.out.starts_with(start), "{shell}: {}", &run.out[..80]);
        for name in commands(folder.path()) {
            assert!(run.out.contains(&name), "{shell} names {name}");
        }
        for word in ["redundant-entry", "sarif=", "lcov="] {
            // The scripts of the others offer no values of an option.
            let offers = matches!(shell, "bash" | "zsh" | "fish") || !word.ends_with('=');
            assert!(run.out.contains(word) || !offers, "{shell} names {word}");
        }
        let open = run.out.lines().skip_while(|line| !line.contains("lcov=")).nth(1).unwrap_or_default();
        assert!(shell != "bash" || open.trim() == "compopt -o nospace 2> /dev/null", "a file follows: {open}");
        let rule = run.out.lines().find(|line| line.contains("redundant-entry")).unwrap_or_default();
        assert!(shell == "bash" || rule.contains("rule") || rule.contains("every decision is the same"), "{shell}: {rule}");
        assert!(run.out.contains("keep-going") && run.out.ends_with('\n'), "{shell} names the options and ends");
    }
    let unknown = run(folder.path(), &["completions", "tcsh"], "");
    assert_eq!((unknown.code, unknown.out.as_str()), (Some(2), ""));
    assert!(unknown.err.contains("[possible values: bash, elvish, fish, powershell, zsh]"), "{unknown:?}");
}

#[test]
fn what_help_says_below_the_options_fits_every_width() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut paragraphs = 0;
    for name in commands(folder.path()) {
        for width in [60, 80, 100] {
            let mut command = command(env!("CARGO_BIN_EXE_roomkey"), &[&name, "--help"]);
            command.env("COLUMNS", width.to_string());
            let help = ended(command, folder.path());
            let Some((_, below)) = help.split_once("Examples:\n") else { continue };
            for paragraph in below.split("\n\n").skip(1) {
                let lines: Vec<&str> = paragraph.lines().filter(|line| !line.starts_with(' ')).collect();
                for two in lines.windows(2).filter(|two| !two[0].ends_with(':')) {
                    let next = two[1].split(' ').next().unwrap_or_default();
                    let fits = two[0].chars().count() + 1 + next.chars().count() <= width;
                    assert!(!fits, "`{name}` breaks a line early at {width} columns: {}\n{}", two[0], two[1]);
                }
                paragraphs += usize::from(lines.len() > 1);
            }
        }
    }
    assert!(paragraphs > 20, "only {paragraphs} paragraphs were looked at");
}

#[test]
fn the_scripts_are_ones_that_the_shells_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for shell in ["bash", "zsh", "fish"] {
        let script = format!("\"$ROOMKEY\" completions {shell} > script.{shell} && {shell} -n script.{shell} && echo read");
        if ended(command(shell, &["-c", "echo here"]), folder.path()) != "here\n" {
            println!("skipped: no {shell} here");
            continue;
        }
        assert_eq!(ended(command("sh", &["-c", &script]), folder.path()), "read\n", "{shell}");
    }
}

#[test]
fn init_leaves_what_is_there_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let wrote = run(folder.path(), &["init", "access policies"], "");
    let next = "\nNow type:\n  roomkey lint -p 'access policies'\n  roomkey test -p 'access policies'\n  \
                roomkey check -p 'access policies' --batch 'access policies/policies/decisions.csv' --expect\n";
    assert!(wrote.code == Some(0) && wrote.out.ends_with(next), "{wrote:?}");

    let main = folder.path().join("access policies/policies/main.rk");
    fs::write(&main, "// mine\n").expect("the policy is written");
    fs::remove_file(folder.path().join("access policies/roomkey.toml")).expect("the manifest is removed");
    let again = run(folder.path(), &["init", "access policies"], "");
    let said = "error: `access policies/policies/main.rk`, `access policies/policies/decisions.csv`, \
                `access policies/.github/workflows/policy.yml` are there already\n  \
                help: start in another folder, `roomkey init DIR`, or move away what is there\n";
    expect(&again, 2, "", said);
    assert_eq!(fs::read_to_string(&main).expect("the policy"), "// mine\n");
    assert!(!folder.path().join("access policies/roomkey.toml").exists(), "nothing is written where not all of it may be");

    expect(&run(folder.path(), &["init", "-q", "other"], ""), 0, "", "");
    expect(&run(folder.path(), &["lint", "-q", "other"], ""), 0, "", "");
}

#[test]
fn colors_are_for_terminals_that_want_them() {
    let folder = acme();
    fs::write(folder.path().join("policies/bad.rk"), "group a { group b }\n").expect("a policy");
    let colored = |args: &str, name: &str, value: &str, terminal: bool| {
        let line = format!("\"$ROOMKEY\" lint {args}");
        let mut command = if terminal { command("script", &["-qec", &line, "/dev/null"]) } else { command("sh", &["-c", &line]) };
        command.env(name, value);
        let said = ended(command, folder.path());
        assert!(said.contains("unknown-group") && said.contains("1 error in 2 files"), "{said:?}");
        said.contains('\u{1b}')
    };
    assert!(!colored("", "A", "", false), "a pipe");
    assert!(colored("--color always", "A", "", false), "a pipe that wants them");
    assert!(colored("--color always", "NO_COLOR", "1", false), "what is typed counts more than what is set");
    assert!(!colored("--format concise --color always", "A", "", false), "one line for each finding is for programs");
    if !can_make_terminals(folder.path()) {
        return;
    }
    assert!(colored("", "A", "", true), "a terminal");
    assert!(colored("", "NO_COLOR", "", true), "an empty NO_COLOR is none");
    assert!(!colored("", "NO_COLOR", "1", true), "NO_COLOR");
    assert!(!colored("", "TERM", "dumb", true), "a dumb terminal");
    assert!(!colored("--color never", "A", "", true), "a terminal that wants none");
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
    if !can_make_terminals(folder.path()) {
        return;
    }
    assert!(shown.contains(" answering "), "{shown:?}");
    let gone = shown.rsplit(" answering ").next().expect("the end");
    assert!(gone.contains("\r\u{1b}[2K"), "the line is cleared before the answer: {shown:?}");
    assert!(gone.ends_with("1 row, all as expected\r\n"), "{shown:?}");
    assert_eq!(quiet, "");
    assert_eq!(piped, "user,permission,resource,decision,expected\r\n");
}

fn can_make_terminals(folder: &Path) -> bool {
    let can = cfg!(target_os = "linux") && !ended(command("script", &["--version"]), folder).is_empty();
    if !can {
        println!("skipped: `script` is not there to make a terminal");
    }
    can
}

fn command(name: &str, args: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(args).env("TERM", "xterm").env_remove("NO_COLOR");
    command
}

/// All that a command says, on both streams; nothing where it cannot be started.
fn ended(mut command: Command, folder: &Path) -> String {
    command.current_dir(folder).env("ROOMKEY", env!("CARGO_BIN_EXE_roomkey")).env("ROOMKEY_CACHE", "");
    let Ok(output) = command.stdin(Stdio::null()).output() else { return String::new() };
    String::from_utf8([output.stdout, output.stderr].concat()).expect("output is UTF-8")
}

#[test]
fn columns_says_how_wide_text_is_where_no_terminal_does() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("a.rk"), "use liveblocks\ngroup staff\nroom lobby { default can read }\n").expect("a policy");
    let lint = |columns: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_roomkey"));
        let output = command.arg("lint").current_dir(folder.path()).env("COLUMNS", columns).output().expect("it runs");
        let text = String::from_utf8(output.stdout).expect("text");
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        (widest, String::from_utf8(output.stderr).expect("text"))
    };
    assert!(lint("40").0 <= 40 && lint("").0 > 70 && lint("120").0 > 80, "{:?}", [lint("40"), lint(""), lint("120")]);
    assert_eq!(lint("wide"), lint(""));
    assert_eq!(lint("20").1, "1 info in 1 file\n");
}
