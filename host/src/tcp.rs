//! A device across a network: the server that has it, the client that drives it. One client at a time.

mod client;
mod message;
mod server;

pub use client::TcpDevice;
pub use server::{serve, ServeOptions};
