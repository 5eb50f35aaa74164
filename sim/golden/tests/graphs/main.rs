//! The quantiser on small graphs, judged by golden.

mod averages;
mod builder;
mod clips;
mod structures;
