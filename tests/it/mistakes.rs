//! Mistakes of one line, as a newcomer makes them: each is one error, in its place, with what to type.

use std::path::Path;

use roomkey::{Analysis, Level, Settings, Source, Sources};

/// What stands above each mistake.
const BEFORE: &str = "use liveblocks\nrole r { can read }\nrole c includes r { can comments:write }\ngroup staff { user marie }\n\
                      assign c to user z everywhere\nroom q { default can read }\n";

/// The errors of a text below [`BEFORE`], each as its place, its rule and its sentence, and what to type.
fn errors(text: &str) -> Vec<(String, Option<String>)> {
    let mut sources = Sources::default();
    sources.add(Source::new("x.rk", format!("{BEFORE}{text}\n")));
    let analysis = Analysis::new(sources, &Settings::default());
    let errors = analysis.findings.iter().filter(|finding| finding.level == Level::Error);
    let said = errors.map(|finding| {
        let place = analysis.sources.place(finding.span);
        let line = place.line - BEFORE.lines().count();
        (format!("{line}:{} {}: {}", place.column, finding.rule.name, finding.message), finding.help.clone())
    });
    said.collect()
}

/// The mistakes of `tests/lint/mistakes.txt`, where what is said stands behind each.
fn mistakes(kept: &str) -> Vec<String> {
    let texts =
        kept.split("\n\n").map(|case| case.lines().filter(|line| !line.starts_with("    ")).collect::<Vec<_>>().join("\n"));
    texts.filter(|text| !text.trim().is_empty()).collect()
}

#[test]
fn each_mistake_is_one_error_that_says_what_to_type() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint/mistakes.txt");
    let kept = std::fs::read_to_string(&file).expect("the mistakes are there");
    let texts = mistakes(&kept);
    assert!(texts.len() >= 130, "only {} mistakes", texts.len());
    let (mut said, mut wrong) = (String::new(), Vec::new());
    for text in &texts {
        let errors = errors(text);
        if errors.len() != 1 || errors.iter().any(|(_, help)| help.as_ref().is_none_or(|help| help.is_empty())) {
            wrong.push(format!("{text}\n  {errors:?}"));
        }
        said.push_str(text);
        for (error, help) in errors {
            said.push_str(&format!("\n    {error}\n    help: {}", help.unwrap_or_default()));
        }
        said.push_str("\n\n");
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &said).expect("it is written");
    }
    assert!(wrong.is_empty(), "{} mistakes are not one error with a help:\n{}", wrong.len(), wrong.join("\n"));
    assert!(std::env::var_os("UPDATE").is_some() || kept == said, "run `UPDATE=1 cargo test mistakes`, and read the difference");
}

#[test]
fn the_style_leaves_each_mistake_as_it_is() {
    let kept = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint/mistakes.txt")).unwrap_or_default();
    for text in mistakes(&kept) {
        let (out, _) = roomkey::syntax::format::format(&format!("{BEFORE}{text}\n"));
        assert_eq!(roomkey::syntax::format::format(&out).0, out, "{text}");
        let out = out.strip_prefix("use liveblocks\n").expect("the head stays");
        let mut sources = Sources::default();
        sources.add(Source::new("x.rk", format!("use liveblocks\n{out}")));
        let findings = Analysis::new(sources, &Settings::default()).findings;
        let count = findings.iter().filter(|finding| finding.level == Level::Error).count();
        assert_eq!(count, 1, "{text}\nis now\n{out}\n{findings:#?}");
    }
}
