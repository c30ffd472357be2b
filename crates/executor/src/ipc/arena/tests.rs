//! What is put into extents is found by a worker, and extents and their memory are used again.

use std::io;

use super::*;

/// A worker's side of the file in which these stand.
fn views(extents: &Extents) -> Views {
    use std::os::fd::AsFd;
    Views::new(extents.ground().unwrap().as_fd().try_clone_to_owned().unwrap()).unwrap()
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * 7 + length) as u8).collect()
}

/// Bytes of memory that the file takes.
fn taken(extents: &Extents) -> u64 {
    taken_of(&extents.ground().unwrap())
}

fn taken_of(ground: &Ground) -> u64 {
    rustix::fs::fstat(ground).unwrap().st_blocks.unsigned_abs() * 512
}

#[test]
fn what_was_put_in_is_found_by_its_place() {
    let (arena, mut all) = (Arc::default(), Extents::default());
    let lengths = [1, SMALLEST - 1, SMALLEST, SMALLEST + 1, 100_000, 1 << 20, (1 << 20) + 1, 3 << 20, 17];
    let places: Vec<_> = lengths.iter().map(|&length| all.add(&arena, &bytes(length)).unwrap()).collect();
    let views = views(&all);
    for _ in 0..2 {
        for (&place, &length) in places.iter().zip(&lengths) {
            assert_eq!(Place::of(place.to_bytes()), place);
            assert!(views.copy(place).unwrap() == bytes(length), "{length}");
        }
    }
}

#[test]
fn an_extent_is_used_again_as_soon_as_it_is_given_back() {
    let arena = Arc::default();
    let mut others = Extents::default();
    others.add(&arena, &bytes(50_000)).unwrap();
    let place = |length| {
        let mut extents = Extents::default();
        let place = extents.add(&arena, &bytes(length)).unwrap();
        let mut both = Extents::default();
        both.append(extents);
        both.append(Extents::default());
        assert!(!both.is_empty());
        place.offset
    };
    assert_eq!(place(40_000), place(65_536));
    assert_ne!(place(40_000), place(40_000_000));
    // One that is a worker's to read is no one else's.
    let views = views(&others);
    assert!(views.copy(Place { offset: 0, length: 50_000 }).unwrap() == bytes(50_000));
}

#[test]
fn memory_that_is_not_used_any_more_is_given_back() {
    let (arena, mut keeper) = (Arc::default(), Extents::default());
    for _ in 0..16 {
        keeper.add(&arena, &bytes(4 << 20)).unwrap();
    }
    assert!(taken(&keeper) >= 64 << 20);
    let one = keeper.0.take().map(|mut first| {
        drop(Extents(first.next.take()));
        Extents(Some(first))
    });
    let mut one = one.unwrap();
    // As much is kept as was used at a time, in case that comes again; less and less of it if not.
    assert!(taken(&one) >= 64 << 20);
    for _ in 0..40 * TURN {
        let mut short = Extents::default();
        short.add(&arena, &[1; 10]).unwrap();
    }
    if cfg!(target_os = "linux") {
        assert!(taken(&one) <= 5 << 20, "{}", taken(&one));
    }
    // What has lost its memory is as good as new.
    let places: Vec<_> = (0..16).map(|_| one.add(&arena, &bytes(4 << 20)).unwrap()).collect();
    let views = views(&one);
    assert!(places.into_iter().all(|place| views.copy(place).unwrap() == bytes(4 << 20)));
}

#[test]
fn an_idle_pool_does_not_keep_the_memory_of_its_largest_burst() {
    let arena: Arc<Arena> = Arc::default();
    let burst = || {
        let mut burst = Extents::default();
        // More in one chain than the stack is deep, and large ones.
        for _ in 0..20_000 {
            burst.add(&arena, &[1; 10]).unwrap();
        }
        let more = vec![2; 3 << 20];
        for _ in 0..100 {
            burst.add(&arena, &more).unwrap();
        }
        burst
    };
    let taken = || arena.lock().file.as_ref().map_or(0, taken_of);
    let is_linux = cfg!(target_os = "linux");
    for _ in 0..2 {
        let (first, second) = (burst(), Extents::default());
        assert!(taken() >= 300 << 20);
        drop((second, first));
        // No one takes another.
        assert!(taken() <= IDLE as u64 || !is_linux, "{}", taken());
    }
    let used = burst();
    let mut short = Extents::default();
    short.add(&arena, &[3; 10]).unwrap();
    // While tasks are on their way, more are likely to come.
    drop(used);
    assert!(taken() >= 300 << 20);
    drop(short);
    assert!(taken() <= IDLE as u64 || !is_linux, "{}", taken());
    let state = arena.lock();
    let warm = state.sizes.iter().flat_map(|size| &size.warm).map(|block| block.touched);
    assert_eq!((state.used, state.warm), (0, warm.sum()));
}

#[test]
#[cfg(target_os = "linux")]
fn where_there_is_no_memory_there_is_no_extent_and_no_signal() {
    let (arena, mut extents): (Arc<Arena>, _) = (Arc::default(), Extents::default());
    extents.add(&arena, &bytes(5000)).unwrap();
    drop(std::mem::take(&mut extents));
    let ground = arena.lock().file.clone().unwrap();
    arena.lock().file = Some(ground.read_only());
    // What has been touched has memory.
    assert!(extents.add(&arena, &bytes(8192)).is_some());
    let (used, taken) = (arena.lock().used, taken_of(&ground));
    for _ in 0..3 {
        assert_eq!(extents.add(&arena, &bytes(5000)), None);
        // Nor is there more in one that has some.
        let mut other = Extents::default();
        std::mem::swap(&mut other, &mut extents);
        drop(other);
        assert!(extents.add(&arena, &bytes(5000)).is_some());
    }
    assert_eq!((arena.lock().used, taken_of(&ground)), (used, taken));
    arena.lock().file = Some(ground);
    assert!(extents.add(&arena, &bytes(5000)).is_some());
}

#[test]
fn a_file_that_is_refused_once_may_be_given_later() {
    use crate::ipc::process::alone;
    alone::run(module_path!(), "a_file_that_is_refused_once_may_be_given_later", || {
        let (arena, mut extents) = (Arc::default(), Extents::default());
        let before = alone::limit_open_files(Some(0));
        assert_eq!(extents.add(&arena, &bytes(5000)), None);
        alone::limit_open_files(before);
        assert!(extents.add(&arena, &bytes(5000)).is_some());
    });
}

#[test]
fn chains_are_joined_whichever_is_longer() {
    let arena: Arc<Arena> = Arc::default();
    for (one, other) in [(0, 0), (0, 3), (3, 0), (1, 4), (4, 1), (2, 2)] {
        let [mut joined, others] = [one, other].map(|count| {
            let mut extents = Extents::default();
            for _ in 0..count {
                extents.add(&arena, &[1; 10]).unwrap();
            }
            extents
        });
        joined.append(others);
        let chain = std::iter::successors(joined.0.as_ref(), |block| block.next.as_ref());
        assert_eq!((chain.count(), arena.lock().used), (one + other, one + other));
        drop(joined);
        assert_eq!(arena.lock().used, 0);
    }
}

#[test]
fn a_place_that_can_have_no_bytes_is_refused() {
    let (arena, mut extents) = (Arc::default(), Extents::default());
    extents.add(&arena, &bytes(10)).unwrap();
    let views = views(&extents);
    let huge = LARGEST as u64 + 1;
    let end = [(u64::MAX, 1), (SLAB, 1), (SLAB - 1, 2), (u64::MAX, u64::MAX)];
    for (offset, length) in [(0, 0), (0, huge), (0, u64::MAX)].into_iter().chain(end) {
        let refused = views.copy(Place { offset, length }).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidInput, "{offset} {length}");
    }
    assert_eq!(views.copy(Place { offset: SLAB - 1, length: 1 }).unwrap(), [0]);
    // The file has become longer since the last look.
    let place = extents.add(&arena, &bytes(5 << 20)).unwrap();
    assert!(views.copy(place).unwrap() == bytes(5 << 20));
}

#[test]
fn what_is_too_long_for_an_extent_has_none() {
    assert_eq!(size_of_extent(LARGEST), Some(SIZES - 1));
    assert_eq!(size_of_extent(LARGEST + 1), None);
    assert_eq!(size_of_extent(0), Some(0));
}
