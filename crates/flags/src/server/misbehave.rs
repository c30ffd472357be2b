//! Answers that no HTTP library would give, written to the bare connection, which ends with them.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;

use super::answer::BadAnswer;
use super::fault::Fault;
use super::patient::Patient;

/// Bytes by which a header declares a body shorter than it is.
const MISSING: usize = 10;

/// Pieces of an answer that dribbles, and the pause before each: two seconds in all.
const PIECES: usize = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// Gives the bad answer and ends the connection.
///
/// # Errors
///
/// Whatever ends the connection earlier: the client has had enough.
pub(super) async fn misbehave(mut stream: Patient, bad: &BadAnswer) -> io::Result<()> {
    match bad.fault {
        Fault::Reset => {
            // Closing it without lingering sends a reset.
            stream.stream().set_zero_linger()?;
            return Ok(());
        }
        Fault::Truncate => stream.write_all(&cut(bad)).await?,
        Fault::Length => stream.write_all(&whole(bad, bad.body.len().saturating_sub(MISSING))).await?,
        Fault::Dribble => dribble(&mut stream, bad).await?,
        Fault::Hang => hang(&mut stream).await?,
        Fault::Malformed => stream.write_all(b"HTTPS 2OO 0K\r\nlength one\n\n\0").await?,
        Fault::Error | Fault::Delay => unreachable!("these have orderly answers"),
    }
    stream.shutdown().await
}

/// The response under a header that declares this length.
fn whole(bad: &BadAnswer, declared: usize) -> Vec<u8> {
    let (status, kind) = (bad.status, bad.kind);
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {declared}\r\nconnection: close\r\n\r\n"
    );
    [head.as_bytes(), &bad.body].concat()
}

/// The response without the second half of its body.
fn cut(bad: &BadAnswer) -> Vec<u8> {
    let mut bytes = whole(bad, bad.body.len());
    bytes.truncate(bytes.len() - bad.body.len().div_ceil(2));
    bytes
}

async fn dribble(stream: &mut Patient, bad: &BadAnswer) -> io::Result<()> {
    let bytes = whole(bad, bad.body.len());
    for piece in bytes.chunks(bytes.len().div_ceil(PIECES)) {
        sleep(PAUSE).await;
        stream.write_all(piece).await?;
    }
    Ok(())
}

/// Waits until the client gives up.
async fn hang(stream: &mut Patient) -> io::Result<()> {
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;
    use hyper::body::Bytes;

    use super::*;

    #[test]
    fn bad_answers_are_bad_in_the_way_they_are_called() {
        let bad = BadAnswer {
            fault: Fault::Truncate,
            kind: "text/plain",
            status: StatusCode::OK,
            body: Bytes::from_static(b"0123456789abcde"),
        };
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let cut = text(cut(&bad));
        assert!(cut.contains("content-length: 15\r\n") && cut.ends_with("\r\n\r\n0123456"), "{cut}");
        let short = text(whole(&bad, 5));
        assert!(
            short.contains("content-length: 5\r\n") && short.ends_with("\r\n\r\n0123456789abcde"),
            "{short}"
        );
        assert!(short.starts_with("HTTP/1.1 200 OK\r\n"), "{short}");
    }
}
