//! What the program prints, records and leaves behind, as its users see it.
//!
//! One program of tests: it is linked once, and while some of its tests wait others run.

mod batch;
mod ci;
mod cli;
mod command;
mod compare;
mod data;
mod demo;
mod doctor;
mod faults;
mod flags;
mod import;
mod io;
mod live;
mod messages;
mod predict;
mod real_programs;
mod record;
mod rounds;
mod schema;
mod selftest;
mod serve;
mod server;
mod shapes;
#[path = "../support/mod.rs"]
mod support;
