//! `speedup report`: tables and charts from saved runs alone.

use super::args::ReportArgs;
use super::{Failed, print};
use speedup_report::analysis::Analysis;
use speedup_report::record::{RunRecord, book};
use speedup_report::render::{FORMATS, files, find_format, markdown, table};

pub(super) fn report(args: &ReportArgs) -> Result<(), Failed> {
    let format = find_format(&args.format).ok_or_else(|| {
        let names: Vec<_> = FORMATS.iter().map(|format| format.name()).collect();
        Failed::Usage(format!("--format '{}': must be one of {}", args.format, names.join(", ")))
    })?;
    let engines = match (args.engines, format.name()) {
        (false, _) => None,
        (true, "table") => Some(table::engines as fn(&[Analysis]) -> String),
        (true, "markdown") => Some(markdown::engines as fn(&[Analysis]) -> String),
        (true, other) => {
            return Err(Failed::Usage(format!(
                "--engines: there is no {other} of them; use table or markdown"
            )));
        }
    };
    let mut runs = Vec::new();
    for path in &args.runs {
        runs.push(Analysis::of(&RunRecord::read(path).map_err(|error| Failed::Failure(error.to_string()))?));
    }
    if args.book {
        runs.push(Analysis::of(&book::record()));
    }
    if let Some(folder) = &args.charts {
        std::fs::create_dir_all(folder)
            .map_err(|error| Failed::Failure(format!("--charts {}: {error}", folder.display())))?;
        files::write_charts(folder, &runs).map_err(|error| Failed::Failure(error.to_string()))?;
    }
    let Some(engines) = engines else { return print(&format.render(&runs)) };
    let text = engines(&runs);
    if text.is_empty() {
        let message = "--engines: the first run has no batch in common with another engine's";
        return Err(Failed::Failure(message.to_string()));
    }
    print(&text)
}
