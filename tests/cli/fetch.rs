//! `systole fetch` against a server in this process; what arrives whole and right is tested beside the download itself.

use crate::common::{entries, systole, Ran};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::thread::JoinHandle;

/// Answers one request with these bytes; returns its first line.
fn serve(answer: Vec<u8>) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/mirror/", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let request: Vec<String> = lines.map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
        stream.write_all(&answer).unwrap();
        request[0].clone()
    });
    (url, server)
}

fn fetch(url: &str, folder: &Path) -> Ran {
    systole(["fetch", "squeezenet1.1", "--url", url, "-o", folder.to_str().unwrap()])
}

#[test]
fn the_mirror_is_asked_for_the_official_name_and_its_refusal_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (url, server) = serve(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec());
    fetch(&url, folder.path()).failed(&["404", "squeezenet_v1.1.caffemodel", "--url"]);
    assert_eq!(server.join().unwrap(), "GET /mirror/squeezenet_v1.1.caffemodel HTTP/1.1");
    assert!(entries(folder.path()).is_empty());
}

#[test]
fn a_folder_that_was_made_for_nothing_is_gone_again() {
    let folder = tempfile::tempdir().unwrap();
    let (url, server) = serve(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec());
    fetch(&url, &folder.path().join("a/b")).failed(&["404"]);
    server.join().unwrap();
    assert!(entries(folder.path()).is_empty());
}

#[test]
fn a_file_of_another_length_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (url, server) = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello".to_vec());
    fetch(&url, folder.path()).failed(&["has 5 bytes", "4950080"]);
    server.join().unwrap();
    assert!(entries(folder.path()).is_empty());
}

#[test]
fn a_file_of_another_content_is_refused_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 4950080\r\n\r\n";
    let (url, server) = serve([&head[..], &vec![7; 4_950_080]].concat());
    fetch(&url, folder.path()).failed(&["SHA-256", "72b912ace512e8621f8ff168a7d72af55910d3c7c9445af8dfbff4c2ee960142"]);
    server.join().unwrap();
    assert!(entries(folder.path()).is_empty());
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    fetch(&url, folder.path()).failed(&["cannot fetch", "127.0.0.1"]);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    fetch("http://127.0.0.1:9", Path::new("/proc/here")).failed(&["cannot create the folder /proc/here"]);
}
