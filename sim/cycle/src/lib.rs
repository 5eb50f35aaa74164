//! systole-cycle
