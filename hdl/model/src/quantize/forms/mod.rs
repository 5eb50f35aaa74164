//! In what form each layer's weights are kept, and what each form loses.

pub mod books;
pub mod budget;
pub mod choice;
pub mod room;
pub mod sensitivity;
pub mod variant;
