//! Rules about the code itself, which the compiler and clippy do not know. Needs no server.
//!
//! A rule is a function from a text to complaints. Each has two tests: the tree gives it nothing to
//! complain about, and a wrong sample does.

mod budgets;
mod deployment;
mod image;
mod lua;
mod modules;
mod pages;
mod scripts;
mod tree;
mod words;
