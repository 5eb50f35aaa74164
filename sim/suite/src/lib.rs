//! systole-suite
