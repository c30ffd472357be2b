//! What the pools are given to do.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use speedup_executor::task::TaskEntry;
use speedup_executor::{Task, current_worker};

use crate::attributes::{Calc, EchoFlat, EchoGuess, EchoHalves, EchoJson, MakeHalves, MakeOp, Sum};
use crate::crashes::{PutInOrder, ShareTheChannel};
use crate::deaths::{Bomb, Die};
use crate::encoding::{MakeTouchy, Nest, Touch};
use crate::forks;
use crate::gate;
use crate::handover::{NumberIn, OneOfMany};
use crate::long::{HoldSum, LimitFiles, MakeLong, SumLong, SumOrDie, SumsOf};
use crate::mapping::OnlyEven;
use crate::shared::{AddressOf, Checksum, HoldShared, MakeShared, PanicWith, PassBack, Tamper, WithLimits};
use crate::surroundings::{HoldUnprotected, Ignores, LengthOfAll, WriteEarly};
use crate::user_code::{HoldsPool, MakeWaitsToDecode, WaitsToEncode};

pub(crate) static TASKS: &[TaskEntry] = &[
    TaskEntry::of::<Square>(),
    TaskEntry::of::<Pause>(),
    TaskEntry::of::<PauseAndFail>(),
    TaskEntry::of::<Panic>(),
    TaskEntry::of::<Echo>(),
    TaskEntry::of::<Length>(),
    TaskEntry::of::<Hold>(),
    TaskEntry::of::<Note>(),
    TaskEntry::of::<WhoAmI>(),
    TaskEntry::of::<SetUp>(),
    TaskEntry::of::<FailToSetUp>(),
    TaskEntry::of::<SetUps>(),
    TaskEntry::of::<Print>(),
    TaskEntry::of::<OnlyEven>(),
    TaskEntry::of::<ReadInput>(),
    TaskEntry::of::<OpenFiles>(),
    TaskEntry::of::<MakeExplosive>(),
    TaskEntry::of::<Die>(),
    TaskEntry::of::<Bomb>(),
    TaskEntry::of::<ShareTheChannel>(),
    TaskEntry::of::<PutInOrder>(),
    TaskEntry::of::<Calc>(),
    TaskEntry::of::<MakeOp>(),
    TaskEntry::of::<Sum>(),
    TaskEntry::of::<EchoJson>(),
    TaskEntry::of::<EchoFlat>(),
    TaskEntry::of::<EchoGuess>(),
    TaskEntry::of::<EchoHalves>(),
    TaskEntry::of::<MakeHalves>(),
    TaskEntry::of::<Nest>(),
    TaskEntry::of::<Touch>(),
    TaskEntry::of::<MakeTouchy>(),
    TaskEntry::of::<NumberIn>(),
    TaskEntry::of::<OneOfMany>(),
    TaskEntry::of::<Checksum>(),
    TaskEntry::of::<MakeShared>(),
    TaskEntry::of::<PassBack>(),
    TaskEntry::of::<PanicWith>(),
    TaskEntry::of::<AddressOf>(),
    TaskEntry::of::<Tamper>(),
    TaskEntry::of::<HoldShared>(),
    TaskEntry::of::<WithLimits>(),
    forks::FORK,
    TaskEntry::of::<HoldsPool>(),
    TaskEntry::of::<WaitsToEncode>(),
    TaskEntry::of::<MakeWaitsToDecode>(),
    TaskEntry::of::<WriteEarly>(),
    TaskEntry::of::<HoldUnprotected>(),
    TaskEntry::of::<LengthOfAll>(),
    TaskEntry::of::<Ignores>(),
    TaskEntry::of::<SumLong>(),
    TaskEntry::of::<SumsOf>(),
    TaskEntry::of::<SumOrDie>(),
    TaskEntry::of::<HoldSum>(),
    TaskEntry::of::<LimitFiles>(),
    TaskEntry::of::<MakeLong>(),
];

/// Declares a task: its type, its output and what it does.
#[macro_export]
macro_rules! task {
    ($task:ident($($argument:ty),*) -> $output:ty, $run:expr) => {
        #[derive(Debug, Clone, Serialize, Deserialize)]
        pub(crate) struct $task($(pub(crate) $argument),*);

        impl Task for $task {
            const NAME: &'static str = stringify!($task);
            type Output = $output;

            fn run(self) -> $output {
                let run: fn(Self) -> $output = $run;
                run(self)
            }
        }
    };
}

task!(Square(u64) -> u64, |task| task.0 * task.0);
task!(Unregistered(u64) -> u64, |task| task.0);
task!(Pause(u64) -> u64, |task| {
    std::thread::sleep(Duration::from_millis(task.0));
    task.0
});
task!(PauseAndFail(u64) -> u64, |task| {
    std::thread::sleep(Duration::from_millis(task.0));
    panic!("failed after a pause")
});
task!(Panic(String) -> (), |task| panic!("{}", task.0));
task!(Echo(Vec<u8>) -> Vec<u8>, |task| task.0);
task!(Length(Vec<u8>) -> usize, |task| task.0.len());
task!(Hold(PathBuf, u64) -> u64, |task| {
    gate::wait_at(&task.0, task.1);
    task.1
});
task!(Note(PathBuf, u64) -> u64, |task| {
    gate::note(&task.0, task.1);
    task.1
});

/// What a task can tell of the worker that it runs on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) process: u32,
    pub(crate) worker: usize,
    /// Of the thread, or of the process as it was started.
    pub(crate) name: String,
}

// It takes as long as that, so that one worker cannot have run all tasks before another has started.
task!(WhoAmI(u64) -> Identity, |task| {
    std::thread::sleep(Duration::from_millis(task.0));
    let thread = std::thread::current().name().unwrap_or_default().to_string();
    let name = if is_worker() { std::env::args().next().unwrap() } else { thread };
    Identity { process: std::process::id(), worker: current_worker(), name }
});

/// Whether this process was started as a worker: then it has not been started as a program is.
pub(crate) fn is_worker() -> bool {
    std::env::args().next().is_some_and(|name| !name.contains('/'))
}

std::thread_local! {
    static SET_UPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

task!(SetUp(u64) -> (), |task| SET_UPS.set(SET_UPS.get() + task.0));
task!(FailToSetUp() -> (), |_| panic!("no set-up on purpose"));
task!(SetUps(u64) -> u64, |task| {
    std::thread::sleep(Duration::from_millis(task.0));
    SET_UPS.get()
});
task!(Print(String) -> (), |task| {
    print!("{}", task.0);
    eprint!("{}", task.0);
});
task!(ReadInput() -> usize, |_| {
    std::io::read_to_string(std::io::stdin()).map_or(usize::MAX, |text| text.len())
});
// What the process's descriptors stand for, but for the listing itself.
task!(OpenFiles() -> Vec<String>, |_| {
    let links = std::fs::read_dir("/proc/self/fd").unwrap();
    links.filter_map(|link| Some(std::fs::read_link(link.ok()?.path()).ok()?.display().to_string())).collect()
});

/// Its drop panics, but for that of a worker's copy once it has been encoded.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Explosive;

impl Drop for Explosive {
    fn drop(&mut self) {
        assert!(is_worker(), "dropped on purpose");
    }
}

task!(MakeExplosive(u64) -> Explosive, |task| {
    std::thread::sleep(Duration::from_millis(task.0));
    Explosive
});
