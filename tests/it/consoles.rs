//! What the pages show of the command is what it prints: `UPDATE=1 cargo test consoles` writes the outputs anew.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Fewer commands than this means that they are no longer found, not that there are none.
const FEWEST_COMMANDS: usize = 10;

/// What a reader types before the command is installed.
const UNINSTALLED: &str = "cargo run --release -q -- ";

#[test]
fn every_command_prints_what_its_page_shows() {
    if cfg!(not(unix)) {
        return println!("skipped: the commands of the pages are for `sh`");
    }
    let mut commands = 0;
    for page in [
        "README.md",
        "CONTRIBUTING.md",
        "docs/language.md",
        "docs/rules.md",
        "docs/asking.md",
        "docs/testing.md",
        "docs/pictures.md",
        "docs/diff.md",
        "docs/format.md",
        "docs/lint.md",
        "docs/ci.md",
    ] {
        let path = root().join(page);
        let text = fs::read_to_string(&path).expect("the page is there");
        let mut stage = Stage::new();
        let played = stage.play(&text);
        commands += stage.commands;
        if page == "README.md" {
            let answers = played.lines().filter(|line| line.starts_with("allow  ") || line.starts_with("deny   "));
            let answers = answers.filter_map(|line| line.split(' ').next());
            assert_eq!(answers.take(2).collect::<Vec<_>>(), ["allow", "deny"], "the first two answers of {page}");
        }
        if played != text && std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &played).expect("the page is written");
            continue;
        }
        let line = text.lines().zip(played.lines()).position(|(shown, printed)| shown != printed).map_or(0, |at| at + 1);
        assert!(
            played == text,
            "{page}:{line}: this is not what is printed; `UPDATE=1 cargo test consoles` writes it:\n{played}"
        );
    }
    println!("{commands} commands");
    assert!(commands >= FEWEST_COMMANDS, "only {commands} commands were found");
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder with the policies of the project, and with the files that a page has shown so far.
struct Stage {
    folder: tempfile::TempDir,
    commands: usize,
}

impl Stage {
    fn new() -> Stage {
        let folder = tempfile::tempdir().expect("a temporary folder");
        copy(&root().join("policies"), &folder.path().join("policies"));
        Stage { folder, commands: 0 }
    }

    /// The page with the output of each command under it, as it is printed now.
    fn play(&mut self, page: &str) -> String {
        let mut played = String::new();
        let mut lines = page.lines();
        while let Some(line) = lines.next() {
            played += &format!("{line}\n");
            let Some(info) = line.strip_prefix("```") else { continue };
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if let Some(name) = info.split_whitespace().find_map(|word| word.strip_prefix("file=")) {
                let path = self.folder.path().join(name);
                fs::create_dir_all(path.parent().expect("a folder above")).expect("the folder is made");
                fs::write(path, body.join("\n") + "\n").expect("a file of the page is written");
            }
            match info {
                "console" => body.iter().filter(|line| line.starts_with("$ ")).for_each(|line| played += &self.run(line)),
                _ => body.iter().for_each(|line| played += &format!("{line}\n")),
            }
            played += "```\n";
        }
        played
    }

    /// A command with its prompt, and all that it prints.
    fn run(&mut self, line: &str) -> String {
        self.commands += 1;
        let typed = line[2..].replace(UNINSTALLED, "roomkey ");
        let script = format!("roomkey() {{ \"$ROOMKEY\" \"$@\"; }}\n{{ {typed}\n}} 2>&1");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).current_dir(self.folder.path()).stdin(Stdio::null());
        shell.env("ROOMKEY", env!("CARGO_BIN_EXE_roomkey")).env("ROOMKEY_CACHE", "").env_remove("NO_COLOR").env_remove("COLUMNS");
        let output = shell.output().expect("`sh` is there");
        format!("{line}\n{}", String::from_utf8(output.stdout).expect("the output is UTF-8"))
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder is made");
    for entry in fs::read_dir(from).expect("a folder is read").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("a file is copied");
        }
    }
}
