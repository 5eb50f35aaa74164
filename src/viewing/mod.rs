//! The parts of `systole view`: requests as they come in, the server, answers to pictures.

pub mod answering;
pub mod request;
pub mod server;
