//! The `systole` command from outside: what it prints, what it leaves behind, how it fails.

mod check;
mod common;
mod demo;
mod devices;
mod doctor;
mod dump;
mod eval;
mod explore;
mod fetch;
mod generate;
mod help;
mod interrupt;
mod loading;
mod model;
mod pages;
mod plan;
mod project;
mod quantize;
mod quantize_report;
mod run;
mod squeezenet;
mod strangers;
mod top;
mod verify;
mod vivado;
