//! `speedup compare`: two saved runs, a verdict, and an exit code for scripts.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Failed, print};
use speedup_report::analysis::compare::{self, Outcome};
use speedup_report::record::schema::ReadError;
use speedup_report::record::{RunRecord, SCHEMA_VERSION};
use speedup_report::render::comparison::FORMATS;

const REGRESSION: u8 = 1;
const INCONCLUSIVE: u8 = 4;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  speedup compare results/2026-11-22-main results/2026-11-22-branch
  speedup compare before after --threshold 5% --format markdown

A case is a regression if the interval of B / A, wider by the drift of the machine that the runs
themselves show, lies above 1 + threshold as a whole. There is no regression if every interval, as
measured, ends below that; what is neither is inconclusive. Machines drift by more than a run can
show: take turns (A, B, A, B), and compare A with A too.

Exit codes: 0 no regression; 1 regression; 2 usage, or a file that cannot be used; 3 not comparable
(other batch, machine, pool, design or schema version); 4 inconclusive.")]
pub(super) struct CompareArgs {
    /// The run before: its folder, or its run.json
    a: PathBuf,
    /// The run after
    b: PathBuf,
    /// Change up to which a case counts as unchanged, such as 2% or 0.02
    #[arg(long, value_name = "SHARE", default_value = "2%", allow_hyphen_values = true)]
    threshold: String,
    /// Compare runs of other batches or machines nevertheless
    #[arg(long)]
    force: bool,
    /// Form of the output: table, markdown or json
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: String,
}

/// Unlike elsewhere, exit code 1 has a meaning of its own here: what fails is 2, as with `diff`.
pub(super) fn compare(args: &CompareArgs) -> Result<(), Failed> {
    let render = FORMATS.iter().find(|(name, _)| *name == args.format).ok_or_else(|| {
        let names: Vec<_> = FORMATS.iter().map(|(name, _)| *name).collect();
        Failed::Usage(format!("--format '{}': must be one of {}", args.format, names.join(", ")))
    })?;
    let threshold = parse_share(&args.threshold)
        .map_err(|problem| Failed::Usage(format!("--threshold '{}': {problem}", args.threshold)))?;
    let (a, b) = (read(&args.a)?, read(&args.b)?);
    let differences = compare::differences(&a, &b);
    let names = || format!("{} and {}", args.a.display(), args.b.display());
    if !args.force && !differences.is_empty() {
        let differences: Vec<String> = differences.iter().map(ToString::to_string).collect();
        return Err(Failed::NotComparable(format!(
            "{} are not comparable: {}; --force compares them nevertheless",
            names(),
            differences.join("; ")
        )));
    }
    let comparison = compare::compare(&a, &b, threshold);
    if comparison.cases().next().is_none() {
        return Err(Failed::NotComparable(format!("{} have measured no case in common", names())));
    }
    print(&render.1(&comparison)).map_err(|failed| match failed {
        Failed::Failure(message) => Failed::Usage(message),
        other => other,
    })?;
    match comparison.outcome {
        Outcome::NoRegression => Ok(()),
        Outcome::Regression => Err(Failed::Verdict(REGRESSION)),
        Outcome::Inconclusive => Err(Failed::Verdict(INCONCLUSIVE)),
    }
}

fn read(path: &Path) -> Result<RunRecord, Failed> {
    RunRecord::read(path).map_err(|error| match error {
        ReadError::Version { path, found } => Failed::NotComparable(format!(
            "{}: schema version {found}, but this speedup compares version {SCHEMA_VERSION}",
            path.display()
        )),
        other => Failed::Usage(other.to_string()),
    })
}

/// A share below 1, as `2%` or `0.02`.
fn parse_share(text: &str) -> Result<f64, String> {
    let trimmed = text.trim();
    let share = match trimmed.strip_suffix('%') {
        Some(percent) => percent.trim_end().parse::<f64>().map(|percent| percent / 100.0),
        None => trimmed.parse::<f64>(),
    };
    match share {
        Ok(share) if (0.0..1.0).contains(&share) => Ok(share),
        _ => Err("must be a share from 0% to below 100%, such as 2% or 0.02".to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_percents_or_fractions() {
        for (text, share) in [("2%", 0.02), ("0.02", 0.02), (" 2.5 % ", 0.025), ("0", 0.0), ("99%", 0.99)] {
            assert!((parse_share(text).unwrap() - share).abs() < 1e-15, "{text}");
        }
        for bad in ["", "%", "2", "100%", "-1%", "nan", "inf", "1e", "2%%", "two"] {
            assert!(parse_share(bad).is_err(), "{bad}");
        }
    }
}
