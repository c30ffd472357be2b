//! The arguments of a program that runs the batch: those of `speedup run`, and where to.

use std::path::PathBuf;

use speedup::study::RunRequest;

/// What a run is to be like.
#[derive(Debug, Default)]
pub struct Settings {
    /// The run as speedup would be asked for it.
    pub request: RunRequest,
    /// Whose pool runs the batch; speedup's own if absent.
    pub peer: Option<String>,
    /// Where `run.json` goes.
    pub folder: PathBuf,
    /// Name shared with the runs that take turns with this one.
    pub turns: Option<String>,
    /// Rounds after the one to warm up, where nobody conducts.
    pub rounds: u32,
    /// Whether a round is held whenever standard input says so.
    pub conducted: bool,
}

impl Settings {
    /// Reads the arguments of this process; an error is a sentence that names the one at fault.
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
                    settings.rounds =
                        value.parse().map_err(|_| format!("--rounds '{value}': not a number"))?;
                    request.rounds = Some(value);
                }
                "--name" => request.name = Some(value),
                "--executor" => request.executor = Some(value),
                "--kernel" => request.kernel = Some(value),
                "--workers" => request.workers = Some(value),
                "--passes" => {
                    let names: Vec<&str> =
                        value.split(',').filter_map(|part| part.split('=').next()).collect();
                    request.workload = Some(names.join(","));
                    request.passes = Some(value);
                }
                "--scale" => request.scale = Some(value),
                "--seed" => request.seed = Some(value),
                _ => return Err(format!("{option}: there is no such option")),
            }
        }
        if settings.folder.as_os_str().is_empty() {
            return Err("--folder is missing: where run.json is to go".to_string());
        }
        Ok(settings)
    }
}
