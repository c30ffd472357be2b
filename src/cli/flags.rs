//! `speedup flags`: download country flags in one of several styles.

mod view;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, ValueHint};

use self::view::View;
use super::exit::{Verdict, watch_for_ctrl_c};
use super::{ExitError, complain, print};
use crate::settings::SettingError;
use crate::settings::reader::{Reader, duration, one_of, text, whole};
use crate::settings::values::Seed;
use speedup_flags::client::outcome::{Outcome, Status, Tally};
use speedup_flags::client::registry::STYLES;
use speedup_flags::client::report::{self, OutcomeJson, Summary};
use speedup_flags::client::select::{Pattern, Selection};
use speedup_flags::client::site::{LABELS, Label, REMOTE_CAP, Target};
use speedup_flags::client::style::{Batch, Style};
use speedup_flags::client::{Error, Order, download};
use speedup_flags::codes::CountryCode;
use speedup_machine::limits;
use speedup_machine::signal::Interrupt;

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  speedup flags\n",
    "  speedup flags --style sequential -s DELAY\n",
    "  speedup flags -s DELAY a b c\n",
    "  speedup flags --style async -s ERROR -al 100 -m 100\n",
    "  speedup flags --url http://localhost:8080/flags --dest /tmp/flags -e\n",
    "\n",
    "-e takes precedence over -a, and -a over CC. If nothing listens at a site's port, this program serves ",
    "the flags itself while it runs; 'speedup serve' serves the same sites. Files are named cc.gif, in lower ",
    "case, and appear only when complete.\n",
    "\n",
    "Exit codes: 0 every flag was downloaded or not found, 1 some could not be downloaded, 2 usage error, ",
    "130 interrupted.",
))]
#[allow(clippy::struct_excessive_bools, reason = "each is a separate switch on the command line")]
pub(super) struct FlagsArgs {
    /// Country codes, or first letters (B for BA to BZ) [default: the 20 most populous countries]
    #[arg(value_name = "CC", value_parser = text::<Pattern>())]
    codes: Vec<Pattern>,
    /// Get all available flags (AD to ZW)
    #[arg(short, long)]
    all: bool,
    /// Get flags for every possible code (AA to ZZ)
    #[arg(short, long)]
    every: bool,
    /// Limit to the first N codes
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = whole(1..=u32::MAX))]
    limit: Option<u32>,
    /// Maximum concurrent requests [default: 30 for threads and async, the number of CPUs for processes]
    #[arg(
        short, long, value_name = "N", alias = "max_req", allow_negative_numbers = true,
        value_parser = whole(1..=u32::MAX)
    )]
    max_req: Option<u32>,
    /// Server to hit: DELAY, ERROR, LOCAL or REMOTE
    #[arg(
        short, long, value_name = "LABEL", default_value = "LOCAL", conflicts_with = "url",
        value_parser = labels()
    )]
    server: Label,
    /// Output a line for each flag
    #[arg(short, long, conflicts_with_all = ["plain", "json"])]
    verbose: bool,
    /// How to download: sequential, threads, threads-map, processes or async; see 'speedup list'
    #[arg(
        long, value_name = "STYLE", default_value = "threads", value_parser = styles(),
        hide_possible_values = true
    )]
    style: KnownStyle,
    /// Base URL of any other server: flags are at URL/cc/cc.gif
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    url: Option<String>,
    /// Folder for the flags, which is created if necessary
    #[arg(long, value_name = "DIR", default_value = "downloads", value_hint = ValueHint::DirPath)]
    dest: PathBuf,
    /// How long a request may take until its last byte arrives, such as 10s or 500ms
    #[arg(
        long, value_name = "TIME", default_value = "30s", allow_hyphen_values = true,
        value_parser = timeout()
    )]
    timeout: Duration,
    /// How often to retry a flag that failed
    #[arg(
        long, value_name = "N", default_value = "0", allow_negative_numbers = true,
        value_parser = whole(0..=100_u32)
    )]
    retries: u32,
    /// Seed of the errors and delays of the server in this program
    #[arg(
        long, value_name = "N", default_value = "17", allow_negative_numbers = true,
        value_parser = text::<Seed>()
    )]
    seed: Seed,
    /// Download all the flags N times, for measuring
    #[arg(
        long, value_name = "N", default_value = "1", allow_negative_numbers = true,
        value_parser = whole(1..=1000_u32)
    )]
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

fn styles() -> Reader<KnownStyle> {
    one_of("style", STYLES.iter().map(|style| (style.name(), style.summary(), KnownStyle(*style))))
}

/// The sites of the book by their names, in either case.
fn labels() -> Reader<Label> {
    text::<Label>().completing(LABELS.map(|label| (label.name(), label.url())))
}

/// How long to wait for an answer or a request: more than nothing, at most an hour.
pub(super) fn timeout() -> Reader<Duration> {
    duration(Duration::from_millis(1)..=Duration::from_secs(3600))
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

    fn target(&self) -> Result<Target, ExitError> {
        match &self.url {
            Some(url) => {
                Target::of_url(url).map_err(|error| SettingError::new("url", url, error.to_string()).into())
            }
            None => Target::of_site(self.server, self.seed.0)
                .map_err(|error| ExitError::Failure(format!("{} site: {error}", self.server.name()))),
        }
    }

    /// As many connections as asked for, unless the site or the system allows fewer.
    fn connections(&self, codes: usize) -> usize {
        let asked = self.max_req.map(|max_req| max_req as usize);
        let wanted = self.style.0.limits().connections(asked, codes);
        if self.url.is_none() && self.server == Label::Remote {
            complain(&format!(
                "REMOTE is a public server that others run: at most {REMOTE_CAP} connections, please use it sparingly"
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

/// Files that the program has open in addition to its connections.
const SPARE_FILES: u64 = 40;

pub(super) fn flags(args: &FlagsArgs) -> Result<(), ExitError> {
    let interrupt = watch_for_ctrl_c()?;
    let codes = args.selected().repeat(args.repeat as usize);
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
    let (outcomes, first) = view.finish()?;
    let tally = tally.map_err(|error| failure(&error))?;

    print(&match form {
        Form::Report | Form::Verbose => report::last(&tally, seconds),
        Form::Plain => report::plain(&tally, seconds),
        Form::Json => json(&summary(args, &target, connections, tally, seconds, &outcomes))?,
    })?;
    verdict(&tally, codes.len(), (form, first), &interrupt)
}

fn json(summary: &Summary<'_>) -> Result<String, ExitError> {
    Ok(serde_json::to_string_pretty(summary).map_err(ExitError::because)? + "\n")
}

fn failure(error: &Error) -> ExitError {
    let option = if matches!(error, Error::Destination { .. }) { "--dest: " } else { "" };
    ExitError::Failure(format!("{option}{error}"))
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
        embedded_seed: target.is_embedded().then_some(args.seed.0),
        style: args.style.0.name(),
        connections,
        flags: outcomes.len(),
        tally,
        bytes: bytes.sum(),
        elapsed_s,
        outcomes: outcomes.iter().map(OutcomeJson::from).collect(),
    }
}

/// `first` says why the first flag failed that did.
fn verdict(
    tally: &Tally,
    asked: usize,
    (form, first): (Form, Option<String>),
    interrupt: &Interrupt,
) -> Result<(), ExitError> {
    if interrupt.requested() && tally.interrupted > 0 {
        let missing = tally.interrupted;
        return Err(ExitError::Interrupted(format!(
            "interrupted; {missing} of {asked} flags were not there yet"
        )));
    }
    match (tally.errors, form) {
        (0, _) => Ok(()),
        // What each failed of is in the other forms.
        (errors, Form::Plain | Form::Report) => {
            let such_as = first.map(|first| format!(", such as {first}")).unwrap_or_default();
            let message = format!("{errors} of {asked} flags could not be downloaded{such_as}");
            Err(ExitError::Failure(format!("{message}; -v says why of each")))
        }
        _ => Err(ExitError::Said(Verdict::Incomplete)),
    }
}
