//! systole-plan
