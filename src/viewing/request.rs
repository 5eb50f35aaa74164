//! A request of HTTP/1.1, as far as the page needs it: read within limits, and only from the page itself.

use std::io::{BufRead, Read};
use std::net::SocketAddr;

/// Bytes of a picture at most, of all lines above it, and of these lines in number.
pub const MAX_PICTURE: usize = 32 << 20;
const MAX_HEAD: u64 = 16 << 10;
const MAX_LINES: usize = 100;

/// A request that may be answered.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    Page,
    /// The picture's bytes.
    Picture(Vec<u8>),
}

/// Why a request is not answered: a status, and the sentence that the page shows.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    pub status: &'static str,
    pub why: String,
}

fn refused<T>(status: &'static str, why: impl Into<String>) -> Result<T, Refused> {
    Err(Refused { status, why: why.into() })
}

/// What stands above the body.
#[derive(Default)]
struct Head {
    method: String,
    path: String,
    host: Option<String>,
    origin: Option<String>,
    site: Option<String>,
    length: Option<String>,
    chunked: bool,
}

/// Reads a request to the server at `at`. `None` where the other side has nothing to say.
///
/// # Errors
/// [`Refused`] for another host or origin, for more bytes than there may be, for anything that is no request.
pub fn read(from: &mut impl BufRead, at: SocketAddr) -> Result<Option<Request>, Refused> {
    let Some(head) = head(from)? else { return Ok(None) };
    check_sender(&head, at)?;
    match (head.method.as_str(), head.path.as_str()) {
        ("GET", "/") => Ok(Some(Request::Page)),
        ("POST", "/picture") => picture(from, &head).map(|bytes| Some(Request::Picture(bytes))),
        (_, "/" | "/picture") => refused("405 Method Not Allowed", "wanted GET / or POST /picture"),
        _ => refused("404 Not Found", "there is only the page / here"),
    }
}

fn head(from: &mut impl BufRead) -> Result<Option<Head>, Refused> {
    let mut limited = from.take(MAX_HEAD);
    let mut head = Head::default();
    for number in 0..MAX_LINES {
        let mut line = Vec::new();
        let read = limited.read_until(b'\n', &mut line);
        if number == 0 && line.is_empty() {
            return Ok(None);
        }
        if read.is_err() || !line.ends_with(b"\n") {
            return refused("431 Request Header Fields Too Large", "the request's head is cut or too long");
        }
        let line = String::from_utf8_lossy(&line);
        match (number, line.trim_end()) {
            (0, first) => {
                let mut words = first.split(' ').map(String::from);
                (head.method, head.path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            }
            (_, "") => return Ok(Some(head)),
            (_, field) => add(&mut head, field)?,
        }
    }
    refused("431 Request Header Fields Too Large", "the request's head has too many lines")
}

/// Takes a field that matters; none of them twice.
fn add(head: &mut Head, field: &str) -> Result<(), Refused> {
    let Some((name, value)) = field.split_once(':') else {
        return refused("400 Bad Request", "a line of the request's head is no field");
    };
    let place = match name.to_ascii_lowercase().as_str() {
        "host" => &mut head.host,
        "origin" => &mut head.origin,
        "sec-fetch-site" => &mut head.site,
        "content-length" => &mut head.length,
        "transfer-encoding" => {
            head.chunked = true;
            return Ok(());
        }
        _ => return Ok(()),
    };
    match place.replace(value.trim().to_string()) {
        None => Ok(()),
        Some(_) => refused("400 Bad Request", format!("the field {name} stands there twice")),
    }
}

/// Only the page itself may ask: another name for this address, or another page's request, is refused.
fn check_sender(head: &Head, at: SocketAddr) -> Result<(), Refused> {
    let hosts = [at.to_string(), format!("localhost:{}", at.port())];
    let found = head.host.clone().unwrap_or_default();
    if !hosts.contains(&found) {
        return refused(
            "403 Forbidden",
            format!("the host {found:?} is not this machine's loopback; open http://{at}/"),
        );
    }
    let strange = head.origin.as_ref().is_some_and(|origin| *origin != format!("http://{found}"));
    let elsewhere = head.site.as_ref().is_some_and(|site| !matches!(site.as_str(), "same-origin" | "none"));
    match strange || head.method != "GET" && elsewhere {
        true => refused("403 Forbidden", format!("another page asks; open http://{at}/")),
        false => Ok(()),
    }
}

fn picture(from: &mut impl BufRead, head: &Head) -> Result<Vec<u8>, Refused> {
    let length = head.length.as_deref().and_then(|text| text.parse::<usize>().ok());
    let Some(length) = length.filter(|_| !head.chunked) else {
        return refused("411 Length Required", "the request does not say how long the picture is");
    };
    if length > MAX_PICTURE {
        let most = MAX_PICTURE >> 20;
        return refused(
            "413 Content Too Large",
            format!("the picture has {length} bytes; at most {most} MiB are taken"),
        );
    }
    // What comes is kept, not what was promised.
    let mut bytes = Vec::new();
    match from.take(length as u64).read_to_end(&mut bytes) {
        Ok(found) if found == length => Ok(bytes),
        _ => refused("400 Bad Request", "the picture is cut"),
    }
}

#[cfg(test)]
mod tests {
    use super::{read, Request, MAX_PICTURE};
    use std::net::SocketAddr;

    fn asked(text: &str) -> Result<Option<Request>, String> {
        let at: SocketAddr = "127.0.0.1:80".parse().unwrap();
        read(&mut text.replace('\n', "\r\n").as_bytes(), at)
            .map_err(|refused| format!("{} {}", refused.status, refused.why))
    }

    #[test]
    fn the_page_and_its_pictures_are_answered() {
        assert_eq!(asked("GET / HTTP/1.1\nHost: 127.0.0.1:80\n\n"), Ok(Some(Request::Page)));
        assert_eq!(
            asked("GET / HTTP/1.1\nHost: localhost:80\nSec-Fetch-Site: cross-site\n\n"),
            Ok(Some(Request::Page))
        );
        let picture =
            "POST /picture HTTP/1.1\nHost: 127.0.0.1:80\nOrigin: http://127.0.0.1:80\nContent-Length: 3\n\nabc";
        assert_eq!(asked(picture), Ok(Some(Request::Picture(b"abc".to_vec()))));
        assert_eq!(asked(""), Ok(None));
    }

    #[test]
    fn everybody_else_is_refused() {
        let post = "POST /picture HTTP/1.1\nHost: 127.0.0.1:80\n";
        let cases = [
            ("GET / HTTP/1.1\nHost: evil.example:80\n\n".to_string(), "403"),
            ("GET / HTTP/1.1\nHost: 127.0.0.1\n\n".into(), "403"),
            ("GET / HTTP/1.1\n\n".into(), "403"),
            ("GET / HTTP/1.1\nHost: a\nHost: 127.0.0.1:80\n\n".into(), "400"),
            (format!("{post}Origin: http://evil.example\nContent-Length: 3\n\nabc"), "403"),
            (format!("{post}Origin: null\nContent-Length: 3\n\nabc"), "403"),
            (format!("{post}Sec-Fetch-Site: cross-site\nContent-Length: 3\n\nabc"), "403"),
            (format!("{post}Content-Length: {}\n\n", MAX_PICTURE + 1), "413"),
            (format!("{post}Content-Length: -1\n\n"), "411"),
            (format!("{post}Transfer-Encoding: chunked\nContent-Length: 3\n\nabc"), "411"),
            (format!("{post}Content-Length: 4\n\nabc"), "400"),
            ("GET /../etc/passwd HTTP/1.1\nHost: 127.0.0.1:80\n\n".into(), "404"),
            ("PUT / HTTP/1.1\nHost: 127.0.0.1:80\n\n".into(), "405"),
            ("GET / HTTP/1.1\nHost".into(), "431"),
            (format!("GET / HTTP/1.1\nX: {}\n\n", "a".repeat(1 << 20)), "431"),
            (format!("GET / HTTP/1.1\n{}", "X: a\n".repeat(1000)), "431"),
            ("GET / HTTP/1.1\nno field\n\n".into(), "400"),
        ];
        for (text, wanted) in cases {
            let found = asked(&text).unwrap_err();
            assert!(found.starts_with(wanted), "{:?}: {found}", text.chars().take(90).collect::<String>());
        }
    }
}
