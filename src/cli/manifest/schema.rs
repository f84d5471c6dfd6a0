//! The JSON Schema of the manifest, made from its types: `UPDATE=1 cargo test schema` writes it anew.

use std::fs;
use std::path::Path;

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::RecursiveTransform;
use schemars::{Schema, json_schema};
use serde_json::{Map, Value};

use super::{Manifest, Setting};
use crate::finding::{Level, RULES};

/// A level for each rule, under the rule's own name.
pub fn rules(generator: &mut SchemaGenerator) -> Schema {
    let setting = generator.subschema_for::<Setting>();
    let level = |about: String, usual: &str| {
        let mut schema = setting.clone();
        schema.insert("description".into(), about.into());
        schema.insert("default".into(), usual.into());
        schema.to_value()
    };
    let properties: Map<String, Value> = RULES
        .iter()
        .map(|rule| {
            let stays = if rule.level == Level::Error { " (an error of meaning: it stays one)" } else { "" };
            (rule.name.to_owned(), level(format!("{}{stays}", rule.about), rule.usual()))
        })
        .collect();
    json_schema!({ "type": "object", "additionalProperties": false, "properties": properties })
}

#[test]
fn the_schema_is_the_one_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/roomkey.schema.json");
    let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(without_null));
    let made = format!("{:#}\n", settings.into_generator().into_root_schema_for::<Manifest>().to_value());
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &made).expect("the schema is written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "docs/roomkey.schema.json is out of date: run `UPDATE=1 cargo test schema` and read the difference");
}

/// A field that may be left out has no default that a manifest could write.
fn without_null(schema: &mut Schema) {
    if schema.get("default") == Some(&Value::Null) {
        schema.remove("default");
    }
}
