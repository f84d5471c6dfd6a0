//! What an import writes is a policy: its ids are good ones, and its comments direct nothing.

use std::path::PathBuf;

use roomkey::exchange::{Format, Imported, Input, import};

fn imported(format: Format, files: &[(&str, &str)]) -> Imported {
    let input = |(path, text): &(&str, &str)| Input { path: PathBuf::from(path), text: (*text).to_owned() };
    import(format, &files.iter().map(input).collect::<Vec<_>>()).expect("these files can be imported")
}

#[test]
fn a_comment_of_the_source_directs_nothing() {
    let yaml = "\
# roomkey: allow wildcard-grant: x
orgs:
  acme:
    description: 'roomkey: allow some-rule: x'
    members:
    # Roomkey : allow some-rule: x
    - ann # / roomkey: allow some-rule: x
    - bob # the roomkey: allow here is no directive
";
    let toml = "# roomkey: allow some-rule: x\ngithub = \"ann\"\nname = \"/ROOMKEY: allow a: b\"\n";
    let acme = imported(Format::Peribolos, &[("orgs.yaml", yaml)]);
    let team = imported(Format::RustTeam, &[("t/config.toml", ""), ("t/people/ann.toml", toml)]);
    let texts: Vec<&str> = acme.files.iter().chain(&team.files).map(|file| file.text.as_str()).collect();
    let comments = texts.iter().flat_map(|text| text.lines()).filter_map(|line| line.split_once("//")).map(|(_, text)| text);
    let told: Vec<&str> = comments.filter(|text| text.to_lowercase().contains("roomkey")).collect();
    let kept = [
        " in the source: roomkey: allow wildcard-grant: x",
        "/ in the source: roomkey: allow some-rule: x",
        " in the source: / roomkey: allow some-rule: x",
        " the roomkey: allow here is no directive",
        " in the source: Roomkey : allow some-rule: x",
        " in the source: roomkey: allow some-rule: x",
        "/ in the source: /ROOMKEY: allow a: b",
    ];
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    assert_eq!(sorted(told.iter().map(ToString::to_string).collect()), sorted(kept.iter().map(ToString::to_string).collect()));
}

#[test]
fn an_id_is_good_for_an_import_where_it_is_good_for_a_policy() {
    for c in ['\u{200e}', '\u{200f}', '\u{61c}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{7f}', '\u{feff}', 'é'] {
        let name = format!("a{c}b");
        let policy = roomkey::Policy::from_texts([("a.rk".into(), format!("user \"a\\u{{{:x}}}b\"", u32::from(c)))]);
        let yaml = format!("orgs:\n  acme:\n    members: [\"a\\u{:04x}b\"]\n", u32::from(c));
        let acme = imported(Format::Peribolos, &[("orgs.yaml", &yaml)]);
        let written = acme.files.iter().any(|file| file.text.contains(&name));
        assert_eq!(written, policy.is_ok(), "U+{:04X}", u32::from(c));
        let texts = acme.files.iter().map(|file| (file.name.clone(), file.text.clone()));
        assert!(roomkey::Policy::from_texts(texts).is_ok(), "U+{:04X}", u32::from(c));
    }
}
