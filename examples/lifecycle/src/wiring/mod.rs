//! From settings to guarded backends: the only folder that names a backend.

mod embedded;

pub use self::wiring::{Backends, Host, default_data_dir};
