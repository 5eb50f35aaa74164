//! A plan for people and programs: its figures, its text, its page.

mod choices;
mod page;
mod sheet;
mod text;
mod timeline;

pub use choices::{Choices, Headroom};
pub(crate) use page::overview;
pub use page::{page, sections};
pub use sheet::{LayerTime, LinkSpeed, Memory, Region, Resource, Share, Sheet, Speed};
pub use text::text;
pub(crate) use timeline::section as timeline;
