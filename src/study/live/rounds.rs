//! A live comparison round by round: every part of every arm once in each, in random order.

use std::time::{Duration, Instant};

use super::Live;
use super::arm::{Arm, At, clear};
use crate::study::plan::shuffle;
use crate::study::progress::{Phase, Progress, Step, Verbosity};
use crate::study::rounds::{Saving, message, step};
use crate::study::stopping::{Reached, Widths};
use speedup_machine::environment::conditions_after;
use speedup_machine::neighbours::Watch;
use speedup_machine::signal::Interrupt;
use speedup_report::analysis::LEAST_ROUNDS;
use speedup_report::record::{RunRecord, Status, Stop, StoreError};

/// What a comparison heeds on its way.
pub struct LiveWatch<'a> {
    /// Whether it shows how far it is.
    pub verbosity: Verbosity,
    /// The user's wish to stop.
    pub interrupt: &'a Interrupt,
    /// The widest relative half-width of any ratio of the new side to the old one. To estimate is not for this module.
    pub widest: fn(&RunRecord, &RunRecord, &RunRecord) -> Option<f64>,
    /// Tells the user something at once.
    pub tell: fn(&str),
}

/// How a comparison ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// By its rule.
    Complete(Stop),
    /// By the user.
    Interrupted,
    /// By an execution that failed, in a line.
    Failed(String),
}

impl End {
    fn status(&self) -> (Status, Option<Stop>) {
        match self {
            Self::Complete(stop) => (Status::Complete, Some(*stop)),
            Self::Interrupted => (Status::Interrupted, None),
            Self::Failed(_) => (Status::Failed, None),
        }
    }
}

/// A pass over all parts of all arms.
#[derive(Clone, Copy)]
struct Pass {
    round: u32,
    warmup: bool,
    /// When it is given up.
    deadline: Option<Duration>,
}

/// What the pass is told before each part: its name, and the time so far.
type Tell<'a> = dyn Fn(&str, Duration) + 'a;

/// Folder for what a process leaves before it is taken over.
const SCRATCH: &str = "invocation";

impl Live {
    /// Measures until the rule is met, to the first failure, or to the user's interruption. Only whole rounds are kept.
    /// The records are written after a round, but for a fiftieth of the time at most, and at the end.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if a record cannot be written; the form written last stays.
    pub fn go_on(&mut self, watch: &LiveWatch<'_>) -> Result<End, StoreError> {
        let progress = Progress::new(watch.verbosity);
        let mut reached = Reached::default();
        let others = Watch::begin();
        let ended = self.measure(&mut reached, &progress, watch);
        progress.finish();
        for arm in &mut self.arms {
            self.warnings.extend(arm.program.end().err());
        }
        // What was left there has been read or is of no use.
        let _ = clear(&self.folder.join(SCRATCH));
        let end = ended?;
        let (status, stop) = end.status();
        let last = step(&self.config.stop, &reached, self.elapsed());
        progress.tell(&Step {
            phase: Phase::End,
            round: reached.rounds,
            eta_s: None,
            status: Some(status),
            stop,
            ..last
        });
        let after = conditions_after(&others);
        self.arms.iter_mut().for_each(|arm| arm.conclude(status, stop, &after));
        self.save()?;
        Ok(end)
    }

    fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.clock.elapsed_ns())
    }

    fn save(&mut self) -> Result<(), StoreError> {
        self.arms.iter_mut().try_for_each(|arm| arm.save(&self.folder, &self.config.stop))
    }

    fn measure(
        &mut self,
        reached: &mut Reached,
        progress: &Progress,
        watch: &LiveWatch<'_>,
    ) -> Result<End, StoreError> {
        let rule = self.config.stop;
        if let Err(end) = self.warm_up(progress, watch.interrupt) {
            return Ok(end);
        }
        let mut saving = Saving::default();
        loop {
            if saving.is_due() {
                let start = Instant::now();
                self.save()?;
                saving.done(start, Instant::now());
            }
            let (so_far, begin) = (reached.clone(), self.elapsed());
            let told = |part: &str, elapsed| {
                progress.show(
                    rule.share(&so_far, elapsed),
                    format!("{part} · {}", message(&rule, &so_far, elapsed)),
                );
                progress.tell(&Step { case: Some(part), ..step(&rule, &so_far, elapsed) });
            };
            let pass = Pass { round: reached.rounds, warmup: false, deadline: rule.deadline(reached) };
            if let Err(end) = self.round(pass, &told, watch.interrupt) {
                return Ok(end);
            }
            let rounds = reached.rounds + 1;
            *reached = Reached { rounds, widths: self.widths(rounds, watch) };
            let took = self.elapsed().saturating_sub(begin);
            if let Some(stop) = rule.check(reached, self.elapsed(), took) {
                return Ok(End::Complete(stop));
            }
            let short = rule.too_short(reached, self.elapsed(), took).filter(|_| reached.rounds == 1);
            if let Some(short) = short {
                progress.pause(|| (watch.tell)(&short));
            }
        }
    }

    /// The width that the rule asks for, one for all cases; nothing where it does not, since to estimate takes a moment.
    fn widths(&self, rounds: u32, watch: &LiveWatch<'_>) -> Widths {
        let asked = self.config.stop.precision > 0.0 && rounds >= LEAST_ROUNDS;
        let records = self.records().filter(|_| asked);
        records.map(|[old, new, again]| (0, (watch.widest)(old, new, again))).into_iter().collect()
    }

    /// What has to be done first, then the rounds that warm up.
    fn warm_up(&mut self, progress: &Progress, interrupt: &Interrupt) -> Result<(), End> {
        let rule = self.config.stop;
        let step = |elapsed| step(&rule, &Reached::default(), elapsed);
        progress.show(0.0, "setting up".to_string());
        progress.tell(&Step { phase: Phase::Setup, ..step(self.elapsed()) });
        for (index, arm) in self.arms.iter_mut().enumerate() {
            arm.begin(index == 0)
                .map_err(|problem| failed(format!("{}: {problem}", arm.label()), interrupt))?;
        }
        let warms_up = self.arms.iter().any(|arm| !arm.program.warms_up());
        for round in 0..if warms_up { self.config.warmups } else { 0 } {
            let told = |part: &str, elapsed| {
                progress.show(0.0, format!("{part} · warming up"));
                let round = round + 1;
                progress.tell(&Step { phase: Phase::WarmUp, case: Some(part), round, ..step(elapsed) });
            };
            self.round(Pass { round, warmup: true, deadline: None }, &told, interrupt)?;
        }
        Ok(())
    }

    /// Passes once over all parts of all arms. What is not whole is taken back.
    fn round(&mut self, pass: Pass, tell: &Tell<'_>, interrupt: &Interrupt) -> Result<(), End> {
        self.arms.iter_mut().for_each(Arm::begin_round);
        let ended = self.parts(pass, tell, interrupt);
        for arm in &mut self.arms {
            match &ended {
                Ok(()) => arm.end_round(pass.warmup),
                Err(_) => arm.give_up(),
            }
        }
        ended
    }

    fn parts(&mut self, pass: Pass, tell: &Tell<'_>, interrupt: &Interrupt) -> Result<(), End> {
        let scratch = self.folder.join(SCRATCH);
        for (arm, part, name) in self.order(pass) {
            if interrupt.requested() {
                return Err(End::Interrupted);
            }
            if pass.deadline.is_some_and(|deadline| self.elapsed() >= deadline) {
                return Err(End::Complete(Stop::Time));
            }
            tell(&name, self.elapsed());
            let elapsed_ns = self.clock.elapsed_ns();
            let at = At { round: pass.round, warmup: pass.warmup, elapsed_ns, scratch: &scratch };
            let arm = &mut self.arms[arm];
            if let Err(problem) = arm.program.measure(part, at, &mut arm.record) {
                let end = failed(format!("{name}: {problem}"), interrupt);
                if let End::Failed(message) = &end {
                    arm.failed(part, at, message);
                }
                return Err(end);
            }
        }
        Ok(())
    }

    /// The parts of a round in the order in which it runs them, each as arm, part and name. Those of a round that warms
    /// up keep their order, so that the old side is first.
    fn order(&self, pass: Pass) -> Vec<(usize, usize, String)> {
        let of = |(index, arm): (usize, &Arm)| {
            let label = arm.label();
            let parts = arm.program.parts().into_iter().enumerate();
            let named = parts
                .map(move |(part, name)| (index, part, format!("{label} {name}").trim_end().to_string()));
            named.collect::<Vec<_>>()
        };
        let mut parts: Vec<_> = self.arms.iter().enumerate().flat_map(of).collect();
        if !pass.warmup {
            shuffle(&mut parts, self.config.seed, pass.round);
        }
        parts
    }
}

/// What the user stopped has not failed.
fn failed(message: String, interrupt: &Interrupt) -> End {
    if interrupt.requested() { End::Interrupted } else { End::Failed(message) }
}
