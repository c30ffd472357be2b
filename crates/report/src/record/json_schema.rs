//! The shape of a record for other programs: a JSON Schema, committed next to the types.
//!
//! It is generated from the types and their documentation, and a test holds the two together. The
//! generator is needed in tests alone, so that the program carries the finished text and nothing else.
//! It describes what this version reads: a property that a file may lack is not required, and one
//! that is not described is no error, because a later tool may add what an older one can do without.
//! What a schema cannot say, such as that an index points into the plan, only
//! [`RunRecord::read`](super::RunRecord::read) checks.

/// The JSON Schema (draft 2020-12) of a [`RunRecord`](super::RunRecord).
pub const JSON_SCHEMA: &str = include_str!("run.schema.json");

#[cfg(test)]
mod tests {
    use std::path::Path;

    use schemars::generate::SchemaSettings;
    use schemars::transform::RecursiveTransform;
    use schemars::{JsonSchema, Schema};
    use serde_json::Value;

    use super::*;
    use crate::record::RunRecord;

    const FILE: &str = "src/record/run.schema.json";

    fn generate() -> String {
        let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(plain));
        let mut schema = settings.into_generator().into_root_schema_for::<RunRecord>();
        entitle(&mut schema);
        serde_json::to_string_pretty(&schema).unwrap() + "\n"
    }

    /// Turns the documentation of a type into text for readers who have no rustdoc.
    fn plain(schema: &mut Schema) {
        if let Some(Value::String(text)) = schema.get_mut("description") {
            *text = without_links(text);
        }
    }

    /// Takes rustdoc's links out of a text and puts each of its paragraphs on one line.
    fn without_links(text: &str) -> String {
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, link)) = rest.split_once("[`") {
            let (name, after) = link.split_once("`]").expect("a link in documentation ends");
            let target = after.strip_prefix('(').and_then(|target| target.split_once(')'));
            plain.extend([before, "`", name, "`"]);
            rest = target.map_or(after, |(_, after)| after);
        }
        plain += rest;
        let paragraphs = plain.split("\n\n").map(|paragraph| paragraph.replace('\n', " "));
        paragraphs.collect::<Vec<_>>().join("\n\n")
    }

    /// Gives every definition its name as title.
    fn entitle(schema: &mut Schema) {
        let definitions =
            schema.get_mut("$defs").and_then(Value::as_object_mut).expect("there are definitions");
        for (name, definition) in definitions {
            let object = definition.as_object_mut().expect("definitions are objects");
            object.insert("title".to_string(), name.as_str().into());
        }
    }

    #[test]
    fn the_committed_file_is_the_one_of_the_types() {
        let generated = generate();
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE), &generated).unwrap();
            return;
        }
        // Both texts side by side would bury the one line that differs.
        let differs = JSON_SCHEMA.lines().zip(generated.lines()).find(|(committed, new)| committed != new);
        assert!(
            generated == JSON_SCHEMA,
            "{FILE} is not the schema of the types, first at {differs:?}; to regenerate: UPDATE_SCHEMA=1 cargo test --lib json_schema"
        );
    }

    #[test]
    fn descriptions_hold_no_links_for_rustdoc() {
        assert_eq!(without_links("Always [`A`];\nsee [`B::c`](super::B)."), "Always `A`; see `B::c`.");
        assert_eq!(RunRecord::schema_name(), "RunRecord");
        assert!(!JSON_SCHEMA.contains("[`"), "a link stands in {FILE}");
    }

    #[test]
    fn everything_is_described() {
        let schema: Value = serde_json::from_str(JSON_SCHEMA).unwrap();
        let definitions = schema["$defs"].as_object().unwrap().values().chain([&schema]);
        for definition in definitions {
            let title = &definition["title"];
            assert!(definition["description"].is_string(), "{title} is not described");
            for (name, property) in definition["properties"].as_object().into_iter().flatten() {
                assert!(property["description"].is_string(), "{name} of {title} is not described");
            }
        }
    }
}
