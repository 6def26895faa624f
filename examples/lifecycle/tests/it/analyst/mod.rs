//! An analyst whose words are models': its forms, what it refuses, and whole runs with it.

mod hostile;
mod port;
mod runs;
mod words;
