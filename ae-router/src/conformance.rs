//! The contract of the ports as checks. A check panics with the clause it found broken.
