//! What the project writes about itself is true: the fences of its pages, and the examples with their decisions.

use std::fs;
use std::path::{Path, PathBuf};

use roomkey::{Analysis, Instant, Policy, Question, Settings, Source, Sources};

/// Fewer fences or rows than this means that they are no longer found, not that there are none.
const FEWEST_FENCES: usize = 40;
const FEWEST_ERRORS: usize = 10;
const FEWEST_DECISIONS: usize = 100;

/// A row that names no time is asked at this one, so that the examples do not age.
const AT: &str = "2026-06-01";

/// A fenced policy of a page: the rule that it breaks, if it shows an error, and its text.
struct Fence {
    place: String,
    rule: Option<String>,
    text: String,
    /// The data files that stand before it, by name.
    data: Vec<(String, String)>,
}

#[test]
fn every_fence_is_what_it_says() {
    let mut fences = Vec::new();
    for page in [
        "docs/language.md",
        "docs/rules.md",
        "docs/asking.md",
        "docs/tokens.md",
        "docs/testing.md",
        "docs/pictures.md",
        "CONTRIBUTING.md",
        "README.md",
        "docs/format.md",
        "docs/lint.md",
    ] {
        match fs::read_to_string(root().join(page)) {
            Ok(text) => fences.extend(read_fences(page, &text)),
            Err(error) => println!("skipped {page}: {error}"),
        }
    }
    let faults: Vec<String> = fences.iter().filter_map(|f| fault(f).map(|why| format!("{}: {why}", f.place))).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let errors = fences.iter().filter(|f| f.rule.is_some()).count();
    println!("{} fences, {errors} of them with an error", fences.len());
    assert!(fences.len() >= FEWEST_FENCES, "only {} fences were found", fences.len());
    assert!(errors >= FEWEST_ERRORS, "only {errors} fences with an error were found");
}

#[test]
fn every_example_decides_as_its_table_says() {
    let folder = root().join("policies/examples");
    let mut examples: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the examples are part of the project")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.is_dir())
        .collect();
    examples.sort();
    let rows: usize = examples.iter().map(|path| decisions(path)).sum();
    println!("{} examples, {rows} decisions", examples.len());
    assert!(rows >= FEWEST_DECISIONS, "only {rows} decisions were found");
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The fences of a page whose language is `rk`.
fn read_fences(page: &str, text: &str) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut data: Vec<(String, String)> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.trim_start().strip_prefix("```") else { continue };
        let place = format!("{page}:{}", number + 1);
        let mut body = String::new();
        let closed = lines.by_ref().map(|(_, line)| line).any(|line| {
            let end = line.trim() == "```";
            if !end {
                body.push_str(line);
                body.push('\n');
            }
            end
        });
        assert!(closed, "{place}: the fence is never closed");
        let mut words = info.split_whitespace();
        let language = words.next().unwrap_or_default();
        let (files, notes): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with("file="));
        match (language, &files[..]) {
            ("rk", _) => {}
            ("csv" | "jsonl", [file]) => {
                data.push((file["file=".len()..].to_string(), body));
                continue;
            }
            _ => continue,
        }
        let mut rule = None;
        for note in notes {
            rule = Some(note.strip_prefix("error=").unwrap_or_else(|| panic!("{place}: `{note}`?")).to_string());
        }
        fences.push(Fence { place, rule, text: body, data: data.clone() });
    }
    fences
}

/// How a fence differs from what its page says of it.
fn fault(fence: &Fence) -> Option<String> {
    let files = std::iter::once(("page.rk".to_string(), fence.text.clone())).chain(fence.data.clone());
    let Some(rule) = &fence.rule else {
        return Policy::from_texts(files).err().map(|error| error.to_string());
    };
    let mut sources = Sources::default();
    for (name, text) in files {
        sources.add(Source::new(name, text));
    }
    let analysis = Analysis::new(sources, &Settings::default());
    let found: Vec<String> = analysis.findings.iter().map(|f| format!("{}: {}", f.rule.name, f.message)).collect();
    let exact = !found.is_empty() && analysis.findings.iter().all(|f| f.rule.name == rule);
    let answers = analysis.into_policy().is_ok();
    (!exact || answers).then(|| format!("expected the error {rule}, found {found:?}"))
}

/// Asks every row of the table beside an example, and counts them.
fn decisions(path: &Path) -> usize {
    let policy = Policy::load(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let table = path.join("decisions.csv");
    let mut reader = csv::Reader::from_path(&table).unwrap_or_else(|error| panic!("{}: {error}", table.display()));
    let header = reader.headers().expect("a header").iter().collect::<Vec<_>>().join(",");
    assert_eq!(header, "user,permission,resource,groups,organization,at,decision", "{}", table.display());
    let mut rows = 0;
    for row in reader.records() {
        let row = row.unwrap_or_else(|error| panic!("{}: {error}", table.display()));
        let place = format!("{}: {row:?}", table.display());
        let answer = policy.check(&question(&row, &place)).unwrap_or_else(|error| panic!("{place}: {error}"));
        assert_eq!(answer.decision.word(), &row[6], "{place}");
        rows += 1;
    }
    assert!(rows > 0, "{}: no rows", table.display());
    rows
}

fn question(row: &csv::StringRecord, place: &str) -> Question {
    let at = if row[5].is_empty() { AT } else { &row[5] };
    let at: Instant = at.parse().unwrap_or_else(|error| panic!("{place}: {error}"));
    let mut question = Question::new(&row[0], &row[1], &row[2]).at(at);
    for group in row[3].split_whitespace() {
        question = question.group(group);
    }
    if row[4].is_empty() { question } else { question.organization(&row[4]) }
}
