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
pub(crate) mod tests {
    use std::path::Path;

    use schemars::generate::SchemaSettings;
    use schemars::transform::RecursiveTransform;
    use schemars::{JsonSchema, Schema};
    use serde_json::Value;

    use super::*;
    use crate::record::RunRecord;

    const FILE: &str = "src/record/run.schema.json";

    /// The schema of what a type reads.
    fn generate<T: JsonSchema>() -> String {
        generated::<T>(SchemaSettings::draft2020_12())
    }

    /// The schema of what a type writes.
    pub(crate) fn generate_written<T: JsonSchema>() -> String {
        generated::<T>(SchemaSettings::draft2020_12().for_serialize())
    }

    fn generated<T: JsonSchema>(settings: SchemaSettings) -> String {
        let settings = settings.with_transform(RecursiveTransform(plain));
        let mut schema = settings.into_generator().into_root_schema_for::<T>();
        entitle(&mut schema);
        serde_json::to_string_pretty(&schema).unwrap() + "\n"
    }

    /// That a committed file is what the types give; or writes it, if that is asked for.
    #[track_caller]
    pub(crate) fn assert_committed(file: &str, committed: &str, generated: &str) {
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(file), generated).unwrap();
            return;
        }
        // Both texts side by side would bury the one line that differs.
        let differs = committed.lines().zip(generated.lines()).find(|(committed, new)| committed != new);
        assert!(
            generated == committed,
            "{file} is not the schema of the types, first at {differs:?}; to regenerate: UPDATE_SCHEMA=1 cargo test --lib schema"
        );
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
        assert_committed(FILE, JSON_SCHEMA, &generate::<RunRecord>());
    }

    #[test]
    fn descriptions_hold_no_links_for_rustdoc() {
        assert_eq!(without_links("Always [`A`];\nsee [`B::c`](super::B)."), "Always `A`; see `B::c`.");
        assert_eq!(RunRecord::schema_name(), "RunRecord");
        assert!(!JSON_SCHEMA.contains("[`"), "a link stands in {FILE}");
    }

    #[test]
    fn everything_is_described() {
        let schemas = [JSON_SCHEMA, crate::render::comparison::JSON_SCHEMA];
        let schemas = schemas.map(|text| serde_json::from_str::<Value>(text).unwrap());
        let definitions = |schema: &Value| schema["$defs"].as_object().unwrap().values().cloned().collect();
        let definitions = schemas.iter().flat_map(|schema| -> Vec<Value> { definitions(schema) });
        for definition in definitions.chain(schemas.iter().cloned()) {
            let title = &definition["title"];
            assert!(definition["description"].is_string(), "{title} is not described");
            for (name, property) in definition["properties"].as_object().into_iter().flatten() {
                assert!(property["description"].is_string(), "{name} of {title} is not described");
            }
        }
    }
}
