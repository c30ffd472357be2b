//! What is seen of an execution over hosts: on whose clock which times are, and when messages went and came.

use speedup_executor::WorkerLife;
use speedup_mpi::{HostClock, HostInfo, HostTimes, MpiPoolExecutor, WorkTrip};
use speedup_report::record::{HostSpan, MachineState, Trip};

use super::tasks::LookAt;
use super::{OverHosts, in_words};
use crate::study::execute::Measured;
use crate::study::job::JobReport;
use crate::study::look::Look;

/// Hosts just before an execution.
pub(in crate::study) struct Before<'a> {
    over: &'a OverHosts,
    clocks: Vec<HostClock>,
    looks: Vec<Look>,
}

impl<'a> Before<'a> {
    /// Looks at the hosts and their clocks.
    ///
    /// # Errors
    ///
    /// One line on a host that does not answer.
    pub(in crate::study) fn of(over: &'a OverHosts) -> Result<Self, String> {
        let looks = over.looks(LookAt::Before)?;
        Ok(Self { over, looks, clocks: over.0.hosts.clocks().map_err(in_words)? })
    }

    /// Looks at them again, just after the execution on that pool.
    ///
    /// # Errors
    ///
    /// As [`of`](Self::of).
    pub(in crate::study) fn after(self, pool: &MpiPoolExecutor) -> Result<Seen, String> {
        let clocks = self.over.0.hosts.clocks().map_err(in_words)?;
        let looks = self.over.looks(LookAt::After)?;
        let mut times = pool.host_times();
        let of = |all: &[HostClock], rank| all.iter().find(|clock| clock.rank == rank).copied();
        let host = |(host, (before, after)): (&HostInfo, (&Look, &Look))| SeenHost {
            rank: host.rank,
            machine: before.until(after),
            clock: (of(&self.clocks, host.rank).zip(of(&clocks, host.rank)))
                .map(|(before, after)| Aligned::of(before, after)),
            times: times.iter().position(|times| times.rank == host.rank).map(|at| times.swap_remove(at)),
        };
        let looks = self.looks.iter().zip(&looks);
        let hosts = self.over.0.hosts.list().iter().zip(looks).map(host).collect();
        Ok(Seen { hosts, trips: pool.take_trips() })
    }
}

/// What two comparisons of a host's clock, before and after, tell of the time between them.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(clippy::struct_field_names, reason = "each name ends with its unit")]
struct Aligned {
    /// How far it is ahead, by the comparison of the shorter round trip.
    ahead_ns: i64,
    /// Half of that round trip: how long a message takes at least.
    latency_ns: u64,
    /// How far it may be ahead of that, or behind, at any time between the two.
    error_ns: u64,
}

impl Aligned {
    fn of(before: HostClock, after: HostClock) -> Self {
        let (best, other) = if before.error_ns <= after.error_ns { (before, after) } else { (after, before) };
        // At the time of the other comparison it may have been as far off as that allows.
        let there = best.ahead_ns.abs_diff(other.ahead_ns).saturating_add(other.error_ns);
        Self { ahead_ns: best.ahead_ns, latency_ns: best.error_ns, error_ns: best.error_ns.max(there) }
    }
}

/// What was seen of an execution.
pub(in crate::study) struct Seen {
    /// The run's hosts, in their order.
    hosts: Vec<SeenHost>,
    trips: Vec<WorkTrip>,
}

/// What was seen of a host.
struct SeenHost {
    rank: usize,
    machine: MachineState,
    /// Where it answered both times.
    clock: Option<Aligned>,
    /// Where it had workers.
    times: Option<HostTimes>,
}

impl SeenHost {
    /// A time of its clock, by this program's.
    fn here_ns(&self, ns: u64) -> u64 {
        ns.saturating_add_signed(-self.ahead_ns())
    }

    fn ahead_ns(&self) -> i64 {
        self.clock.map_or(0, |clock| clock.ahead_ns)
    }

    fn has(&self, worker: usize) -> bool {
        let workers = |times: &HostTimes| times.first_worker..times.first_worker + times.workers;
        self.times.as_ref().is_some_and(|times| workers(times).contains(&worker))
    }

    /// A message and its answer, on this program's clock from `start_ns` on.
    fn trip(&self, trip: &speedup_mpi::Trip, start_ns: u64) -> Trip {
        let since = |ns: u64| ns.saturating_sub(start_ns);
        Trip {
            sent_ns: since(trip.sent_ns),
            came_ns: since(self.here_ns(trip.came_ns)),
            told_ns: since(self.here_ns(trip.told_ns)),
            back_ns: since(trip.back_ns),
        }
    }
}

impl Seen {
    /// A report of a worker, with its times on this program's clock.
    pub(in crate::study) fn here<R>(&self, report: JobReport<R>) -> JobReport<R> {
        match self.hosts.iter().find(|host| host.has(report.worker)) {
            Some(host) => report.earlier_by(host.ahead_ns()),
            None => report,
        }
    }

    /// The lives of all workers, on this program's clock.
    pub(in crate::study) fn lives(&self) -> Vec<WorkerLife> {
        let of = |host: &SeenHost| -> Vec<WorkerLife> {
            let lives = host.times.iter().flat_map(|times| &times.lives);
            lives.map(|life| life.map_times(|ns| host.here_ns(ns))).collect()
        };
        self.hosts.iter().flat_map(of).collect()
    }

    /// Adds hosts and trips to what was measured from `start_ns` on; whether a pool was started and ended in it.
    pub(in crate::study) fn add_to(mut self, measured: &mut Measured, start_ns: u64, cold: bool) {
        // The tasks of an execution were submitted in their order.
        self.trips.sort_unstable_by_key(|work| work.number);
        if self.trips.len() == measured.tasks.len() {
            for (task, work) in measured.tasks.iter_mut().zip(&self.trips) {
                let host = self.hosts.iter().find(|host| host.rank == work.rank);
                task.trip = host.map(|host| host.trip(&work.trip, start_ns));
            }
        }
        let span = |(index, host): (usize, SeenHost)| {
            let (clock, times) = (host.clock?, host.times.as_ref()?);
            let of_pool = |of: &Option<speedup_mpi::Trip>| {
                of.as_ref().filter(|_| cold).map(|of| host.trip(of, start_ns))
            };
            Some(HostSpan {
                host: index,
                first_worker: times.first_worker,
                workers: times.workers,
                clock_error_ns: clock.error_ns,
                latency_ns: clock.latency_ns,
                opening: of_pool(&times.opening),
                closing: of_pool(&times.closing),
                machine: host.machine.clone(),
            })
        };
        measured.hosts = self.hosts.into_iter().enumerate().filter_map(span).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_round_trip_counts_and_the_error_reaches_to_all_that_both_allow() {
        let clock = |ahead_ns, error_ns| HostClock { rank: 1, ahead_ns, error_ns };
        let aligned = |ahead_ns, latency_ns, error_ns| Aligned { ahead_ns, latency_ns, error_ns };
        // From 970 to 1030 before, and from 990 to 1030 after.
        assert_eq!(Aligned::of(clock(1_000, 30), clock(1_010, 20)), aligned(1_010, 20, 40));
        // Up to 1120 in the end.
        assert_eq!(Aligned::of(clock(1_000, 10), clock(1_100, 20)), aligned(1_000, 10, 120));
        assert_eq!(Aligned::of(clock(7, 3), clock(7, 3)), aligned(7, 3, 3));
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
        let times = HostTimes {
            rank: 2,
            first_worker: 2,
            workers: 1,
            opening: Some(opening),
            closing: None,
            lives: vec![life],
        };
        let clock = Aligned { ahead_ns: ahead, latency_ns: 2, error_ns: 3 };
        let host = |rank, clock, times| SeenHost { rank, machine: MachineState::default(), clock, times };
        let seen = Seen {
            hosts: vec![host(1, None, None), host(2, Some(clock), Some(times))],
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
