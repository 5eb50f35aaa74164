//! The quantiser on small graphs, judged by golden.

mod averages;
mod builder;
mod bypass;
mod clips;
mod saturations;
mod structures;
