//! What is seen of an execution over hosts: on whose clock which times are, and when messages went and came.

use speedup_executor::WorkerLife;
use speedup_mpi::{HostClock, HostTimes, MpiPoolExecutor, WorkTrip};
use speedup_report::record::{HostSpan, MachineState, Trip};

use super::tasks::Looked;
use super::{OverHosts, in_words};
use crate::study::execute::Measured;
use crate::study::job::JobReport;

/// Hosts just before an execution.
pub(in crate::study) struct Before<'a> {
    over: &'a OverHosts,
    clocks: Vec<HostClock>,
    looks: Vec<Looked>,
}

impl<'a> Before<'a> {
    /// Looks at the hosts and their clocks.
    ///
    /// # Errors
    ///
    /// One line on a host that does not answer.
    pub(in crate::study) fn of(over: &'a OverHosts) -> Result<Self, String> {
        let looks = over.looks()?;
        Ok(Self { over, looks, clocks: over.0.hosts.clocks().map_err(in_words)? })
    }

    /// Looks at them again, just after the execution on that pool.
    ///
    /// # Errors
    ///
    /// As [`of`](Self::of).
    pub(in crate::study) fn after(self, pool: &MpiPoolExecutor) -> Result<Seen, String> {
        let clocks = self.over.0.hosts.clocks().map_err(in_words)?;
        let looks = self.over.looks()?;
        let clocks = self.clocks.iter().filter_map(|before| {
            clocks.iter().find(|after| after.rank == before.rank).map(|after| Aligned::of(before, after))
        });
        let machines = self.looks.iter().zip(&looks).map(|(before, after)| before.until(after));
        Ok(Seen {
            ranks: self.over.0.hosts.list().iter().map(|host| host.rank).collect(),
            machines: machines.collect(),
            clocks: clocks.collect(),
            times: pool.host_times(),
            trips: pool.take_trips(),
        })
    }
}

/// What two comparisons of a host's clock, before and after, tell of the time between them.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Aligned {
    rank: usize,
    /// How far it is ahead, by the comparison of the shorter round trip.
    ahead_ns: i64,
    /// Half of that round trip: how long a message takes at least.
    latency_ns: u64,
    /// How far it may be ahead of that, or behind, at any time between the two.
    error_ns: u64,
}

impl Aligned {
    fn of(before: &HostClock, after: &HostClock) -> Self {
        let (best, other) = if before.error_ns <= after.error_ns { (before, after) } else { (after, before) };
        // At the time of the other comparison it may have been as far off as that allows.
        let there = best.ahead_ns.abs_diff(other.ahead_ns).saturating_add(other.error_ns);
        Self {
            rank: best.rank,
            ahead_ns: best.ahead_ns,
            latency_ns: best.error_ns,
            error_ns: best.error_ns.max(there),
        }
    }
}

/// What was seen of an execution.
pub(in crate::study) struct Seen {
    /// Of the run's hosts, in their order.
    ranks: Vec<usize>,
    machines: Vec<MachineState>,
    clocks: Vec<Aligned>,
    /// Of those that had workers.
    times: Vec<HostTimes>,
    trips: Vec<WorkTrip>,
}

impl Seen {
    fn ahead_ns(&self, rank: usize) -> i64 {
        self.clocks.iter().find(|clock| clock.rank == rank).map_or(0, |clock| clock.ahead_ns)
    }

    fn rank_of(&self, worker: usize) -> Option<usize> {
        let has = |host: &&HostTimes| (host.first_worker..host.first_worker + host.workers).contains(&worker);
        self.times.iter().find(has).map(|host| host.rank)
    }

    /// A report of a worker, with its times on this program's clock.
    pub(in crate::study) fn here<R>(&self, report: JobReport<R>) -> JobReport<R> {
        match self.rank_of(report.worker) {
            Some(rank) => report.earlier_by(self.ahead_ns(rank)),
            None => report,
        }
    }

    /// The lives of all workers, on this program's clock.
    pub(in crate::study) fn lives(&self) -> Vec<WorkerLife> {
        let here = |rank: usize, ns: u64| ns.saturating_add_signed(-self.ahead_ns(rank));
        let of = |host: &HostTimes| -> Vec<WorkerLife> {
            let life = |life: &WorkerLife| WorkerLife {
                worker: life.worker,
                spawned_ns: here(host.rank, life.spawned_ns),
                ready_ns: here(host.rank, life.ready_ns),
                ended_ns: here(host.rank, life.ended_ns),
            };
            host.lives.iter().map(life).collect()
        };
        self.times.iter().flat_map(of).collect()
    }

    /// Adds hosts and trips to what was measured from `start_ns` on; whether a pool was started and ended in it.
    pub(in crate::study) fn add_to(mut self, measured: &mut Measured, start_ns: u64, cold: bool) {
        // The tasks of an execution were submitted in their order.
        self.trips.sort_unstable_by_key(|work| work.number);
        let trip = |rank: usize, trip: &speedup_mpi::Trip| {
            let ahead_ns = self.ahead_ns(rank);
            let since = |ns: u64| ns.saturating_sub(start_ns);
            let there = |ns: u64| since(ns.saturating_add_signed(-ahead_ns));
            Trip {
                sent_ns: since(trip.sent_ns),
                came_ns: there(trip.came_ns),
                told_ns: there(trip.told_ns),
                back_ns: since(trip.back_ns),
            }
        };
        if self.trips.len() == measured.tasks.len() {
            for (task, work) in measured.tasks.iter_mut().zip(&self.trips) {
                task.trip = Some(trip(work.rank, &work.trip));
            }
        }
        let span = |host: &HostTimes| {
            let index = self.ranks.iter().position(|rank| *rank == host.rank)?;
            let clock = self.clocks.iter().find(|clock| clock.rank == host.rank)?;
            let of_pool =
                |of: &Option<speedup_mpi::Trip>| of.as_ref().filter(|_| cold).map(|of| trip(host.rank, of));
            Some(HostSpan {
                host: index,
                first_worker: host.first_worker,
                workers: host.workers,
                clock_error_ns: clock.error_ns,
                latency_ns: clock.latency_ns,
                opening: of_pool(&host.opening),
                closing: of_pool(&host.closing),
                machine: self.machines.get(index).cloned().unwrap_or_default(),
            })
        };
        measured.hosts = self.times.iter().filter_map(span).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_round_trip_counts_and_the_error_reaches_to_all_that_both_allow() {
        let clock = |ahead_ns, error_ns| HostClock { rank: 1, ahead_ns, error_ns };
        let aligned = |ahead_ns, latency_ns, error_ns| Aligned { rank: 1, ahead_ns, latency_ns, error_ns };
        // From 970 to 1030 before, and from 990 to 1030 after.
        assert_eq!(Aligned::of(&clock(1_000, 30), &clock(1_010, 20)), aligned(1_010, 20, 40));
        // Up to 1120 in the end.
        assert_eq!(Aligned::of(&clock(1_000, 10), &clock(1_100, 20)), aligned(1_000, 10, 120));
        assert_eq!(Aligned::of(&clock(7, 3), &clock(7, 3)), aligned(7, 3, 3));
    }

    #[test]
    fn times_of_a_host_are_moved_as_a_whole_to_the_clock_of_the_run() {
        let ahead = 5_000_000_000_i64;
        let there = |ns: u64| ns + ahead as u64;
        let life =
            WorkerLife { worker: 2, spawned_ns: there(110), ready_ns: there(120), ended_ns: there(190) };
        let opening =
            speedup_mpi::Trip { sent_ns: 101, came_ns: there(104), told_ns: there(105), back_ns: 108 };
        let work = speedup_mpi::Trip { sent_ns: 109, came_ns: there(112), told_ns: there(180), back_ns: 183 };
        let seen = Seen {
            ranks: vec![1, 2],
            machines: vec![MachineState::default(); 2],
            clocks: vec![Aligned { rank: 2, ahead_ns: ahead, latency_ns: 2, error_ns: 3 }],
            times: vec![HostTimes {
                rank: 2,
                first_worker: 2,
                workers: 1,
                opening: Some(opening),
                closing: None,
                lives: vec![life],
            }],
            trips: vec![WorkTrip { number: 7, rank: 2, trip: work }],
        };
        assert_eq!(seen.lives(), [WorkerLife { worker: 2, spawned_ns: 110, ready_ns: 120, ended_ns: 190 }]);
        let task = speedup_report::record::TaskSpan::timed(0, 2, (30, 80));
        let mut measured = Measured::of_tasks((100, 95), Vec::new(), vec![task]);
        seen.add_to(&mut measured, 100, true);
        let [host] = &measured.hosts[..] else { panic!("one host") };
        assert_eq!((host.host, host.first_worker, host.clock_error_ns), (1, 2, 3));
        assert_eq!(host.opening, Some(Trip { sent_ns: 1, came_ns: 4, told_ns: 5, back_ns: 8 }));
        assert_eq!(measured.tasks[0].trip, Some(Trip { sent_ns: 9, came_ns: 12, told_ns: 80, back_ns: 83 }));
    }
}
