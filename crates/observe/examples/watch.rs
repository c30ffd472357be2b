//! Watches a command: `watch [--source NAME] [--workers N] PROGRAM [ARG]...`, and prints what was seen.

use speedup_observe::{Baseline, Options, Output, Source, Spec, Wanted, account, run};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let mut options = Options::default();
    let mut workers = 2;
    while args.len() > 2 && args[0].starts_with("--") {
        match args[0].as_str() {
            "--source" => {
                let source = Source::ALL.into_iter().find(|source| source.name() == args[1]);
                options.source = Wanted::Only(source.ok_or("no such source")?);
            }
            "--workers" => workers = args[1].parse()?,
            other => return Err(format!("no option {other}").into()),
        }
        args.drain(..2);
    }
    let mut spec = Spec::new(args.remove(0), args);
    spec.stdout = Output::Digest { tail: 200 };
    spec.stderr = Output::Digest { tail: 200 };
    let mut execution = run(&spec, &options)?;
    let account = account(&execution, workers, &Baseline::of(&execution));
    if let Ok(trace) = &mut execution.trace {
        println!("{} steps", trace.steps.len());
        trace.steps.clear();
    }
    println!("{execution:#?}");
    for row in &account.rows {
        println!("{:40} {:10.6} s", row.name(), row.seconds());
    }
    println!(
        "{} workers, wall {} ns, serial {:?}",
        account.workers, account.wall_ns, account.serial_fraction
    );
    Ok(())
}
