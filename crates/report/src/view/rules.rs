//! The twelve rules of Hoefler and Belli, each answered with what a run did.
//!
//! T. Hoefler and R. Belli, *Scientific Benchmarking of Parallel Computing Systems: Twelve ways to
//! tell the masses when reporting performance results*, SC'15, <https://doi.org/10.1145/2807591.2807644>.
//! The rules are given in our own words, in their order. Every answer is computed from the analysis,
//! so that a run that falls short says so.

use super::facts::facts;
use super::run::precision_goal;
use super::units::{count, count_range, list, quantity, speedup};
use super::verdict::no_measurement;
use crate::analysis::{Analysis, Cell, Estimate, Row, WorkloadColumn};
use crate::record::{Design, PoolMode, Status};

/// Every rule with what this run did about it, in the order of the paper.
#[must_use]
pub fn answers(run: &Analysis) -> Vec<(&'static str, String)> {
    vec![
        ("Say what a speedup is relative to, and how fast that is in absolute terms.", base_case(run)),
        ("Give the reason for leaving out benchmarks, cases or resources.", left_out(run)),
        ("Summarize costs by the arithmetic mean, rates by the harmonic mean.", means(run)),
        ("Summarize the costs behind ratios, not the ratios.", ratios(run)),
        ("Say whether values are deterministic; if not, give intervals.", intervals(run)),
        ("Assume no normal distribution without a check.", normality(run)),
        ("Compare values that vary in a statistically sound way.", comparisons(run)),
        ("Ask whether mean or median is the right figure, or another percentile.", centre(run)),
        ("Document every factor that varies, and the whole set-up.", set_up(run)),
        ("Say how parallel time is measured, synchronized and summarized.", parallel_time(run)),
        ("Show upper bounds of performance where there are any.", bounds(run)),
        ("Plot what is needed to interpret the results; join points only where that is valid.", plots(run)),
    ]
}

fn base_case(run: &Analysis) -> String {
    let serial = run.workloads.iter().filter_map(|workload| {
        let estimate = workload.serial.estimate()?;
        Some(format!("{} {:.4}s (mean of {})", workload.label, estimate.mean_s, estimate.runs))
    });
    let serial: Vec<_> = serial.collect();
    if !serial.is_empty() {
        return format!(
            "Speedup is against the serial baseline, the same batch in a plain loop without any executor: {}. Factors are against one worker of the same executor, whose time stands in the tables.",
            serial.join(", ")
        );
    }
    if run.estimates().any(|estimate| estimate.factor.is_some()) {
        return "There is no serial baseline. Factors are against one worker of the same executor, whose time stands in the tables.".into();
    }
    "Neither a serial baseline nor one worker was measured, so there are no speedups.".into()
}

fn left_out(run: &Analysis) -> String {
    let (mut failed, mut absent, mut measured) = (0, 0, 0);
    let waits = run.workloads.iter().any(WorkloadColumn::waits);
    for cell in rows(run).flat_map(|row| &row.cells) {
        match cell {
            Cell::Measured(_) => measured += 1,
            Cell::Failed { .. } => failed += 1,
            // Workloads that wait have their own numbers of workers.
            Cell::NotMeasured if waits && run.status == Status::Complete => {}
            Cell::NotMeasured => absent += 1,
        }
    }
    let mut parts =
        vec![format!("{} with figures, {failed} failed, {absent} not measured", count(measured, "case"))];
    let most = rows(run).map(|row| row.workers).max().unwrap_or(0);
    parts.push(match run.environment.cpus_available.value().copied() {
        Some(cpus) if most >= cpus => format!("up to {} on {}", count(most, "worker"), count(cpus, "CPU")),
        Some(cpus) => format!(
            "at most {} on {}, so not all of the machine was used; the run was asked for no more",
            count(most, "worker"),
            count(cpus, "CPU")
        ),
        None => "it is not known how many CPUs the run could use".into(),
    });
    parts.push(match run.status {
        Status::Complete => "the run came to its end".into(),
        Status::Running | Status::Interrupted | Status::Failed => {
            "the run did not come to its end, so what it had not measured by then is missing".to_string()
        }
    });
    sentence(&parts)
}

fn means(run: &Analysis) -> String {
    let clock = run.estimates().flat_map(|estimate| &estimate.rounds).any(|point| point.clock_hz.is_some());
    let rates = if run.workloads.iter().any(WorkloadColumn::waits) {
        "Rates, jobs per second, are the jobs over that mean, which is the harmonic mean of the rates."
    } else if clock {
        "Probed clock rates are shown round by round, and not summarized."
    } else {
        "No rates are summarized."
    };
    format!("Times are costs, and are summarized by their arithmetic mean. {rates}")
}

fn ratios(run: &Analysis) -> String {
    let across = if run.workloads.len() > 1 { " Nothing is averaged over workloads." } else { "" };
    format!("A speedup or factor is the ratio of two mean times, never a mean of ratios.{across}")
}

fn intervals(run: &Analysis) -> String {
    let (with, all) = speedups_with_interval(run);
    let results = match run.design {
        Design::Published => "It is not known whether results were checked",
        Design::InterleavedRounds | Design::CaseByCase => {
            "Results are: each is compared with that of the serial baseline"
        }
    };
    let intervals = match (with, all) {
        (_, 0) => "there is no speedup to give an interval of".to_string(),
        (0, _) => {
            "the speedups here have no intervals, so small differences between them mean nothing".into()
        }
        (with, all) => format!("{with} of {} have a 95 % interval", count(all, "speedup")),
    };
    format!(
        "Times are not deterministic; {intervals}{}. {results}.",
        precision_goal(run).map_or(String::new(), |goal| format!("; {goal}"))
    )
}

fn normality(run: &Analysis) -> String {
    if speedups_with_interval(run).0 == 0 {
        return "No distribution is assumed, because nothing is inferred: there are no intervals.".into();
    }
    match run.design {
        Design::InterleavedRounds => {
            "None is assumed: the intervals come from resampling whole rounds (bootstrap, BCa).".into()
        }
        Design::CaseByCase | Design::Published => {
            "None is assumed: the intervals come from resampling (bootstrap).".into()
        }
    }
}

fn comparisons(run: &Analysis) -> String {
    let (mut apart, mut pairs) = (0, 0);
    for column in 0..run.workloads.len() {
        let intervals: Vec<_> = (run.executors.iter().flat_map(|table| &table.rows))
            .filter_map(|row| Some((row.workers, row.cells[column].estimate()?.speedup?.interval?)))
            .collect();
        for (index, (workers, one)) in intervals.iter().enumerate() {
            for (_, other) in intervals[index + 1..].iter().filter(|(count, _)| count == workers) {
                pairs += 1;
                apart += usize::from(one.high < other.low || other.high < one.low);
            }
        }
    }
    let told = match pairs {
        0 => "There are no two executors with intervals to compare.".to_string(),
        _ => format!(
            "Of {} of executors with as many workers, {apart} have intervals that do not overlap; the others are not significantly different.",
            count(pairs, "pair")
        ),
    };
    let floor = run.workloads.iter().filter_map(|workload| Some((&workload.label, workload.floor?)));
    let floor: Vec<_> = floor.map(|(label, floor)| format!("{label} {}", quantity(floor, 3))).collect();
    if floor.is_empty() {
        let why = match run.anecdote() {
            Some(rounds) => format!("is not told: {}", no_measurement(rounds)),
            None => "was not measured".to_string(),
        };
        return format!("{told} The noise floor {why}.");
    }
    format!("{told} Noise floor, the ratio of two equal arms of the serial baseline: {}.", floor.join(", "))
}

fn centre(run: &Analysis) -> String {
    let spread = "The mean, because a batch is paid for in total time and the account of the loss has to add up; least, greatest and standard deviation are given too";
    if run.estimates().any(|estimate| !estimate.rounds.is_empty()) {
        let timeline = if run.estimates().any(|estimate| estimate.timeline.is_some()) {
            " The timeline is of the sample of median time."
        } else {
            ""
        };
        return format!("{spread}, and every round is drawn.{timeline}");
    }
    format!("{spread}. Single rounds are not in the record.")
}

/// A workload and what computed it.
fn computed(workload: &WorkloadColumn) -> String {
    let backend = workload.backend.as_ref().map_or(String::new(), |backend| format!(" ({backend})"));
    format!("{} by {}{backend}", workload.name, workload.kernel)
}

fn set_up(run: &Analysis) -> String {
    let mut workers: Vec<_> = rows(run).map(|row| row.workers).collect();
    workers.sort_unstable();
    workers.dedup();
    let factors = format!(
        "What varies: workload ({}), executor ({}), workers ({})",
        list(run.workloads.iter().map(computed)),
        list(run.executors.iter().map(|table| table.executor.clone())),
        list(workers)
    );
    let order = match run.design {
        Design::InterleavedRounds => "the order of cases is drawn anew in each round",
        Design::CaseByCase => "cases ran one after another, so drift of the machine is not apart from them",
        Design::Published => "the order of cases is not known",
    };
    let missing = missing(run);
    let missing = if missing.is_empty() {
        "Nothing of the set-up that this program asks for is missing".to_string()
    } else {
        format!("Not known: {}", missing.join(", "))
    };
    format!("{factors}; {order}. The set-up stands under Environment. {missing}.")
}

/// What the record does not say of the machine and the build.
fn missing(run: &Analysis) -> Vec<&'static str> {
    let unknown = facts(run).into_iter().filter(|(_, fact)| fact.value().is_none());
    unknown.map(|(name, _)| name).collect()
}

fn parallel_time(run: &Analysis) -> String {
    if run.design == Design::Published {
        return "As published; how the times were taken is not recorded.".into();
    }
    let span = match run.pool {
        PoolMode::Cold => {
            "from before the pool starts to after it was joined, start and end of the workers included"
        }
        PoolMode::Warm => {
            "from before the first task is submitted to after the last result is there, in a pool started outside the timing"
        }
    };
    format!(
        "One time per execution of the whole batch, {span}. Workers time themselves on one monotonic clock that all processes share; there is no barrier between them. A figure is the mean over {}.",
        count_range(run.runs().unwrap_or((0, 0)), "run")
    )
}

fn bounds(run: &Analysis) -> String {
    let bounds: Vec<_> = run.workloads.iter().flat_map(|workload| &workload.bounds).collect();
    let exact = bounds.iter().filter(|bound| bound.exact).count();
    let ceilings: Vec<_> = run.workloads.iter().flat_map(|workload| &workload.ceilings).collect();
    let mut parts = vec!["The number of workers is drawn as the ideal".to_string()];
    if run.workloads.iter().any(WorkloadColumn::waits) {
        parts.push("jobs that wait have no bound or ceiling from CPUs or from their sizes".into());
    }
    if run.workloads.iter().all(WorkloadColumn::waits) && !run.workloads.is_empty() {
        return sentence(&parts);
    }
    parts.push(match bounds.len() {
        0 => "the granularity bound is not known".into(),
        all if all == exact => "the granularity bound, the best speedup of any schedule of these jobs, is exact throughout".into(),
        all => format!("the granularity bound, the best speedup of any schedule of these jobs, is exact in {exact} of {all} places and lies in a proven range elsewhere"),
    });
    parts.push(match ceilings.iter().max_by_key(|ceiling| ceiling.workers) {
        Some(ceiling) => format!(
            "the ceiling of the hardware was measured up to {} ({})",
            count(ceiling.workers, "worker"),
            speedup(ceiling.speedup)
        ),
        None => "the ceiling of the hardware was not measured".into(),
    });
    sentence(&parts)
}

fn plots(run: &Analysis) -> String {
    let intervals =
        if speedups_with_interval(run).0 > 0 { " with their intervals" } else { ", without intervals" };
    let rounds = if run.estimates().any(|estimate| !estimate.rounds.is_empty()) {
        " Every round is a separate point, and those are not joined."
    } else {
        ""
    };
    format!(
        "Figures are points{intervals}. Lines join numbers of workers of one executor to show the trend; between whole numbers they mean nothing. A case without figures is a gap.{rounds} The tables hold all that the charts show."
    )
}

fn rows(run: &Analysis) -> impl Iterator<Item = &Row> {
    run.executors.iter().flat_map(|table| &table.rows)
}

/// How many speedups have an interval, and how many there are.
fn speedups_with_interval(run: &Analysis) -> (usize, usize) {
    let speedups = || run.estimates().filter_map(|estimate: &Estimate| estimate.speedup);
    (speedups().filter(|speedup| speedup.interval.is_some()).count(), speedups().count())
}

/// Parts of a sentence as one.
fn sentence(parts: &[String]) -> String {
    format!("{}.", parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Stop, book};
    use crate::render::html::sample;

    fn says(run: &Analysis, rule: usize, expected: &str) {
        let answers = answers(run);
        let (_, answer) = &answers[rule - 1];
        assert!(answer.contains(expected), "{rule}: {answer}");
    }

    #[test]
    fn twelve_answers_for_every_run_all_of_them_sentences() {
        let mut empty = sample::analysis();
        (empty.workloads, empty.executors) = (Vec::new(), Vec::new());
        for run in [sample::analysis(), empty, Analysis::of(&book::record())] {
            let answers = answers(&run);
            assert_eq!(answers.len(), 12);
            assert!(
                answers.iter().all(|(rule, answer)| rule.ends_with('.') && answer.ends_with('.')),
                "{answers:?}"
            );
        }
    }

    #[test]
    fn a_full_run_answers_with_its_own_figures() {
        let run = sample::analysis();
        says(&run, 1, "RC4 2.3100s (mean of 48), SHA 1.2040s (mean of 48)");
        says(&run, 2, "22 cases with figures, 1 failed, 1 not measured; up to 4 workers on 2 CPUs");
        says(&run, 5, "22 of 22 speedups have a 95 % interval");
        says(&run, 5, "and not reached: sha256 processes/4 has 2.1 %");
        says(&run, 6, "whole rounds");
        says(&run, 7, "RC4 1.001 [0.996, 1.006]");
        says(&run, 9, "workers (1, 2, 3, 4)");
        says(&run, 10, "start and end of the workers included");
        says(&run, 11, "exact in 6 of 8 places");
        says(&run, 11, "up to 2 workers (1.93x [1.91, 1.95])");
    }

    #[test]
    fn pairs_are_told_apart_by_their_intervals_alone() {
        let mut run = sample::analysis();
        run.workloads.truncate(1);
        run.executors.truncate(2);
        for (table, speedup) in run.executors.iter_mut().zip([1.0, 2.0]) {
            table.rows.truncate(2);
            for row in &mut table.rows {
                let speedup = if row.workers == 1 { 1.0 } else { speedup };
                row.cells = vec![Cell::Measured(Box::new(sample::estimate(row.workers, speedup, 1.0)))];
            }
        }
        says(&run, 7, "Of 2 pairs of executors with as many workers, 1 have intervals that do not overlap");
    }

    #[test]
    fn the_book_admits_what_it_does_not_say() {
        let run = Analysis::of(&book::record());
        says(&run, 1, "There is no serial baseline.");
        says(&run, 5, "there is no speedup to give an interval of");
        says(&run, 6, "nothing is inferred");
        says(&run, 7, "The noise floor was not measured.");
        says(&run, 8, "Single rounds are not in the record.");
        says(&run, 9, "Not known: ");
        says(&run, 10, "As published");
        says(&run, 11, "the granularity bound is not known");
        says(&run, 12, "without intervals");
    }

    #[test]
    fn a_precision_that_was_reached_is_said_to_be() {
        let mut run = sample::analysis();
        run.effort.stop = Some(Stop::Precision);
        says(&run, 5, "were asked for and reached");
    }
}
