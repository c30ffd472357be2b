//! What MPI itself costs between two ranks, beside `round_trip.rs`: `mpirun -n 2 ping`.
//!
//! Messages go there and back by blocking calls, which keep a CPU busy on each side; or, with the argument `sleeping`,
//! by calls that ask, and sleep for 20 µs where nothing has come.

use std::time::{Duration, Instant};

use ferrompi::{Communicator, Mpi, Result, ThreadLevel};

const TAG: i32 = 1;

/// How long who finds nothing sleeps.
const NAP: Duration = Duration::from_micros(20);

fn main() -> Result<()> {
    let mpi = Mpi::init_thread(ThreadLevel::Funneled)?;
    let world = mpi.world();
    let sleeps = std::env::args().any(|argument| argument == "sleeping");
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
    for (size, rounds) in [(64, 2000), (16 << 10, 1000), (16 << 20, 20)] {
        let mut times = Vec::new();
        let mut bytes = vec![7_u8; size];
        let mut answer = [0_u8; 64];
        for _ in 0..rounds {
            let start = Instant::now();
            match world.rank() {
                0 => {
                    world.send(&bytes, 1, TAG)?;
                    receive(&world, &mut answer, 1, sleeps)?;
                }
                1 => {
                    receive(&world, &mut bytes, 0, sleeps)?;
                    world.send(&answer, 0, TAG)?;
                }
                _ => {}
            }
            times.push(start.elapsed());
        }
        times.sort_unstable();
        if world.rank() == 0 {
            let median = times[times.len() / 2].as_secs_f64();
            if size < 1 << 20 {
                println!("ping of {:5} B     {:9.1} µs", size, median * 1e6);
            } else {
                println!("ping of 16 MiB      {:9.2} GB/s", size as f64 / median / 1e9);
            }
        }
    }
    Ok(())
}

fn receive(world: &Communicator, place: &mut [u8], from: i32, sleeps: bool) -> Result<()> {
    while sleeps && world.iprobe::<u8>(from, TAG)?.is_none() {
        std::thread::sleep(NAP);
    }
    world.recv(place, from, TAG).map(drop)
}
