//! systole-golden
