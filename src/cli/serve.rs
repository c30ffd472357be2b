//! `speedup serve`: country flags for the clients of this program and others, from as many sites as asked for.

use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueHint};

use super::exit::watch_for_ctrl_c;
use super::flags::timeout;
use super::{ExitError, print, shown};
use crate::settings::SettingError;
use crate::settings::reader::{Reader, by, text, whole};
use crate::settings::values::Seed;
use speedup_flags::server::{Buckets, Delay, Faults, KeepAlive, Limits, Server, Settings, Site, StatsPath};
use speedup_flags::{assets, codes};
use speedup_machine::{limits, machine};
use speedup_report::record::store::write_whole;
use speedup_values::{List, choose};

/// How often to look whether the user has stopped the program.
const LOOK: Duration = Duration::from_millis(20);

/// Files that the program has open in addition to its connections.
const SPARE_FILES: u64 = 100;

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  speedup serve\n",
    "  speedup serve --site delay --port 8080 --delay 0.1s..0.9s\n",
    "  speedup serve --site error --fault reset=5,hang=1 --seed 7 --stats\n",
    "  speedup serve --site local --threads 1 --no-keep-alive\n",
    "  speedup serve --export /tmp/site\n",
    "\n",
    "LOCAL answers at once, DELAY late, and ERROR with an error for a quarter of all requests and late for ",
    "half of them. What goes wrong is a pure function of seed, path and attempt, so that a run can be ",
    "repeated; attempts are numbered by the client's header x-attempt, or counted. Faults, as a percentage ",
    "of all requests: error, delay, reset, truncate, length (a header that declares too little), dribble, ",
    "hang, malformed. Ctrl-C waits for requests under way; a second Ctrl-C does not.\n",
    "\n",
    "Exit codes: 0 stopped by the user, 1 failure, 2 usage error.",
))]
pub(super) struct ServeArgs {
    /// Sites, separated by commas: local, delay, error, or all
    #[arg(
        long, value_name = "SITE,…", default_value = "all", value_parser = sites(),
        hide_possible_values = true
    )]
    site: Sites,
    /// Address to listen on; one outside the loopback interface lets other machines connect
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = by(address))]
    bind: IpAddr,
    /// Port of the first site, the others use the ports after it; 0 for any free ports
    /// [default: 8001 LOCAL, 8002 DELAY, 8003 ERROR]
    #[arg(long, value_name = "PORT", allow_hyphen_values = true, value_parser = whole(0..=u16::MAX))]
    port: Option<u16>,
    /// How late a late answer is: 0.5s, any time in 0.1s..0.9s, or lognormal:MEDIAN,SIGMA
    #[arg(
        long, value_name = "TIME", default_value_t = Delay::BOOK, allow_hyphen_values = true,
        value_parser = text::<Delay>()
    )]
    delay: Delay,
    /// How often each fault happens, in percent, on every site
    #[arg(long, value_name = "KIND=PERCENT,…", value_parser = text::<Buckets>())]
    fault: Option<Buckets>,
    /// Seed of faults and delays
    #[arg(
        long, value_name = "N", default_value = "17", allow_hyphen_values = true,
        value_parser = text::<Seed>()
    )]
    seed: Seed,
    /// Close each connection after its answer
    #[arg(long)]
    no_keep_alive: bool,
    /// Report at /stats, and at the end, how many requests had which outcome
    #[arg(long)]
    stats: bool,
    /// Threads that serve [default: the number of CPUs]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = whole(1..=1024_u16))]
    threads: Option<u16>,
    /// Simultaneous connections to a site; further ones wait
    #[arg(
        long, value_name = "N", default_value = "4096", allow_hyphen_values = true,
        value_parser = whole(1..=1_000_000_u32)
    )]
    max_connections: u32,
    /// How long a connection may be idle, or take to send a request
    #[arg(
        long, value_name = "TIME", default_value = "30s", allow_hyphen_values = true,
        value_parser = timeout()
    )]
    idle: Duration,
    /// Write the flags to DIR/flags/cc/cc.gif for another server, and serve nothing
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    export: Option<PathBuf>,
}

/// Sites to serve, each once.
type Sites = List<Site>;

/// Sites by their names in either case, or all of them.
fn sites() -> Reader<Sites> {
    let names = ["local", "delay", "error", "all"];
    let site = move |name: &str| {
        let name = choose("site", &name.to_lowercase(), names, |name| name)?;
        Site::find(name).ok_or_else(|| "has all among others; name single sites, or all alone".to_string())
    };
    let list = move |text: &str| {
        let text = if text.eq_ignore_ascii_case("all") { "local,delay,error" } else { text };
        List::read(text, site)
    };
    by(list).completing(names.map(|name| (name, "")))
}

fn address(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| "must be an IP address, such as 127.0.0.1 or ::1".to_string())
}

pub(super) fn serve(args: &ServeArgs) -> Result<(), ExitError> {
    if let Some(folder) = &args.export {
        return export(folder);
    }
    let interrupt = watch_for_ctrl_c()?;
    let settings = args.settings()?;
    let connections = u64::from(args.max_connections) * settings.len() as u64;
    // Where there is no room for as many, those above the limit wait as well.
    let _ = limits::make_room_for_files(connections + SPARE_FILES);
    let sites: Vec<Site> = settings.iter().map(|settings| settings.site).collect();
    let threads = args.threads.map_or_else(machine::cpus_available, usize::from);
    let mut server = Server::start(settings, threads).map_err(|error| {
        let remedy = remedy(error.error.kind());
        ExitError::Failure(format!("{error}{remedy}"))
    })?;
    for (site, addr) in sites.iter().zip(server.addrs().collect::<Vec<_>>()) {
        print(&format!("{} site: http://{addr}/flags\n", site.name()))?;
    }
    while !interrupt.requested() {
        std::thread::sleep(LOOK);
    }
    // A late answer under way is still given; one that hangs is not waited for.
    server.stop(Duration::from_secs(2));
    if args.stats {
        let json = serde_json::to_string_pretty(&server.stats()).map_err(ExitError::because)?;
        print(&format!("{json}\n"))?;
    }
    Ok(())
}

/// What to do about an address that cannot be had.
fn remedy(error: ErrorKind) -> &'static str {
    match error {
        ErrorKind::AddrInUse => "; another program has the port, --port names another",
        ErrorKind::PermissionDenied => "; ports below 1024 need privileges, --port names another",
        ErrorKind::AddrNotAvailable => "; --bind must name an address of this machine",
        _ => "",
    }
}

impl ServeArgs {
    /// The settings of each site.
    fn settings(&self) -> Result<Vec<Settings>, ExitError> {
        let settings = |(number, &site): (usize, &Site)| {
            Ok(Settings {
                bind: self.bind,
                port: self.port_of(site, number)?,
                seed: self.seed.0,
                delay: self.delay,
                faults: self.faults_of(site)?,
                keep_alive: if self.no_keep_alive { KeepAlive::No } else { KeepAlive::Yes },
                stats: if self.stats { StatsPath::Shown } else { StatsPath::Hidden },
                limits: Limits {
                    connections: self.max_connections as usize,
                    idle: self.idle,
                    ..Limits::default()
                },
                ..Settings::of(site)
            })
        };
        self.site.iter().enumerate().map(settings).collect()
    }

    fn faults_of(&self, site: Site) -> Result<Faults, SettingError> {
        let own = Faults::of(site);
        let Some(buckets) = &self.fault else { return Ok(own) };
        own.with_buckets(buckets)
            .map_err(|problem| SettingError::new("fault", buckets, format!("{}: {problem}", site.name())))
    }

    fn port_of(&self, site: Site, number: usize) -> Result<u16, SettingError> {
        match self.port {
            None => Ok(site.port()),
            Some(0) => Ok(0),
            Some(first) => u16::try_from(usize::from(first) + number).map_err(|_| {
                SettingError::new("port", first, "leaves no port above it for every site; name a lower one")
            }),
        }
    }
}

/// Writes every flag and its metadata, each under a temporary name first.
fn export(folder: &Path) -> Result<(), ExitError> {
    let flags = folder.join("flags");
    for cc in codes::ALL {
        let name = cc.lower();
        let folder = flags.join(&name);
        std::fs::create_dir_all(&folder)
            .map_err(|error| ExitError::Failure(format!("--export: {}: {error}", folder.display())))?;
        let image = (format!("{name}.gif"), assets::gif(cc).unwrap_or_default().to_vec());
        let metadata = ("metadata.json".to_string(), assets::metadata(cc).unwrap_or_default().into_bytes());
        for (file, bytes) in [image, metadata] {
            write_whole(&folder.join(file), &bytes)
                .map_err(|error| ExitError::Failure(format!("--export: {error}")))?;
        }
    }
    print(&format!("{} flags in {}\n", codes::ALL.len(), shown(&flags)))
}
