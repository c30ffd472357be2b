//! `speedup schema`: the form of what other programs read, as JSON Schema.

use clap::Args;

use super::{ExitError, print};
use crate::settings::reader::{Reader, one_of};
use speedup_report::record::json_schema::JSON_SCHEMA;
use speedup_report::render::comparison;

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Of what: run, which is run.json, or compare, which is what 'compare --format json' prints
    #[arg(value_name = "OF", default_value = "run", value_parser = documents(), hide_possible_values = true)]
    of: &'static str,
}

fn documents() -> Reader<&'static str> {
    let compare = ("compare", "what 'compare --format json' prints", comparison::JSON_SCHEMA);
    one_of("schema", [("run", "the record of a run", JSON_SCHEMA), compare])
}

pub(super) fn schema(args: &SchemaArgs) -> Result<(), ExitError> {
    print(args.of)
}
