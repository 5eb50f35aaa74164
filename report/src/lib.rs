//! Pages, pictures and tables: what others found out, for people and for programs. Everything is a value; nothing is written here.

pub mod alternatives;
pub mod csv;
pub mod demo;
pub mod error;
pub mod figures;
pub mod fitted;
pub mod front;
mod html;
pub mod map;
pub mod plan;
pub mod preprocessing;
pub mod quantised;
pub mod table;

pub use error::ReportError;
