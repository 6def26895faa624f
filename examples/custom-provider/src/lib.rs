//! An integrator's crate: one implementation of each of the six ports that a product plugs its own parts into. Every
//! file stands alone, to be copied and changed; the tests run the family's own contract checks over all of them.

pub mod allow_list_gate;
pub mod bank_transfer;
pub mod credit_router;
pub mod fn_builder;
pub mod folder_deployer;
pub mod rss_source;

pub use allow_list_gate::AllowList;
pub use bank_transfer::BankTransfer;
pub use credit_router::CreditFirst;
pub use fn_builder::{FnBuilder, one_page};
pub use folder_deployer::FolderDeployer;
pub use rss_source::RssSource;

/// Writes a file so that a crash leaves the old one or the new one: to a temporary name beside it, synced, renamed.
///
/// # Errors
///
/// Whatever the file system says; the old file is still there.
pub fn write_whole(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(std::path::Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut file, bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
