//! The whole run: round after round, each sample kept, the record on disk as it goes.

use std::time::{Duration, Instant};

use super::focus::focus;
use super::progress::{Phase, Progress, Step, Verbosity};
use super::stopping::{Reached, StopRule, Widths, least_rounds};
use super::subject::Subject;
use speedup_machine::environment::conditions_after;
use speedup_machine::neighbours;
use speedup_machine::signal::Interrupt;
use speedup_report::analysis::LEAST_ROUNDS;
use speedup_report::record::place::Place;
use speedup_report::record::{Failure, RunFolder, RunRecord, Status, Stop, StoreError};

/// A run under way, or at its end.
pub struct Run {
    /// What to measure.
    pub study: Box<dyn Subject>,
    /// What was measured, on disk as well.
    pub record: RunRecord,
    /// Where it is kept.
    pub folder: RunFolder,
    /// What went wrong without keeping the run from going on.
    pub warnings: Vec<String>,
}

/// What a run heeds on its way.
pub struct Watch<'a> {
    /// Whether it shows how far it is.
    pub verbosity: Verbosity,
    /// The user's wish to stop.
    pub interrupt: &'a Interrupt,
    /// The relative half-widths of the speedups in a record, by which the run may stop and chooses
    /// what to measure next. To estimate is not for this module.
    pub widths: fn(&RunRecord) -> Widths,
    /// Tells the user something at once.
    pub tell: fn(&str),
}

/// When to save the record: so seldom that the writing takes a small share of the time.
#[derive(Debug, Default)]
pub(super) struct Saving(Option<Instant>);

/// The share, as its inverse.
const SAVING: u32 = 50;

impl Saving {
    pub(super) fn is_due(&self) -> bool {
        self.0.is_none_or(|next| Instant::now() >= next)
    }

    pub(super) fn done(&mut self, start: Instant, end: Instant) {
        self.0 = Some(end + SAVING * end.saturating_duration_since(start));
    }
}

/// What ends a round early.
enum Ended {
    Interrupted,
    Failed,
    OutOfTime,
}

/// A pass over cases.
#[derive(Debug, Clone)]
struct Pass {
    /// Those that it is over, in their order in the plan.
    cases: Vec<usize>,
    round: u32,
    warmup: bool,
    /// When it is given up.
    deadline: Option<Duration>,
}

impl Run {
    /// Claims a folder for a study and writes the record's first form into it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the record cannot be written.
    pub fn begin(study: Box<dyn Subject>) -> Result<Self, StoreError> {
        let place = Place::Dated(study.out().to_path_buf());
        Self::begin_in(study, &place)
    }

    /// The same in a place that need not be the study's own.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin), and if the place holds another run.
    pub fn begin_in(study: Box<dyn Subject>, place: &Place) -> Result<Self, StoreError> {
        let record = study.new_record();
        let folder = place.claim(&record)?;
        Ok(Self { study, record, folder, warnings: Vec::new() })
    }

    /// Measures until the stop rule is met, to the first failure, or to the user's interruption, and
    /// says with the record's status which it was. The record is written after a round, but for a
    /// fiftieth of the time at most, and at the end: what a kill can lose is the rounds since then.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the record cannot be written; the form written last stays.
    pub fn go_on(&mut self, watch: &Watch<'_>) -> Result<(), StoreError> {
        let progress = Progress::new(watch.verbosity);
        let others = match self.record.hosts {
            None => neighbours::Watch::begin(),
            // They are no children of this process.
            Some(_) => Err("workers on other hosts may be on this machine too".to_string()),
        };
        let ended = self.measure(&progress, watch);
        progress.finish();
        let rule = self.study.stop();
        let next = step(&rule, &self.reached(&rule, watch), self.elapsed());
        progress.tell(&Step {
            phase: Phase::End,
            round: next.round - 1,
            eta_s: None,
            status: Some(self.record.status),
            stop: self.record.stop,
            ..next
        });
        if let Err(problem) = self.study.clean_up() {
            self.warnings.push(problem);
        }
        ended?;
        self.record.conditions.after = Some(conditions_after(&others));
        self.save()
    }

    fn save(&mut self) -> Result<(), StoreError> {
        self.study.describe(&mut self.record);
        self.folder.save(&self.record)
    }

    /// Saves the record after a round, unless the last time was a moment ago. To write it takes longer with each
    /// round, and a run is there to measure.
    fn save_at_times(&mut self, saving: &mut Saving) -> Result<(), StoreError> {
        if !saving.is_due() {
            return Ok(());
        }
        let start = Instant::now();
        self.save()?;
        saving.done(start, Instant::now());
        Ok(())
    }

    fn measure(&mut self, progress: &Progress, watch: &Watch<'_>) -> Result<(), StoreError> {
        let rule = self.study.stop();
        let mut reached = self.reached(&rule, watch);
        // So it is where a complete run is taken up again and nothing more is asked for.
        if reached.rounds > 0 && self.stops(&rule, &reached, Duration::ZERO) {
            return Ok(());
        }
        let begin = self.elapsed();
        let mut ended = self.warm_up(progress, watch.interrupt);
        let pass = (self.elapsed().saturating_sub(begin)) / self.study.warmups().max(1);
        let short = rule.too_short(&reached, self.elapsed(), pass);
        if let Some(short) = short.filter(|_| ended.is_ok() && self.study.warmups() > 0) {
            progress.pause(|| (watch.tell)(&short));
        }
        let counted = self.record.samples.iter().filter(|sample| !sample.warmup);
        let mut round = counted.map(|sample| sample.round + 1).max().unwrap_or(0);
        let mut saving = Saving::default();
        loop {
            self.record.status = match ended {
                Ok(()) => Status::Running,
                Err(Ended::Interrupted) => Status::Interrupted,
                Err(Ended::Failed) => Status::Failed,
                Err(Ended::OutOfTime) => Status::Complete,
            };
            if ended.is_err() {
                return Ok(());
            }
            self.save_at_times(&mut saving)?;
            let start = self.elapsed();
            let told = |case: &str, elapsed| {
                progress.show(
                    rule.share(&reached, elapsed),
                    format!("{case} · {}", message(&rule, &reached, elapsed)),
                );
                progress.tell(&Step { case: Some(case), ..step(&rule, &reached, elapsed) });
            };
            let cases = focus(&self.record.plan.cases, &reached, &rule, round);
            let pass = Pass { cases, round, warmup: false, deadline: rule.deadline(&reached) };
            ended = self.round(pass, &told, watch.interrupt);
            if matches!(ended, Err(Ended::OutOfTime)) {
                self.give_up(round);
                self.record.stop = Some(Stop::Time);
            }
            round += 1;
            reached = self.reached(&rule, watch);
            if ended.is_ok() && self.stops(&rule, &reached, self.elapsed().saturating_sub(start)) {
                return Ok(());
            }
        }
    }

    /// What has to be done first, then the rounds that warm up.
    fn warm_up(&mut self, progress: &Progress, interrupt: &Interrupt) -> Result<(), Ended> {
        let rule = self.study.stop();
        let step = |elapsed| step(&rule, &Reached::default(), elapsed);
        progress.show(0.0, "setting up".to_string());
        progress.tell(&Step { phase: Phase::Setup, ..step(self.elapsed()) });
        self.study.set_up().map_err(|problem| self.failed((0, 0, true), problem, interrupt))?;
        for _ in 0..self.study.warmups() {
            let warmup = self.record.plan.warmup_rounds;
            self.record.plan.warmup_rounds += 1;
            let told = |case: &str, elapsed| {
                progress.show(0.0, format!("{case} · warming up"));
                let round = warmup + 1;
                progress.tell(&Step { phase: Phase::WarmUp, case: Some(case), round, ..step(elapsed) });
            };
            let cases = (0..self.record.plan.cases.len()).collect();
            self.round(Pass { cases, round: warmup, warmup: true, deadline: None }, &told, interrupt)?;
        }
        Ok(())
    }

    /// Whether the rule ends the run here, with the record saying so.
    fn stops(&mut self, rule: &StopRule, reached: &Reached, last: Duration) -> bool {
        self.record.stop = rule.check(reached, self.elapsed(), last);
        if self.record.stop.is_some() {
            self.record.status = Status::Complete;
        }
        self.record.stop.is_some()
    }

    fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.study.elapsed_ns())
    }

    /// What was measured so far. The intervals, which take a moment, only where the rule asks for them.
    fn reached(&self, rule: &StopRule, watch: &Watch<'_>) -> Reached {
        let rounds = least_rounds(&self.record);
        let asks = rule.precision > 0.0 && rounds >= LEAST_ROUNDS;
        Reached { rounds, widths: if asks { (watch.widths)(&self.record) } else { Vec::new() } }
    }

    /// Takes back a round that the time did not suffice for: with half a round, some cases would have been measured in
    /// more of the machine's moods than others.
    fn give_up(&mut self, round: u32) {
        self.record.plan.order.pop();
        self.record.samples.retain(|sample| sample.warmup || sample.round != round);
    }

    /// Passes once over cases, and where those are all, over the hardware's ceilings. `tell` is told of each case
    /// before it.
    fn round(
        &mut self,
        Pass { cases, round, warmup, deadline }: Pass,
        tell: &dyn Fn(&str, Duration),
        interrupt: &Interrupt,
    ) -> Result<(), Ended> {
        let whole = cases.len() == self.record.plan.cases.len();
        let mut order = self.study.plan().order(round, warmup);
        order.retain(|case| cases.contains(case));
        self.record.plan.order.push(order.clone());
        for case in order {
            if interrupt.requested() {
                return Err(Ended::Interrupted);
            }
            if deadline.is_some_and(|deadline| self.elapsed() >= deadline) {
                return Err(Ended::OutOfTime);
            }
            tell(&self.record.plan.cases[case].to_string(), self.elapsed());
            match self.study.measure(case) {
                Ok(measured) => self.record.samples.push(measured.into_sample(case, round, warmup)),
                Err(message) => return Err(self.failed((case, round, warmup), message, interrupt)),
            }
        }
        if whole { self.ceilings(round, warmup, interrupt) } else { Ok(()) }
    }

    /// Notes why an execution gave nothing. What the user stopped has not failed.
    fn failed(
        &mut self,
        (case, round, warmup): (usize, u32, bool),
        message: String,
        interrupt: &Interrupt,
    ) -> Ended {
        if interrupt.requested() {
            return Ended::Interrupted;
        }
        self.record.failures.push(Failure { case, round, warmup, message });
        Ended::Failed
    }

    fn ceilings(&mut self, round: u32, warmup: bool, interrupt: &Interrupt) -> Result<(), Ended> {
        if !self.warnings.is_empty() {
            return Ok(());
        }
        let ceilings = &mut self.record.ceilings;
        let measured = self
            .study
            .ceilings((round, warmup), &|| !interrupt.requested(), &mut |sample| ceilings.push(sample));
        if let Err(reason) = measured {
            self.warnings.push(format!("{reason}; no further ceilings are measured"));
        }
        if interrupt.requested() { Err(Ended::Interrupted) } else { Ok(()) }
    }
}

/// Seconds that are left at most.
fn left(rule: &StopRule, reached: &Reached, elapsed: Duration) -> Option<f64> {
    let share = rule.share(reached, elapsed);
    let left = elapsed.as_secs_f64() * (1.0 - share) / share;
    left.is_finite().then_some(left)
}

/// A round that counts, before one of its cases.
pub(super) fn step(rule: &StopRule, reached: &Reached, elapsed: Duration) -> Step<'static> {
    Step {
        phase: Phase::Measure,
        case: None,
        round: reached.rounds + 1,
        rounds: rule.rounds,
        elapsed_s: elapsed.as_secs_f64(),
        eta_s: left(rule, reached, elapsed),
        widest: reached.widest(),
        goal: rule.precision,
        status: None,
        stop: None,
    }
}

/// What the bar says of a round.
pub(super) fn message(rule: &StopRule, reached: &Reached, elapsed: Duration) -> String {
    let mut parts = vec![format!("round {} of at most {}", reached.rounds + 1, rule.rounds)];
    let so_far = format!("{:.0} s", elapsed.as_secs_f64());
    let left = left(rule, reached, elapsed);
    parts.push(left.map_or(so_far.clone(), |left| format!("{so_far}, at most {left:.0} s left")));
    if let Some(widest) = reached.widest() {
        parts.push(format!("±{:.1} %, goal {:.1} %", 100.0 * widest, 100.0 * rule.precision));
    }
    parts.join(" · ")
}

#[cfg(test)]
mod tests;
