//! A connection that lets others have their turn.
//!
//! A server may send without an end, and a library may read as long as there is something to read: a flood of
//! interim answers (103) never leaves the library's own loop. Then no timer ends, and no one notices the
//! user's stop, as all share one thread. So after some reads in a row this one says that there is nothing
//! yet, and asks to be polled again.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Reads in a row: a flag takes one or two.
const READS: u32 = 8;

/// A connection that lets others have their turn.
#[derive(Debug)]
pub(super) struct Fair {
    stream: TcpStream,
    in_a_row: u32,
}

impl Fair {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, in_a_row: 0 }
    }
}

impl AsyncRead for Fair {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.in_a_row == READS {
            self.in_a_row = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.in_a_row = if read.is_ready() { self.in_a_row + 1 } else { 0 };
        read
    }
}

impl AsyncWrite for Fair {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
