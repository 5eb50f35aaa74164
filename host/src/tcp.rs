//! A device across a network: the server that has it, the client that drives it, one at a time, and those that watch.

mod board;
mod caller;
mod client;
mod door;
mod handshake;
mod message;
mod options;
mod server;
mod strangers;
mod watcher;

pub use board::Sample;
pub use client::TcpDevice;
pub use options::ServeOptions;
pub use server::{may_listen, serve};
pub use watcher::TcpWatcher;
