//! Which boards hold a model, in which form of its weights: the steps of `fit`, for the command and the library.

pub mod accuracy;
pub mod args;
pub mod changes;
pub mod forms;
pub mod place;
pub mod result;
pub mod select;
