//! The viewer's server: on the loopback alone, and only for its own page.

use crate::common::{build, image, systole, PROGRAM};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

struct View {
    child: Child,
    at: String,
}

impl Drop for View {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn view(options: &[&str]) -> View {
    let mut command = Command::new(PROGRAM);
    command.arg("view").arg(build()).args(options).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let line = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let at = line.strip_prefix("http://").unwrap().split('/').next().unwrap().to_string();
    View { child, at }
}

impl View {
    /// Sends bytes and gives all that comes back.
    fn ask(&self, head: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.at).unwrap();
        stream.write_all(head.replace('\n', "\r\n").as_bytes()).unwrap();
        // The server may have refused what came before.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    }

    fn post(&self, body: &[u8]) -> String {
        let head = format!("POST /picture HTTP/1.1\nHost: {}\nContent-Length: {}\n\n", self.at, body.len());
        self.ask(&head, body)
    }
}

#[test]
fn pictures_are_answered_and_everything_else_is_refused() {
    let view = view(&[]);
    assert!(view.at.starts_with("127.0.0.1:"), "{}", view.at);
    let at = &view.at;
    let page = view.ask(&format!("GET / HTTP/1.1\nHost: {at}\n\n"), b"");
    assert!(page.starts_with("HTTP/1.1 200 OK") && page.contains("Drop a picture here"), "{page}");
    let four = std::fs::read(image("000_label_4.png")).unwrap();
    let answer = view.post(&four);
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains(">4</span>"), "{answer}");
    assert!(answer.contains("checksum of every layer are those of the maps below"), "{answer}");
    assert_eq!(view.post(&four), answer, "the same picture, the same answer");
    let broken = view.post(&four[..four.len() / 2]);
    assert!(broken.starts_with("HTTP/1.1 422") && broken.contains("not a readable image"), "{broken}");
    assert!(view.post(b"").starts_with("HTTP/1.1 422"));
    for (head, wanted) in [
        ("GET / HTTP/1.1\nHost: rebound.example\n\n".to_string(), "403"),
        (format!("POST /picture HTTP/1.1\nHost: {at}\nOrigin: http://other.example\nContent-Length: 1\n\nx"), "403"),
        (format!("POST /picture HTTP/1.1\nHost: {at}\nContent-Length: 99999999999\n\n"), "413"),
        (format!("GET /etc/passwd HTTP/1.1\nHost: {at}\n\n"), "404"),
        ("\u{0}\u{1}\n\n".to_string(), "40"),
    ] {
        let found = view.ask(&head, b"");
        assert!(found.starts_with(&format!("HTTP/1.1 {wanted}")), "{head:?}: {found}");
    }
    assert!(view.post(&four).starts_with("HTTP/1.1 200 OK"), "it still answers");
}

#[test]
fn another_device_answers_and_a_taken_port_is_an_error() {
    let (folder, four) = (build().display().to_string(), std::fs::read(image("000_label_4.png")).unwrap());
    let mock = view(&["--device", &format!("mock:{folder}"), "--top", "1"]);
    assert!(mock.post(&four).contains(&format!("mock:{folder}")));
    let port = mock.at.rsplit(':').next().unwrap();
    systole(["view", &folder, "--port", port]).failed(&["cannot listen at 127.0.0.1", port]);
    systole(["view", "no/such"]).failed(&["no/such is not a build folder"]);
}
