//! What the host offers a third party's agent beside calls, seen from the command line.

mod outcomes;
