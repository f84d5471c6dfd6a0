//! Any text as the data of another system: it is refused, or becomes a policy that can be read.

#![no_main]

use std::path::PathBuf;

use libfuzzer_sys::fuzz_target;
use roomkey::exchange::{Format, Input, import};
use roomkey::{Analysis, Level, Settings, Source, Sources};
use roomkey_fuzz::NEXT_FILE;

/// Where the files of a format lie, one after the other.
const PATHS: [&str; 5] = ["t/config.toml", "t/people/ann.toml", "t/teams/a.toml", "t/repos/o/r.toml", "t/teams/archive/b.toml"];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let format = Format::ALL[usize::from(*first) % Format::ALL.len()];
    let text = String::from_utf8_lossy(rest);
    let path = |number: usize| match format {
        Format::RustTeam => PATHS[number].into(),
        Format::Peribolos => format!("{number}/org.yaml"),
        Format::Liveblocks | Format::Livelike => format!("{number}.json"),
    };
    let parts = text.splitn(PATHS.len(), NEXT_FILE).enumerate();
    let inputs: Vec<Input> =
        parts.map(|(number, text)| Input { path: PathBuf::from(path(number)), text: text.to_owned() }).collect();
    let imported = match import(format, &inputs) {
        Ok(imported) => imported,
        Err(error) => {
            let _ = (error.to_string(), error.place(), error.path());
            let mut out = Vec::new();
            return roomkey::report::human::failure(&mut out, &error, false).expect("memory takes everything");
        }
    };
    imported.notes.iter().for_each(|note| assert!(!note.to_string().is_empty()));
    let mut sources = Sources::default();
    for file in &imported.files {
        sources.add(Source::new(file.name.clone(), file.text.clone()));
    }
    let analysis = Analysis::new(sources, &Settings::default());
    let error = |f: &&roomkey::Finding| f.level == Level::Error && f.rule.name != "empty-policy";
    let errors: Vec<_> = analysis.findings.iter().filter(error).collect();
    assert!(errors.is_empty(), "{errors:?}\n{:?}", imported.files);
});
