//! Workloads shared by the bench targets.
