//! `speedup flags`: download country flags in one of several styles.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Failed, complain, print};
use speedup_flags::client::outcome::{Outcome, Status, Tally};
use speedup_flags::client::registry::{self, STYLES};
use speedup_flags::client::report::{self, OutcomeJson, Summary};
use speedup_flags::client::select::{Pattern, Selection};
use speedup_flags::client::site::{Label, REMOTE_CAP, Target};
use speedup_flags::client::style::{Batch, Style};
use speedup_flags::client::{Error, Order, download};
use speedup_flags::codes::CountryCode;
use speedup_machine::limits;
use speedup_machine::signal::Interrupt;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  speedup flags
  speedup flags --style sequential -s DELAY
  speedup flags -s DELAY a b c
  speedup flags --style async -s ERROR -al 100 -m 100
  speedup flags --url http://localhost:8080/flags --dest /tmp/flags -e

-e goes before -a, and -a before CC. Where nobody listens at a site's port, this program is the
server itself for as long as it runs; 'speedup serve' serves the same sites. Files are named cc.gif,
in lower case, and each is there only when it is whole.

Exit codes: 0 every flag was downloaded or not found, 1 some could not be had, 2 usage,
130 interrupted.")]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub(super) struct FlagsArgs {
    /// Country codes, or first letters (B for BA to BZ) [default: the 20 most populous countries]
    #[arg(value_name = "CC")]
    codes: Vec<Pattern>,
    /// Get all available flags (AD to ZW)
    #[arg(short, long)]
    all: bool,
    /// Get flags for every possible code (AA to ZZ)
    #[arg(short, long)]
    every: bool,
    /// Limit to the first N codes
    #[arg(short, long, value_name = "N", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Maximum concurrent requests [default: threads and async 30, processes the CPUs]
    #[arg(short, long, value_name = "N", alias = "max_req", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u32).range(1..))]
    max_req: Option<u32>,
    /// Server to hit: DELAY, ERROR, LOCAL or REMOTE
    #[arg(short, long, value_name = "LABEL", default_value = "LOCAL", conflicts_with = "url")]
    server: Label,
    /// Output a line for each flag
    #[arg(short, long, conflicts_with_all = ["plain", "json"])]
    verbose: bool,
    /// How to download
    #[arg(long, value_name = "STYLE", default_value = "threads", value_parser = known_style())]
    style: KnownStyle,
    /// Base URL of any other server: flags are at URL/cc/cc.gif
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Folder for the flags; it is made if it is not there
    #[arg(long, value_name = "DIR", default_value = "downloads")]
    dest: PathBuf,
    /// How long a request may take until its last byte is there, such as 10s or 500ms
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    timeout: Duration,
    /// How many more times to ask for a flag that failed
    #[arg(long, value_name = "N", default_value = "0", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u32).range(0..=100))]
    retries: u32,
    /// Seed of the errors and delays of the server within this program
    #[arg(long, value_name = "N", default_value = "17", allow_negative_numbers = true)]
    seed: u64,
    /// Go through all the codes N times, for measuring
    #[arg(long, value_name = "N", default_value = "1", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    repeat: u32,
    /// Print the codes as they arrive and one line, as the book's first version does
    #[arg(long, conflicts_with = "json")]
    plain: bool,
    /// Print the tally and every outcome as JSON
    #[arg(long)]
    json: bool,
}

/// A style of the registry.
#[derive(Clone, Copy)]
struct KnownStyle(&'static dyn Style);

impl std::fmt::Debug for KnownStyle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name())
    }
}

fn known_style() -> impl TypedValueParser<Value = KnownStyle> {
    let styles = STYLES.iter().map(|style| PossibleValue::new(style.name()).help(style.summary()));
    PossibleValuesParser::new(styles)
        .map(|name| KnownStyle(registry::find(&name).expect("one of the registry")))
}

/// A time as people write it; no request is worth more than an hour.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let time = text.parse::<jiff::SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    time.filter(|time| !time.is_zero() && *time <= Duration::from_secs(3600))
        .ok_or_else(|| "it must be a time above zero of at most an hour, such as 10s or 500ms".to_string())
}

/// What is shown of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Reports before and after, a bar in between.
    Report,
    /// The same with a line for each flag in place of the bar.
    Verbose,
    /// The codes as they arrive.
    Plain,
    /// One JSON object.
    Json,
}

impl FlagsArgs {
    fn form(&self) -> Form {
        match (self.verbose, self.plain, self.json) {
            (true, ..) => Form::Verbose,
            (_, true, _) => Form::Plain,
            (.., true) => Form::Json,
            _ => Form::Report,
        }
    }

    fn selected(&self) -> Vec<CountryCode> {
        let selection = match (self.every, self.all) {
            (true, _) => Selection::Every,
            (_, true) => Selection::All,
            _ => Selection::Named(self.codes.clone()),
        };
        selection.codes(self.limit.map(|limit| limit as usize))
    }

    fn target(&self) -> Result<Target, Failed> {
        match &self.url {
            Some(url) => Target::of_url(url).map_err(|error| Failed::Usage(format!("--url {url}: {error}"))),
            None => Target::of_site(self.server, self.seed)
                .map_err(|error| Failed::Failure(format!("{} site: {error}", self.server.name()))),
        }
    }

    /// As many connections as asked for, unless the site or the system allows fewer.
    fn connections(&self, codes: usize) -> usize {
        let asked = self.max_req.map(|max_req| max_req as usize);
        let wanted = self.style.0.limits().connections(asked, codes);
        if self.url.is_none() && self.server == Label::Remote {
            complain(&format!(
                "REMOTE is a public server of somebody else: no more than {REMOTE_CAP} connections, please use it sparingly"
            ));
            return wanted.min(REMOTE_CAP);
        }
        let room = limits::make_room_for_files(FILES_EACH * wanted as u64 + SPARE_FILES);
        let possible = (room.saturating_sub(SPARE_FILES) / FILES_EACH).max(1) as usize;
        if possible < wanted {
            complain(&format!(
                "{wanted} connections need more open files than 'ulimit -n' allows; {possible} will be used"
            ));
        }
        wanted.min(possible)
    }
}

/// Files that a connection takes at most: of a worker process up to four while it starts, and the other end
/// where the server is in this process.
const FILES_EACH: u64 = 5;

/// Files that the program has open beside its connections.
const SPARE_FILES: u64 = 40;

pub(super) fn flags(args: &FlagsArgs) -> Result<(), Failed> {
    let interrupt =
        Interrupt::install().map_err(|error| Failed::Failure(format!("cannot watch for Ctrl-C: {error}")))?;
    let selected = args.selected();
    let codes = selected.repeat(args.repeat as usize);
    let connections = args.connections(codes.len());
    let target = args.target()?;
    let order = Order {
        base: target.base.clone(),
        dest: args.dest.clone(),
        timeout: args.timeout,
        retries: args.retries,
    };
    let form = args.form();
    order.prepare().map_err(|error| failure(&error))?;
    if matches!(form, Form::Report | Form::Verbose) {
        print(&report::initial(&target, &codes, connections))?;
    }

    let mut view = View::new(form, codes.len());
    let batch = Batch { codes: &codes, order: &order, connections, interrupt: &interrupt };
    let begin = Instant::now();
    let tally = download(args.style.0, &batch, &mut |outcome| view.show(outcome));
    let seconds = begin.elapsed().as_secs_f64();
    let outcomes = view.finish()?;
    let tally = tally.map_err(|error| failure(&error))?;

    match form {
        Form::Report | Form::Verbose => print(&report::last(&tally, seconds))?,
        Form::Plain => print(&report::plain(&tally, seconds))?,
        Form::Json => {
            let summary = summary(args, &target, connections, tally, seconds, &outcomes);
            let json = serde_json::to_string_pretty(&summary);
            print(&format!("{}\n", json.map_err(|error| Failed::Failure(error.to_string()))?))?;
        }
    }
    verdict(&tally, codes.len(), form, &interrupt)
}

fn failure(error: &Error) -> Failed {
    let option = if matches!(error, Error::Destination { .. }) { "--dest: " } else { "" };
    Failed::Failure(format!("{option}{error}"))
}

fn summary<'a>(
    args: &FlagsArgs,
    target: &'a Target,
    connections: usize,
    tally: Tally,
    elapsed_s: f64,
    outcomes: &[Outcome],
) -> Summary<'a> {
    let bytes = outcomes.iter().filter_map(|outcome| match outcome.download.status {
        Status::Downloaded(bytes) => Some(bytes),
        _ => None,
    });
    Summary {
        site: target.name,
        url: target.base.url(),
        embedded_seed: target.is_embedded().then_some(args.seed),
        style: args.style.0.name(),
        connections,
        flags: outcomes.len(),
        tally,
        bytes: bytes.sum(),
        elapsed_s,
        outcomes: outcomes.iter().map(OutcomeJson::from).collect(),
    }
}

fn verdict(tally: &Tally, asked: usize, form: Form, interrupt: &Interrupt) -> Result<(), Failed> {
    if interrupt.requested() && tally.interrupted > 0 {
        let missing = tally.interrupted;
        return Err(Failed::Interrupted(format!(
            "interrupted; {missing} of {asked} flags were not there yet"
        )));
    }
    match (tally.errors, form) {
        (0, _) => Ok(()),
        // The other forms have told of them.
        (errors, Form::Plain) => {
            Err(Failed::Failure(format!("{errors} of {asked} flags could not be downloaded; -v says why")))
        }
        _ => Err(Failed::Verdict(1)),
    }
}

/// What the user sees while flags arrive.
struct View {
    form: Form,
    bar: ProgressBar,
    errors: usize,
    /// Kept for JSON only.
    outcomes: Vec<Outcome>,
    /// What kept a line from being printed.
    failed: Option<Failed>,
}

impl View {
    fn new(form: Form, flags: usize) -> Self {
        // It is drawn only where standard error is a terminal.
        let target =
            if form == Form::Report { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(flags as u64), target);
        bar.set_style(bar_style());
        if form == Form::Report {
            // So that it is there before the first flag is.
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self { form, bar, errors: 0, outcomes: Vec::new(), failed: None }
    }

    fn show(&mut self, outcome: &Outcome) {
        let text = match self.form {
            Form::Report => {
                if matches!(outcome.download.status, Status::Failed(_)) {
                    self.errors += 1;
                    self.bar.set_message(format!(", {}", report::counted(self.errors, "error")));
                }
                self.bar.inc(1);
                None
            }
            Form::Verbose => report::line(outcome),
            Form::Plain => {
                matches!(outcome.download.status, Status::Downloaded(_)).then(|| format!("{} ", outcome.cc))
            }
            Form::Json => {
                self.outcomes.push(outcome.clone());
                None
            }
        };
        if let Some(Err(failed)) = text.map(|text| print(&text)) {
            self.failed.get_or_insert(failed);
        }
    }

    /// Takes the bar away and gives the outcomes by code.
    fn finish(mut self) -> Result<Vec<Outcome>, Failed> {
        self.bar.finish_and_clear();
        self.outcomes.sort_by_key(|outcome| outcome.cc);
        self.failed.map_or(Ok(self.outcomes), Err)
    }
}

fn bar_style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:30} {pos}/{len}{msg}, ETA {eta}").expect("a valid template")
}

#[cfg(test)]
mod tests {
    use super::*;
    use speedup_flags::client::outcome::Download;
    use speedup_flags::codes::ALL;

    #[test]
    fn the_bar_counts_flags_and_errors() {
        let mut view = View::new(Form::Report, 3);
        for status in [Status::Downloaded(1), Status::Failed("x".to_string())] {
            let download = Download { status, attempts: 1, worker: 0, begin_ns: 0, end_ns: 1, cpu_ns: 0 };
            view.show(&Outcome { cc: ALL[0], download });
        }
        assert_eq!((view.bar.position(), view.bar.message().as_str()), (2, ", 1 error"));
        assert!(view.finish().is_ok_and(|outcomes| outcomes.is_empty()));
    }
}
