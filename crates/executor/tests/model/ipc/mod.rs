//! `src/ipc`, as far as the pools need it.

#[path = "../../../src/ipc/arena/mod.rs"]
pub mod arena;
#[path = "../../../src/ipc/buffer.rs"]
pub mod buffer;
pub mod channel;
pub mod death;
pub mod doorbell;
mod line;
#[path = "../../../src/ipc/mailbox/mod.rs"]
pub mod mailbox;
#[path = "../../../src/ipc/memory/mod.rs"]
pub mod memory;
#[path = "../../../src/ipc/origin.rs"]
pub mod origin;
#[path = "../../../src/ipc/process.rs"]
pub mod process;
