//! The server: a thread for each connection, one request each; pictures are answered one after another.

use super::answering::Answering;
use super::request::{read, Refused, Request};
use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Connections at a time, and how long one may say nothing.
const MOST: usize = 16;
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of a refused request that are read before the line is cut, so that the other side reads the answer.
const REST: u64 = 64 << 20;
/// The page loads nothing from anywhere, and nobody frames it.
const GUARD: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:; \
                     connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// Answers until the process ends.
pub fn serve(listener: &TcpListener, at: SocketAddr, page: &str, answering: &Mutex<Answering>) {
    let open = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        // One that is gone before it is taken concerns nobody.
        for stream in listener.incoming().flatten() {
            if open.fetch_add(1, Ordering::SeqCst) >= MOST {
                open.fetch_sub(1, Ordering::SeqCst);
                continue;
            }
            let open = &open;
            scope.spawn(move || {
                // Whoever has gone away hears no answer.
                let _ = answer(&stream, at, page, answering);
                open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
}

fn answer(stream: &TcpStream, at: SocketAddr, page: &str, answering: &Mutex<Answering>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut from = BufReader::new(stream);
    match read(&mut from, at) {
        Ok(None) => return Ok(()),
        Ok(Some(Request::Page)) => send(stream, "200 OK", "text/html", page)?,
        Ok(Some(Request::Picture(bytes))) => {
            let answer = answering.lock().unwrap_or_else(PoisonError::into_inner).answer(&bytes);
            match answer {
                Ok(found) => send(stream, "200 OK", "text/html", &found)?,
                Err(error) => send(stream, "422 Unprocessable Content", "text/plain", &error.to_string())?,
            }
        }
        Err(Refused { status, why }) => {
            send(stream, status, "text/plain", &why)?;
            stream.shutdown(Shutdown::Write)?;
            std::io::copy(&mut from.take(REST), &mut std::io::sink())?;
        }
    }
    stream.shutdown(Shutdown::Write)
}

fn send(mut stream: &TcpStream, status: &str, kind: &str, body: &str) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n\
         Content-Security-Policy: {GUARD}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())
}
