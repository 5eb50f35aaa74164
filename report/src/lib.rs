//! Pages, pictures and tables: what others found out, for people and for programs. Everything is a value; nothing is written here.

pub mod alternatives;
mod bars;
pub mod build;
pub mod csv;
pub mod demo;
pub mod error;
pub mod figures;
pub mod fitted;
pub mod front;
mod histogram;
mod html;
pub mod map;
mod picture;
pub mod plan;
pub mod preprocessing;
pub mod quantised;
mod scale;
mod svg;
pub mod table;
pub mod trace;
pub mod view;

pub use error::ReportError;
