//! What the host offers a third party's agent beside calls, seen from the command line.

mod arguments;
mod outcomes;
mod programs;
mod runs;
mod streams;
