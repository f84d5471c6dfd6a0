//! `matrix` says what `what` says, and its page works in a browser: where one is found, it is driven.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use roomkey::query::matrix::{Chosen, MOST_CELLS, Matrix, matrix};
use roomkey::{Instant, Policy, Whose, report, what};

use crate::agree::load;
use crate::cli::{put, run};
use crate::reference::generate::world;
use crate::reference::print::files;

const NOW: &str = "2026-01-15T09:30:00Z";

fn now() -> Instant {
    NOW.parse().expect("an instant")
}

fn everything(policy: &Policy) -> Matrix {
    let chosen = Chosen { users: Vec::new(), resources: Vec::new(), kind: None, at: now() };
    matrix(policy.table(), &chosen).expect("a small policy")
}

#[test]
fn a_cell_is_what_the_user_can() {
    let rounds = std::env::var("ROOMKEY_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(120);
    let mut cells = 0;
    for seed in 0..rounds {
        let policy = load(&files(&world(seed), None)).expect("worlds are sound");
        let matrix = everything(&policy);
        for (at, column) in matrix.columns.iter().enumerate() {
            let user = column.user.clone().unwrap_or_else(|| "a stranger".into());
            let whose = Whose { user, groups: Vec::new(), organization: None, kind: None, permission: None, at: now() };
            let mut lists: BTreeMap<(String, String), String> = BTreeMap::new();
            for r in what(policy.table(), &whose).expect("an answer").reached {
                for id in r.resources.iter().chain(&r.patterns) {
                    lists.insert((r.kind.clone(), id.clone()), r.list.clone());
                }
            }
            for line in &matrix.lines {
                let cell = &matrix.cells[line.cells[at]];
                let list = lists.remove(&(line.kind.clone(), line.id.clone())).unwrap_or_else(|| "nothing".into());
                assert_eq!(cell.list, list, "seed {seed}: {} on {} {}", whose.user, line.kind, line.id);
                let words: Vec<&str> = cell.reasons.iter().map(|(word, _)| word.as_str()).collect();
                assert_eq!(words.join(", "), list);
                assert_eq!(cell.height == 0, list == "nothing");
                cells += 1;
            }
            assert_eq!(lists, BTreeMap::new(), "seed {seed}: what the matrix leaves out");
        }
    }
    assert!(cells > 10 * rounds as usize, "{cells} cells");
}

const POLICY: &str = r#"
kind doc in organization { levels read < triage < write < maintain < admin  permissions sign }
group staff { user "ann<script>document.title='broken'</script>"  user "o'neil \"q\" & co"  user bob }
organization "acme </script><b>" {
  doc "pl</script><!--<script>an" { default can read  user bob can admin  group staff can triage }
  doc d2 { group staff can maintain  user bob can write }
  doc "x<img src=q onerror=document.title='broken'>*" { group staff can sign }
}
"#;

#[test]
fn bad_choices_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "p.rk", POLICY.as_bytes());
    let said = |args: &[&str]| {
        let run = run(folder.path(), &[&["matrix", "-p", "p.rk"], args].concat(), "");
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{args:?}");
        run.err
    };
    assert!(said(&["--kind", "dok"]).contains("the policy has no kind `dok`\n  help: did you mean `doc`?"));
    assert!(
        said(&["-r", "doc:d3"]).contains("doc `d3` is neither declared nor matched by a pattern\n  help: did you mean `d2`?")
    );
    assert!(said(&["-r", "d2"]).contains("the kind of resource `d2` is not given"));
    assert!(said(&["-r", "doc:q*"]).contains("no resource and no pattern of kind doc begins with `q`"));
    assert!(said(&["-u", "a*"]).contains("a question cannot hold a `*` in the id of a user"));
    let chosen = run(folder.path(), &["matrix", "-p", "p.rk", "-u", "zoe", "-u", "zoe", "-r", "d2", "--kind", "doc"], "");
    assert_eq!(chosen.out, "        zoe\ndoc d2  nothing\n");
    assert_eq!(chosen.err, "note: the policy does not name user zoe\n");
}

#[test]
fn a_matrix_has_an_end() {
    let users: String = (0..600).map(|n| format!(" user u{n}")).collect();
    let rooms: String = (0..500).map(|n| format!(" room r{n} {{ }}")).collect();
    let policy = Policy::from_texts([("p.rk".into(), format!("use liveblocks group g {{{users} }} {rooms}"))]).expect("sound");
    let chosen = Chosen { users: Vec::new(), resources: Vec::new(), kind: None, at: now() };
    let said = matrix(policy.table(), &chosen).expect_err("too many").to_string();
    assert_eq!(said, format!("601 users × 500 resources are more than the {MOST_CELLS} cells that a matrix may have"));
}

/// A browser that can run without a window.
fn browser() -> Option<PathBuf> {
    let named = std::env::var_os("ROOMKEY_BROWSER").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    let mut found = std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
    named.or_else(|| found.find(|file| file.is_file()))
}

/// What a page holds after its scripts have run, where there is a browser.
pub fn open(page: &str) -> Option<String> {
    let Some(browser) = browser() else {
        println!("skipped: no browser; install chromium, or name one in ROOMKEY_BROWSER");
        return None;
    };
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "page.html", page.as_bytes());
    let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
    let flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--virtual-time-budget=2000"];
    let mut command = Command::new(&browser);
    command.args(flags).args([&profile, "--dump-dom"]).arg(format!("file://{}", folder.path().join("page.html").display()));
    let Ok(output) = command.output() else {
        println!("skipped: {} does not start", browser.display());
        return None;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() || text.trim().is_empty() {
        println!("skipped: {} does not run here: {}", browser.display(), String::from_utf8_lossy(&output.stderr));
        return None;
    }
    Some(text)
}

/// Points at a cell, filters, and writes what there is to see into the title.
const DRIVE: &str = r#"<script>
const told = [], see = (text) => told.push(text.replaceAll(/\s+/g, " ").trim());
const rows = () => [...document.querySelectorAll("tbody tr")].filter((row) => row.checkVisibility()).length;
const users = () => [...document.querySelectorAll("thead th")].filter((cell) => cell.checkVisibility()).length - 1;
const type = (id, text) => { const box = document.getElementById(id); box.value = text; box.dispatchEvent(new Event("input")); };
see(`${rows()} rows, ${users()} users`);
document.querySelector("tbody tr").cells[2].dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
see(document.getElementById("tip").innerText);
const box = document.querySelector(".box"), second = document.querySelector("thead th:nth-child(2)"), top0 = second.getBoundingClientRect().top;
box.style.flex = "none"; box.style.height = "60px"; box.scrollTop = 40;
see(`scrolled ${box.scrollTop > 0} ${second.getBoundingClientRect().top === top0}`);
type("columns", "BOB"); see(`${rows()} rows, ${users()} users`);
type("lines", "</scr" + "ipt>"); see(`${rows()} rows, ${users()} users`);
type("columns", "*"); type("lines", ""); document.getElementById("reached").click(); see(`${rows()} rows, ${users()} users`);
see(`${document.images.length} images, ${document.scripts.length} scripts, ${document.title}`);
see(`colours ${new Set([...document.querySelectorAll("tbody td")].map((cell) => getComputedStyle(cell).backgroundColor)).size}`);
document.title = told.join(" | ");
</script>"#;

#[test]
fn the_page_works_in_a_browser() {
    let policy = Policy::from_texts([("p.rk".into(), POLICY.into())]).expect("sound");
    let mut page = Vec::new();
    report::matrix::html(&mut page, &everything(&policy)).expect("written");
    let page = String::from_utf8(page).expect("text");
    assert_eq!(page.matches("<script").count(), 2, "names become no script");
    assert_eq!(page.matches("<img").count(), 0);
    for outside in ["http:", "https:", "src=", "url(", "@import"] {
        let own = page.replace("src=q", "");
        assert!(!own.contains(outside), "the page loads nothing: {outside}");
    }
    let Some(seen) = open(&(page + DRIVE)) else { return };
    let title = seen.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).expect("a title").0;
    let told: Vec<&str> = title.split(" | ").collect();
    assert_eq!(
        told,
        [
            "3 rows, 4 users",
            "bob on doc d2 write user bob can write p.rk:6:38",
            "scrolled true true",
            "3 rows, 1 users",
            "1 rows, 1 users",
            "1 rows, 1 users",
            "0 images, 3 scripts, Who can do what",
            "colours 6",
        ]
    );
}

#[test]
fn every_format_says_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "p.rk", POLICY.as_bytes());
    let out = |format: &str| run(folder.path(), &["matrix", "-p", "p.rk", "--format", format], "").out;
    let json: serde_json::Value = serde_json::from_str(&out("json")).expect("JSON");
    let csv = out("csv");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let lists: Vec<Vec<String>> =
        reader.records().map(|r| r.expect("a row").iter().skip(2).map(str::to_owned).collect()).collect();
    let cell = |n: &serde_json::Value| {
        let n = n.as_u64().expect("a number") as usize;
        json["cells"][n]["permissions"].as_str().expect("a list").to_owned()
    };
    let rows = json["rows"].as_array().expect("rows").iter();
    let rows: Vec<Vec<String>> = rows.map(|r| r["cells"].as_array().expect("cells").iter().map(cell).collect()).collect();
    assert_eq!(rows, lists);
    let html: BTreeSet<&str> = lists.iter().flatten().map(String::as_str).filter(|l| *l != "nothing").collect();
    let page = out("html");
    assert!(html.iter().all(|list| page.contains(&format!(">{list}"))), "{html:?}");
    assert_eq!(out("json"), out("json"));
}
