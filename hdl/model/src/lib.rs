//! Model files to a float graph, and the graph to the integer network.

pub mod graph;
