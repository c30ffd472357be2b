//! The arguments of a program that runs the batch: those of `speedup run`, and where to.

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use speedup::settings::values::RoundLimit;
use speedup::settings::{Limits, RunRequest};
use speedup::workload::Scale;

/// What a run is to be like.
#[derive(Debug, Default)]
pub struct Settings {
    /// The run as speedup would be asked for it.
    pub request: RunRequest,
    /// Its rounds.
    pub limits: Limits,
    /// Whose pool runs the batch; speedup's own if absent.
    pub peer: Option<String>,
    /// Where `run.json` goes.
    pub folder: PathBuf,
    /// Name shared with the runs that take turns with this one.
    pub turns: Option<String>,
    /// Rounds after the one to warm up, where there is no conductor.
    pub rounds: u32,
    /// Whether a round is held whenever standard input says so.
    pub conducted: bool,
}

impl Settings {
    /// Reads the arguments of this process; an error is a sentence that names the one at fault.
    ///
    /// # Errors
    ///
    /// One line that names the argument at fault.
    pub fn read() -> Result<Self, String> {
        let mut settings = Self { rounds: 5, ..Self::default() };
        let mut arguments = std::env::args().skip(1);
        while let Some(option) = arguments.next() {
            if option == "--conducted" {
                settings.conducted = true;
                continue;
            }
            let value = arguments.next().ok_or_else(|| format!("{option}: a value is missing"))?;
            let request = &mut settings.request;
            match option.as_str() {
                "--folder" => settings.folder = value.into(),
                "--turns" => settings.turns = Some(value),
                "--peer" => settings.peer = Some(value),
                "--rounds" => {
                    let RoundLimit(rounds) = read(&option, &value)?;
                    settings.rounds = rounds;
                    settings.limits.rounds = Some(RoundLimit(rounds));
                }
                "--name" => request.name = Some(read(&option, &value)?),
                "--executor" => request.executor = Some(read(&option, &value)?),
                "--kernel" => request.kernel = Some(read(&option, &value)?),
                "--workers" => request.workers = Some(read(&option, &value)?),
                "--passes" => {
                    let names: Vec<&str> =
                        value.split(',').filter_map(|part| part.split('=').next()).collect();
                    request.workload = Some(read(&option, &names.join(","))?);
                    request.passes = Some(read(&option, &value)?);
                }
                "--scale" => {
                    let scale = [Scale::Book, Scale::Tiny].into_iter().find(|scale| scale.name() == value);
                    request.scale = Some(scale.ok_or("--scale: must be book or tiny")?);
                }
                "--seed" => request.seed = Some(read(&option, &value)?),
                _ => return Err(format!("{option}: there is no such option")),
            }
        }
        if settings.folder.as_os_str().is_empty() {
            return Err("--folder is missing: where run.json is to go".to_string());
        }
        Ok(settings)
    }
}

fn read<T: FromStr<Err: Display>>(option: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|problem| format!("{option} '{value}': {problem}"))
}
