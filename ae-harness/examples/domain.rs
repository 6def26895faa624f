//! Whether domain names are taken, from the registries themselves. Nothing is bought.
//!
//! `cargo run -p ae-harness --features rdap --example domain -- NAME…`
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a program for the terminal")]

use ae_harness::{Availability, Domain, RdapBootstrap, RdapRegistrar, Registrar};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let names: Vec<Domain> = std::env::args().skip(1).map(|name| name.parse()).collect::<Result<_, _>>()?;
    let mut registrar = RdapRegistrar::new(RdapBootstrap::shipped())?;
    // A proxy, or a simulator, that answers for every registry.
    if let Ok(base_url) = std::env::var("AE_RDAP_BASE") {
        registrar = registrar.with_base_url(&base_url)?;
    }
    let most = registrar.info().names_max;
    for names in names.chunks(most) {
        for (name, found) in names.iter().zip(registrar.search(names).await?) {
            let found = match found {
                Availability::Taken => "taken",
                // Reserved, premium and blocked names look free too.
                Availability::MaybeFree => "maybe free",
                _ => "unknown",
            };
            println!("{name}  {found}");
        }
    }
    Ok(())
}
