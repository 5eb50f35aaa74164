//! Evaluation over labelled images: labels, answers of an engine, a result that can be cut into shards and put together again.

pub mod answers;
pub mod class_names;
pub mod doubt;
pub mod judging;
pub mod labels;
pub mod part;
pub mod reference;
pub mod result;
pub mod validation;
