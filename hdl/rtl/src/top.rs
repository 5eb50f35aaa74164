//! The composition kit: a top is described once, checked, and then printed and simulated from the same description.

mod check;
mod describe;
mod expression;
pub mod machine;
mod resolve;
mod shapes;
mod system;
mod table_rom;
mod tables;
mod uart;
mod unread;
mod weights;
mod wire;

pub use describe::{Body, Instance, Pin, Top};
pub(crate) use expression::join;
pub use expression::{bits, concat, constant, Expr};
pub use resolve::{of_direction, Netlist};
pub use system::{compose, events, registers, Machine};
pub use uart::{compose_uart, with_uart, UART_TOP};
pub use wire::{Origin, Piece, Wire};
