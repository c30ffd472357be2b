//! The pools of a Python interpreter, measured by itself when asked.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;

use serde_json::{Value, json};

use speedup_bench_support::{Contest, Reading};

/// An interpreter that runs `micro.py`.
pub(crate) struct Python {
    name: String,
    pools: Vec<String>,
    process: Rc<RefCell<Process>>,
}

struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Python {
    /// Those that the environment names.
    pub(crate) fn all() -> Result<Vec<Self>, String> {
        let named = std::env::var("PEERS_PYTHON").unwrap_or_default();
        named.lines().filter(|line| !line.is_empty()).map(Self::start).collect()
    }

    fn start(line: &str) -> Result<Self, String> {
        let wrong = || format!("PEERS_PYTHON '{line}': not of the form NAME=COMMAND<tab>POOL,POOL");
        let (name, rest) = line.split_once('=').ok_or_else(wrong)?;
        let (command, pools) = rest.rsplit_once('\t').ok_or_else(wrong)?;
        let mut words = command.split('\t');
        let mut child = Command::new(words.next().ok_or_else(wrong)?)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start '{command}': {error}"))?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().ok_or_else(wrong)?);
        let process = Rc::new(RefCell::new(Process { child, input, output }));
        Ok(Self {
            name: name.to_string(),
            pools: pools.split(',').map(ToString::to_string).collect(),
            process,
        })
    }

    /// Adds those of its pools for which `wanted` holds as contenders. One that cannot do what is asked is
    /// named, and left out.
    pub(crate) fn contend<'a>(
        &self,
        mut contest: Contest<'a>,
        (what, wanted): (&str, fn(&str) -> bool),
        request: impl Fn(&str) -> Value,
    ) -> Contest<'a> {
        for pool in self.pools.iter().filter(|pool| wanted(pool)) {
            let contender = format!("{} {pool}{what}", self.name);
            let (request, process) = (request(pool), Rc::clone(&self.process));
            // Asked once by itself, so that what cannot be done is said before anything is measured.
            let tried = process.borrow_mut().ask(&request);
            if let Err(reason) = tried {
                speedup::cli::complain(&format!("{contender}: {reason}"));
                continue;
            }
            let again =
                move || process.borrow_mut().ask(&request).unwrap_or_else(|reason| panic!("{reason}"));
            contest = contest.contender(&contender, again);
        }
        contest
    }
}

/// `[pool, workers]`, as `micro.py` wants it.
pub(crate) fn pool(name: &str, workers: usize) -> Value {
    json!([name, workers])
}

impl Process {
    fn ask(&mut self, request: &Value) -> Result<Reading, String> {
        let gone = |error: std::io::Error| format!("the interpreter is gone: {error}");
        let input = self.input.as_mut().ok_or("the interpreter is not listened to any more")?;
        writeln!(input, "{request}").and_then(|()| input.flush()).map_err(gone)?;
        let mut line = String::new();
        self.output.read_line(&mut line).map_err(gone)?;
        let answer: Value = serde_json::from_str(&line)
            .map_err(|_| "the interpreter has ended without an answer".to_string())?;
        if let Some(reason) = answer["failed"].as_str() {
            return Err(reason.to_string());
        }
        let figure = |name: &str| answer[name].as_f64().ok_or_else(|| format!("not an answer: {line}"));
        Ok(Reading { wall_s: figure("wall_s")?, cpu_s: None, amount: figure("amount")? })
    }
}

impl Drop for Process {
    /// The end of its input ends it.
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.wait();
    }
}
