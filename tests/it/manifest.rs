//! The manifest: its JSON Schema says what the command accepts, no more and no less.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::cli::{Run, put, run};

/// A name and a value that nothing is called, and that is close to nothing.
const NONSENSE: &str = "zzzzzzzzzzzz";

/// Fewer fields than this means that they are no longer found, not that there are none.
const FEWEST_FIELDS: usize = 14;

#[test]
fn the_schema_says_what_is_accepted() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "lobby.rk", b"kind desk { permissions x, approve, pay } group g desk lobby { group g can x }\n");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/roomkey.schema.json");
    let root: Value = serde_json::from_str(&fs::read_to_string(path).expect("the schema is there")).expect("it is JSON");
    assert_eq!(root["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let mut walk = Walk { folder: folder.path(), root: &root, fields: 0 };
    walk.object("", &root);
    println!("{} fields", walk.fields);
    assert!(walk.fields >= FEWEST_FIELDS, "only {} fields were found", walk.fields);
}

#[test]
fn the_schema_has_every_rule() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/roomkey.schema.json");
    let root: Value = serde_json::from_str(&fs::read_to_string(path).expect("the schema is there")).expect("it is JSON");
    let listed = &root["$defs"]["LintTable"]["properties"]["rules"]["properties"];
    for rule in roomkey::finding::RULES {
        let said = listed[rule.name]["description"].as_str().unwrap_or_default();
        assert!(said.starts_with(rule.about), "`{}` is described by `{said}`", rule.name);
        assert_eq!(listed[rule.name]["default"], rule.usual(), "{}", rule.name);
    }
}

/// The way through the schema, asking the command at every step.
struct Walk<'a> {
    folder: &'a Path,
    root: &'a Value,
    fields: usize,
}

impl<'a> Walk<'a> {
    fn object(&mut self, path: &str, schema: &'a Value) {
        let choices = schema["oneOf"].as_array().map_or_else(|| vec![schema], |all| all.iter().collect());
        let properties: Vec<(&String, &Value)> =
            choices.iter().filter_map(|choice| choice["properties"].as_object()).flatten().collect();
        for choice in choices {
            assert_eq!(choice["additionalProperties"], false, "{path}");
            let one = choice["description"].is_string() && choice["required"].is_array();
            let described = |(name, schema): (&String, &Value)| {
                assert!(one || schema["description"].is_string(), "`{}` is described", below(path, name));
            };
            choice["properties"].as_object().into_iter().flatten().for_each(described);
        }
        let names: BTreeSet<String> = properties.iter().map(|(name, _)| (*name).clone()).collect();
        if path == "lint.rules" {
            // There are too many rules to list in an answer.
            assert_eq!(self.refused(&format!("{path}.{NONSENSE} = \"off\"")), (format!("no rule is named `{NONSENSE}`"), None));
        } else {
            assert_eq!(self.listed(&format!("{} = \"x\"", below(path, NONSENSE))), names, "the fields of `{path}`");
        }
        for (name, schema) in properties {
            self.field(&below(path, name), name, schema);
        }
    }

    fn field(&mut self, path: &str, name: &str, schema: &'a Value) {
        self.fields += 1;
        // Without its last letter, `keys` is another field.
        let typo = if path == "token.keys" { "token.keyss" } else { &path[..path.len() - 1] };
        let value = if path.starts_with("lint.rules.") { "off" } else { "x" };
        let help = self.refused(&format!("{typo} = \"{value}\"")).1;
        assert_eq!(help, Some(format!("did you mean `{name}`?")), "a typo in `{path}`");

        let target = self.resolve(schema);
        if let Some(values) = target["enum"].as_array() {
            let values: BTreeSet<String> = values.iter().map(|v| v.as_str().expect("a word").to_owned()).collect();
            assert_eq!(self.listed(&format!("{path} = \"{NONSENSE}\"")), values, "the values of `{path}`");
            values.iter().for_each(|value| self.accepted(&format!("{path} = \"{value}\"")));
            return;
        }
        match (target["type"].as_str(), target["items"]["type"].as_str()) {
            (Some("string"), None) => {
                let length_of_time = matches!(path, "token.ttl" | "token.leeway");
                let value = if length_of_time { "1m" } else { "x" };
                self.accepted(&format!("{path} = \"{value}\""));
            }
            (None, None) if path == "diff.max-lost" => {
                assert_eq!(target["type"], serde_json::json!(["integer", "string"]));
                self.accepted(&format!("{path} = 7"));
                self.accepted(&format!("{path} = \"5%\""));
                let (said, _) = self.refused(&format!("{path} = true"));
                return assert!(said.contains("a number of users, or a share such as `5%`"), "`{path} = true`: {said}");
            }
            (Some("boolean"), None) => self.accepted(&format!("{path} = true")),
            (Some("array"), Some("string")) if matches!(path, "diff.deny" | "diff.require-expiry") => {
                self.accepted(&format!("{path} = [\"approve\"]"))
            }
            (Some("array"), Some("string")) => self.accepted(&format!("{path} = [\"**/*.rk\"]")),
            (Some("array"), None) if path == "token.keys" => self.accepted(&format!("{path} = []")),
            (Some("array"), Some("array")) => self.accepted(&format!("{path} = [[\"approve\", \"pay\"]]")),
            (Some("integer"), None) => {
                self.accepted(&format!("{path} = 7"));
                let (said, _) = self.refused(&format!("{path} = true"));
                return assert!(said.starts_with("invalid type: boolean `true`, expected "), "`{path} = true`: {said}");
            }
            _ => return self.object(path, target),
        }
        let (said, _) = self.refused(&format!("{path} = 7"));
        assert!(said.starts_with("invalid type: integer `7`, expected "), "`{path} = 7`: {said}");
    }

    fn resolve(&self, schema: &'a Value) -> &'a Value {
        schema["$ref"].as_str().map_or(schema, |path| self.root.pointer(&path[1..]).expect("what a `$ref` names"))
    }

    fn lint(&self, manifest: &str) -> Run {
        put(self.folder, "roomkey.toml", format!("{manifest}\n").as_bytes());
        run(self.folder, &["lint"], "")
    }

    fn accepted(&self, manifest: &str) {
        // A bound is one of a permission, and here of one that nobody has to hold.
        let whole = format!("{manifest}\nlint.admin-count.permission = \"pay\"\nlint.rules.admin-count = \"off\"");
        let bound = manifest.starts_with("lint.admin-count.m");
        let run = self.lint(if bound { &whole } else { manifest });
        assert_eq!((run.code, run.out.as_str()), (Some(0), ""), "`{manifest}`: {}", run.err);
    }

    /// What is said of a manifest that is refused, and the help.
    fn refused(&self, manifest: &str) -> (String, Option<String>) {
        let run = self.lint(manifest);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "`{manifest}`: {}", run.err);
        let after = |mark| run.err.split(mark).nth(1).and_then(|rest| rest.lines().next()).map(str::to_owned);
        (after("\n  × ").unwrap_or_else(|| panic!("`{manifest}`: {}", run.err)), after("\n  help: "))
    }

    /// The names in the help of a manifest that is refused.
    fn listed(&self, manifest: &str) -> BTreeSet<String> {
        let (said, help) = self.refused(manifest);
        let help = help.unwrap_or_else(|| panic!("`{manifest}`: {said}"));
        let names = help.strip_prefix("here stands one of ").unwrap_or_else(|| panic!("`{manifest}`: {help}"));
        names.split(", ").map(|name| name.trim_matches('`').to_owned()).collect()
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
