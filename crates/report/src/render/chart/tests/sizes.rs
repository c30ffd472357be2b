//! `data`.

use super::synthetic::{POOLS, plain, rich};
use super::*;
use crate::analysis::{Crossing, TaskTimes};

fn chart(run: &Analysis) -> Picture {
    picture(&data::TimeOverSize, run, &[]).unwrap()
}

fn times(run: &mut Analysis) -> &mut TaskTimes {
    &mut run.task_times[0]
}

#[test]
fn a_line_for_each_executor_and_way_of_passing_data() {
    let picture = chart(&rich(&["rc4", "sha256"], &POOLS[..2], &[1, 2], 4));
    for text in
        ["threads, copy", "processes, shared", "4 KiB", "64 MiB", "size of a task's array (log scale)"]
    {
        assert!(picture.says(text), "{text}");
    }
    // Two workloads, two executors, three ways, eight sizes.
    assert_eq!(picture.marks(), 96);
    assert!(picture.mentions("with 1 worker,"));
}

#[test]
fn the_place_where_processes_come_close_is_marked_or_said() {
    let mut run = rich(&["rc4"], &POOLS[..2], &[1, 2], 4);
    let places = [Crossing::From(300_000.0), Crossing::EverySize, Crossing::NoSize];
    for (crossing, place) in times(&mut run).crossings.iter_mut().zip(places) {
        crossing.place = place;
    }
    let picture = chart(&run);
    assert!(picture.mentions("generate: processes cost 5 % more than threads at 293 KiB"));
    assert!(picture.mentions("copy: processes cost less than 5 % more at every size."));
    assert!(picture.mentions("shared: nowhere"));
    assert!(picture.says("processes cost 5 % more, generate"));
    assert!(
        !picture.says("processes cost 5 % more, copy") && !picture.says("processes cost 5 % more, shared")
    );
}

#[test]
fn crowded_sizes_leave_labels_out_and_one_alone_is_no_reason_to_fail() {
    let mut run = rich(&["rc4"], &POOLS[..2], &[1, 2], 4);
    for curve in &mut times(&mut run).curves {
        for (index, point) in curve.points.iter_mut().enumerate() {
            point.bytes = 152_918 + 21_845 * index;
        }
    }
    let picture = chart(&run);
    assert!(picture.says("299 KiB") && !picture.says("4 KiB"));
    assert!(POOLS.len() > 2 && chart(&rich(&["a", "b", "c"], POOLS, &[1], 1)).says("rayon, generate"));
}

#[test]
fn without_several_sizes_there_is_no_chart() {
    assert!(picture(&data::TimeOverSize, &plain(&["rc4"], POOLS, &[1, 2]), &[]).is_none());
}
