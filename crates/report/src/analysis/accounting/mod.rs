//! The exact account of a case: every lost worker-second, in units of speedup.
//!
//! Each execution's [`Ledger`] holds N·T = W + Σ losses. Summed over the rounds and divided by ΣT,
//! that is N = speedup + Σ rows: the rows sum to the gap between the number of workers and the
//! speedup, with nothing left over but rounding. That takes means; medians do not add up.

mod apart;
pub(super) mod ledger;
pub(super) mod network;
mod outside;
mod slower;
#[cfg(test)]
mod tests;

use self::ledger::{Lacking, Ledger, OnHost};
use super::model::{Account, HostAccount, HostLoss, Loss, LossPart, LossRow};
use super::pop::Pop;
use super::rounds::Paired;
use crate::stats::{Interval, Quantity, bootstrap};
pub(super) use apart::Apart;
pub(super) use outside::{alone, execution};

/// Rounds before the losses have intervals: of fewer they would reach far below zero.
const LEAST_ROUNDS: usize = 5;

/// The account of one execution on `workers` lanes; `None` if its tasks are not those of the serial baseline, or
/// if it was seen from outside and its baseline was not.
pub(super) fn ledger(pair: &Paired<'_>, workers: usize) -> Option<Ledger> {
    if pair.sample.outside.is_some() {
        return outside::ledger(pair, workers);
    }
    Ledger::of(pair, workers)
}

/// The account of a case over its rounds; `None` without any whose tasks are those of the serial
/// baseline. Rows have intervals where the samples are paired by round.
pub(super) fn account(pairs: &[Paired<'_>], workers: usize, paired: bool) -> Option<Account> {
    let mut ledgers: Vec<Ledger> = pairs.iter().filter_map(|pair| ledger(pair, workers)).collect();
    outside::merge(ledgers.iter_mut());
    if ledgers.is_empty() {
        return None;
    }
    let columns = Columns::of(&ledgers);
    let enough = paired && ledgers.len() >= LEAST_ROUNDS;
    let intervals = if enough { columns.intervals() } else { vec![None; columns.values.len()] };
    let speedup = columns.mean_serial() / columns.mean_wall();
    let gap = workers as f64 - speedup;
    let rows = columns.rows(&intervals);
    let sum: f64 = rows.iter().map(|row| row.speedup.value).sum();
    let notes = notes(&ledgers, paired);
    let hosts = of_hosts(&ledgers);
    let account = Account { workers, speedup, gap, rows, residual: sum - gap, pop: None, hosts, notes };
    Some(Account { pop: Pop::of(&account), ..account })
}

/// The ledgers turned about: for each loss and part, a value per round.
struct Columns {
    wall: Vec<f64>,
    serial: Vec<f64>,
    /// The losses of [`Loss::ALL`], then the parts.
    values: Vec<Vec<f64>>,
    parts: Vec<(Loss, &'static str)>,
    /// Losses that some round has.
    present: Vec<bool>,
    /// Of executions of programs: which losses are told apart.
    outside: Option<Apart>,
}

impl Columns {
    fn of(ledgers: &[Ledger]) -> Self {
        let names = |ledger: &Ledger, of: Loss| -> Vec<(Loss, &'static str)> {
            let parts = ledger.parts.iter().map(|&(loss, name, _)| (loss, name));
            parts.filter(|(loss, _)| *loss == of).collect()
        };
        // Parts that not every round has would not sum to their row.
        let parts: Vec<(Loss, &'static str)> = (Loss::ALL.into_iter())
            .flat_map(|loss| names(&ledgers[0], loss).into_iter().map(move |part| (loss, part)))
            .filter(|(loss, _)| ledgers.iter().all(|l| names(l, *loss) == names(&ledgers[0], *loss)))
            .map(|(_, part)| part)
            .collect();
        let losses = (0..Loss::ALL.len()).map(|loss| ledgers.iter().map(|l| l.losses[loss]).collect());
        let of_part = |part: &(Loss, &str)| {
            let time = |ledger: &Ledger| {
                let found = ledger.parts.iter().find(|&&(loss, name, _)| (loss, name) == *part);
                found.map_or(0.0, |&(.., time)| time)
            };
            ledgers.iter().map(time).collect::<Vec<f64>>()
        };
        let values: Vec<Vec<f64>> = losses.chain(parts.iter().map(of_part)).collect();
        let present = values.iter().map(|times| times.iter().any(|&time| time != 0.0)).collect();
        Self {
            wall: ledgers.iter().map(|ledger| ledger.wall).collect(),
            serial: ledgers.iter().map(|ledger| ledger.serial).collect(),
            values,
            parts,
            present,
            outside: ledgers[0].outside.clone(),
        }
    }

    fn mean_wall(&self) -> f64 {
        mean(&self.wall)
    }

    fn mean_serial(&self) -> f64 {
        mean(&self.serial)
    }

    fn intervals(&self) -> Vec<Option<Interval>> {
        bootstrap::rounds(self.wall.len(), self.values.len(), |weights, out| {
            let weighted = |times: &[f64]| -> f64 { times.iter().zip(weights).map(|(t, w)| t * w).sum() };
            let wall = weighted(&self.wall);
            for (value, times) in out.iter_mut().zip(&self.values) {
                *value = weighted(times) / wall;
            }
        })
    }

    fn quantity(&self, column: usize, intervals: &[Option<Interval>]) -> Quantity {
        Quantity { value: mean(&self.values[column]) / self.mean_wall(), interval: intervals[column] }
    }

    fn rows(&self, intervals: &[Option<Interval>]) -> Vec<LossRow> {
        let merged = self.present[Loss::Waiting as usize];
        let row = |loss: Loss| {
            let column = loss as usize;
            let parts = (self.parts.iter().enumerate())
                .filter(|(_, (of, _))| *of == loss)
                .map(|(index, &(_, name))| LossPart {
                    name,
                    speedup: self.quantity(Loss::ALL.len() + index, intervals),
                })
                .collect();
            LossRow {
                loss,
                speedup: self.quantity(column, intervals),
                worker_seconds: mean(&self.values[column]) / 1e9,
                parts,
            }
        };
        let shown = |loss: &Loss| match loss {
            Loss::Waiting => merged,
            Loss::Network | Loss::Quota => self.present[*loss as usize],
            Loss::RunQueue | Loss::Steal | Loss::Blocking => !merged || self.present[*loss as usize],
            _ => (*loss as usize) <= Loss::SerialLoop as usize,
        };
        match &self.outside {
            Some(apart) => {
                let told = |loss: &Loss| apart.tells(*loss) && (*loss != Loss::Quota || shown(loss));
                Loss::OUTSIDE.into_iter().filter(told).map(row).collect()
            }
            None => Loss::ALL.into_iter().filter(shown).map(row).collect(),
        }
    }
}

/// What each host's workers lost, mean over the executions that had workers there.
fn of_hosts(ledgers: &[Ledger]) -> Vec<HostAccount> {
    let mut numbers: Vec<usize> =
        ledgers.iter().flat_map(|ledger| ledger.hosts.iter().map(|on| on.host)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let account = |host: usize| {
        let on: Vec<&OnHost> =
            ledgers.iter().flat_map(|ledger| &ledger.hosts).filter(|on| on.host == host).collect();
        let untold = |loss: Loss| match loss {
            Loss::RunQueue => on.iter().any(|on| on.lacking.queue),
            Loss::Steal | Loss::Blocking => on.iter().any(|on| on.lacking.queue || on.lacking.switches),
            _ => false,
        };
        let row = |loss: Loss| {
            let times: Vec<f64> = on.iter().map(|on| on.losses[loss as usize]).collect();
            HostLoss { loss, worker_seconds: (!untold(loss)).then(|| mean(&times) / 1e9) }
        };
        let occurs = |loss: &Loss| match loss {
            Loss::Waiting | Loss::Quota => on.iter().any(|on| on.losses[*loss as usize] != 0.0),
            _ => true,
        };
        HostAccount {
            host: host + 1,
            workers: on.iter().map(|on| on.workers).max().unwrap_or(0),
            clock_error_s: on.iter().map(|on| on.clock_error / 1e9).fold(0.0, f64::max),
            rows: Loss::OF_A_LANE.into_iter().filter(occurs).map(row).collect(),
        }
    };
    numbers.into_iter().map(account).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// What readers must know of an account.
fn notes(ledgers: &[Ledger], paired: bool) -> Vec<String> {
    let lacking = |what: fn(&Lacking) -> bool| ledgers.iter().any(|ledger| what(&ledger.lacking));
    let mut notes = ledgers[0].outside.as_ref().map(Apart::notes).unwrap_or_default();
    let mut note = |so: bool, text: &str| {
        if so {
            notes.push(text.to_string());
        }
    };
    note(
        lacking(|lacking| lacking.queue),
        "run queue, steal and blocking are one row: the system gives no run-queue delay per thread",
    );
    note(
        lacking(|lacking| lacking.switches),
        "steal and blocking are one row: the system counts no context switches per thread",
    );
    note(
        lacking(|lacking| lacking.optimum),
        "the search for the best schedule was cut short: granularity may be smaller, and ordering larger",
    );
    note(paired && ledgers.len() < LEAST_ROUNDS, "the losses have no intervals: too few rounds");
    note(
        !paired,
        "the losses have no intervals: the cases ran one after another, so samples cannot be paired",
    );
    notes
}
