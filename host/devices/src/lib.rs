//! Devices by their address: build folders as they are read, the engines that run them, the ways to real machines. What the
//! command and the C interface share.

pub mod build_folder;
mod engines;
mod error;
pub mod manifest;
mod open;
mod references;
mod registry;
pub mod tools;
mod watched;

pub use build_folder::BuildFolder;
pub use engines::fast;
pub use error::DeviceError;
pub use manifest::Manifest;
pub use open::{open, Opened, Opening};
pub use references::references;
pub use registry::{registry, registry_with, Context, FOLDERS};
pub use watched::{Watch, Watched};
