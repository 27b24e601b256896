//! Finds, checks, loads, supervises and calls Guildhall plugins.
