//! `speedup serve`: country flags for the clients of this program and others, from as many sites as asked for.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::{Failed, print};
use speedup_flags::server::{Delay, Faults, KeepAlive, Limits, Server, Settings, Site, StatsPath};
use speedup_flags::{assets, codes};
use speedup_machine::signal::Interrupt;
use speedup_machine::{limits, machine};
use speedup_report::record::store::write_whole;

/// How often to look whether the user has stopped the program.
const LOOK: Duration = Duration::from_millis(20);

/// Files that the program has open beside its connections.
const SPARE_FILES: u64 = 100;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  speedup serve
  speedup serve --site delay --port 8080 --delay 0.1s..0.9s
  speedup serve --site error --fault reset=5,hang=1 --seed 7 --stats
  speedup serve --site local --threads 1 --no-keep-alive
  speedup serve --export /tmp/site

LOCAL answers at once, DELAY late, and ERROR with an error for a quarter of all requests and late for
half of them. What goes wrong is a pure function of seed, path and attempt, so that a run can be
repeated; attempts are numbered by the client's header x-attempt, or counted. Faults, as percent of
all requests: error, delay, reset, truncate, length (a header that declares too little), dribble,
hang, malformed. Ctrl-C lets requests under way end; a second one does not.

Exit codes: 0 stopped by the user, 1 failure, 2 usage.")]
pub(super) struct ServeArgs {
    /// Sites, separated by commas: local, delay, error, or all
    #[arg(long, value_name = "SITE,…", default_value = "all")]
    site: String,
    /// Address to listen at; one that is not of the loopback interface lets others in
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    bind: IpAddr,
    /// Port of the first site, the others have those after it; 0 for any that are free
    /// [default: 8001 LOCAL, 8002 DELAY, 8003 ERROR]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// How late a late answer is: 0.5s, any time in 0.1s..0.9s, or lognormal:MEDIAN,SIGMA
    #[arg(long, value_name = "TIME", default_value_t = Delay::BOOK)]
    delay: Delay,
    /// How often what goes wrong, in percent, on every site
    #[arg(long, value_name = "KIND=PERCENT,…")]
    fault: Option<String>,
    /// Seed of faults and delays
    #[arg(long, value_name = "N", default_value_t = 17)]
    seed: u64,
    /// Close each connection after its answer
    #[arg(long)]
    no_keep_alive: bool,
    /// Tell at /stats, and at the end, how many requests came to what
    #[arg(long)]
    stats: bool,
    /// Threads that serve [default: the CPUs]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Connections to a site at the same time; others wait
    #[arg(long, value_name = "N", default_value_t = 4096, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    max_connections: u32,
    /// How long a connection may be idle, or take to send a request
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = super::flags::time)]
    idle: Duration,
    /// Write the flags to DIR/flags/cc/cc.gif for another server, and serve nothing
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
}

pub(super) fn serve(args: &ServeArgs) -> Result<(), Failed> {
    if let Some(folder) = &args.export {
        return export(folder);
    }
    let interrupt =
        Interrupt::install().map_err(|error| Failed::Failure(format!("cannot watch for Ctrl-C: {error}")))?;
    let settings = args.settings()?;
    let connections = u64::from(args.max_connections) * settings.len() as u64;
    // Where there is no room for as many, those above the limit wait as well.
    let _ = limits::make_room_for_files(connections + SPARE_FILES);
    let sites: Vec<Site> = settings.iter().map(|settings| settings.site).collect();
    let threads = args.threads.map_or_else(machine::cpus_available, usize::from);
    let mut server = Server::start(settings, threads).map_err(|error| {
        let remedy = match error.error.kind() {
            std::io::ErrorKind::AddrInUse => "; another program has the port, --port names another",
            std::io::ErrorKind::PermissionDenied => {
                "; ports below 1024 need privileges, --port names another"
            }
            std::io::ErrorKind::AddrNotAvailable => "; --bind must name an address of this machine",
            _ => "",
        };
        Failed::Failure(format!("{error}{remedy}"))
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
        let json = serde_json::to_string_pretty(&server.stats());
        print(&format!("{}\n", json.map_err(|error| Failed::Failure(error.to_string()))?))?;
    }
    Ok(())
}

impl ServeArgs {
    fn settings(&self) -> Result<Vec<Settings>, Failed> {
        let sites = self.sites()?;
        let settings = |(number, site): (usize, Site)| {
            let faults = match &self.fault {
                Some(text) => Faults::of(site).with_text(text).map_err(|problem| {
                    Failed::Usage(format!("--fault {text}: {}: {problem}", site.name()))
                })?,
                None => Faults::of(site),
            };
            Ok(Settings {
                bind: self.bind,
                port: self.port_of(site, number)?,
                seed: self.seed,
                delay: self.delay,
                faults,
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
        sites.into_iter().enumerate().map(settings).collect()
    }

    fn sites(&self) -> Result<Vec<Site>, Failed> {
        if self.site.eq_ignore_ascii_case("all") {
            return Ok(Site::ALL.to_vec());
        }
        let usage = |problem: String| Failed::Usage(format!("--site {}: {problem}", self.site));
        let mut sites = Vec::new();
        for name in self.site.split(',').map(str::trim) {
            let site = Site::find(name).ok_or_else(|| {
                usage(format!("there is no site '{name}'; there are local, delay, error, all"))
            })?;
            if sites.contains(&site) {
                return Err(usage(format!("names {} twice", site.name())));
            }
            sites.push(site);
        }
        Ok(sites)
    }

    fn port_of(&self, site: Site, number: usize) -> Result<u16, Failed> {
        match self.port {
            None => Ok(site.port()),
            Some(0) => Ok(0),
            Some(first) => u16::try_from(usize::from(first) + number).map_err(|_| {
                Failed::Usage(format!("--port {first}: there is no port that many above it for every site"))
            }),
        }
    }
}

/// Writes every flag and its metadata, each under a temporary name first.
fn export(folder: &Path) -> Result<(), Failed> {
    let flags = folder.join("flags");
    for cc in codes::ALL {
        let name = cc.lower();
        let folder = flags.join(&name);
        std::fs::create_dir_all(&folder)
            .map_err(|error| Failed::Failure(format!("--export: {}: {error}", folder.display())))?;
        let image = (format!("{name}.gif"), assets::gif(cc).unwrap_or_default().to_vec());
        let metadata = ("metadata.json".to_string(), assets::metadata(cc).unwrap_or_default().into_bytes());
        for (file, bytes) in [image, metadata] {
            write_whole(&folder.join(file), &bytes)
                .map_err(|error| Failed::Failure(format!("--export: {error}")))?;
        }
    }
    print(&format!("{} flags in {}\n", codes::ALL.len(), flags.display()))
}
