//! Country flags over HTTP: work that waits, as the counterpart to work that computes.
//!
//! * [`codes`]: the codes of countries; [`assets`]: their flags, embedded in the program
//! * [`server`]: serves the flags, fast, late or with faults on purpose
//! * [`server_process`]: the same in its own process, for those that measure clients
//! * [`client`]: downloads them in five styles
//!
//! Server and client share the codes and the images, by which each can be tested, and one header.

pub mod assets;
pub mod client;
pub mod codes;
pub mod server;
pub mod server_process;

/// Header with the number of the attempt, from 1: a server with faults can so decide on each anew, and a run
/// that is repeated meets the same ones.
pub const ATTEMPT_HEADER: &str = "x-attempt";
