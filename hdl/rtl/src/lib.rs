//! systole-rtl
