//! A device at work: images through it, and what its counters say meanwhile.

pub mod activity;
pub mod answers;
pub mod classify;
pub mod counter_watch;
