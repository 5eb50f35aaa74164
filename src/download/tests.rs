//! Fetching from a server in this process: whole, cut, resumed, and every wrong answer.

use super::Wanted;
use crate::error::CliError;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;
use tempfile::TempDir;

/// Answers one request after another, each on a connection of its own; returns the requests.
fn serve(answers: Vec<Vec<u8>>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/model.bin", listener.local_addr().unwrap());
    let answer = move |bytes: Vec<u8>| {
        let (mut stream, _) = listener.accept().unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let request: Vec<String> = lines.map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
        stream.write_all(&bytes).unwrap();
        request.join("\n").to_lowercase()
    };
    (url, std::thread::spawn(move || answers.into_iter().map(answer).collect()))
}

fn content() -> Vec<u8> {
    (0..200_000u32).map(|i| (i * 7 + i / 251) as u8).collect()
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

/// An answer that promises `length` bytes.
fn whole(length: usize, body: &[u8]) -> Vec<u8> {
    answer("200 OK", &format!("Content-Length: {length}\r\n"), body)
}

fn rest(from: usize, content: &[u8]) -> Vec<u8> {
    let (last, length) = (content.len() - 1, content.len());
    let headers =
        format!("Content-Length: {}\r\nContent-Range: bytes {from}-{last}/{length}\r\n", content.len() - from);
    answer("206 Partial Content", &headers, &content[from..])
}

struct Case {
    folder: TempDir,
    wanted: Wanted,
    server: JoinHandle<Vec<String>>,
}

fn case(answers: Vec<Vec<u8>>) -> Case {
    let folder = tempfile::tempdir().unwrap();
    let (url, server) = serve(answers);
    let content = content();
    let sha256 = Sha256::digest(&content).iter().map(|b| format!("{b:02x}")).collect();
    let wanted = Wanted { url, path: folder.path().join("model.bin"), bytes: content.len() as u64, sha256 };
    Case { folder, wanted, server }
}

impl Case {
    fn fetch(&self) -> Result<(), CliError> {
        self.wanted.fetch(&mut |_| ())
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn assert_whole(&self) {
        assert_eq!(fs::read(&self.wanted.path).unwrap(), content());
        assert_eq!(self.files(), ["model.bin"]);
        assert!(self.wanted.is_there().unwrap());
    }
}

#[test]
fn a_whole_file_arrives_with_its_progress() {
    let content = content();
    let case = case(vec![whole(content.len(), &content)]);
    assert!(!case.wanted.is_there().unwrap());
    let mut seen = Vec::new();
    case.wanted.fetch(&mut |bytes| seen.push(bytes)).unwrap();
    case.assert_whole();
    assert!(seen.is_sorted() && seen.last() == Some(&case.wanted.bytes));
    assert!(!case.server.join().unwrap()[0].contains("range:"));
}

#[test]
fn a_cut_file_is_resumed_where_it_ended() {
    let content = content();
    let cut = 70_000;
    let case = case(vec![whole(content.len(), &content[..cut]), rest(cut, &content)]);
    let error = case.fetch().unwrap_err();
    assert!(matches!(error, CliError::FetchCut { found, .. } if found == cut as u64), "{error}");
    assert_eq!(case.files(), ["model.bin.part"], "the target appears only when whole");
    case.fetch().unwrap();
    case.assert_whole();
    assert!(case.server.join().unwrap()[1].contains(&format!("range: bytes={cut}-")));
}

#[test]
fn a_server_that_ignores_ranges_starts_from_the_beginning() {
    let content = content();
    let case = case(vec![whole(content.len(), &content)]);
    fs::write(case.wanted.part(), &content[..5000]).unwrap();
    case.fetch().unwrap();
    case.assert_whole();
}

#[test]
fn a_server_that_refuses_the_range_is_asked_again() {
    let content = content();
    let refusal = answer("416 Range Not Satisfiable", "Content-Length: 0\r\n", b"");
    let case = case(vec![refusal, whole(content.len(), &content)]);
    fs::write(case.wanted.part(), &content[..5000]).unwrap();
    case.fetch().unwrap();
    case.assert_whole();
}

#[test]
fn a_range_that_was_not_asked_for_is_refused() {
    let case = case(vec![rest(6000, &content())]);
    fs::write(case.wanted.part(), &content()[..5000]).unwrap();
    assert!(matches!(case.fetch().unwrap_err(), CliError::FetchRange { .. }));
}

#[test]
fn another_content_is_refused_and_removed() {
    let mut other = content();
    other[100] ^= 1;
    let case = case(vec![whole(other.len(), &other)]);
    assert!(matches!(case.fetch().unwrap_err(), CliError::FetchHash { .. }));
    assert!(case.files().is_empty());
}

#[test]
fn another_length_is_refused() {
    let longer = [content(), vec![0]].concat();
    let promised = case(vec![whole(longer.len(), &longer)]);
    assert!(
        matches!(promised.fetch().unwrap_err(), CliError::FetchLength { found, wanted, .. } if found == wanted + 1)
    );
    let unannounced = case(vec![answer("200 OK", "", &longer)]);
    assert!(matches!(unannounced.fetch().unwrap_err(), CliError::FetchLength { .. }));
    assert!(!unannounced.wanted.path.exists());
}

#[test]
fn a_missing_file_is_named_with_the_servers_answer() {
    let case = case(vec![answer("404 Not Found", "Content-Length: 0\r\n", b"")]);
    let message = case.fetch().unwrap_err().to_string();
    assert!(message.contains("404") && message.contains("/model.bin") && message.contains("--url"), "{message}");
    assert!(!case.wanted.path.exists());
}

#[test]
fn a_whole_part_needs_no_server() {
    let case = case(Vec::new());
    fs::write(case.wanted.part(), content()).unwrap();
    case.fetch().unwrap();
    case.assert_whole();
}

#[test]
fn two_at_once_do_not_write_one_file() {
    let case = case(Vec::new());
    let held = fs::File::create(case.wanted.part()).unwrap();
    rustix::fs::flock(&held, rustix::fs::FlockOperation::LockExclusive).unwrap();
    assert!(matches!(case.fetch().unwrap_err(), CliError::FetchBusy { .. }));
}
