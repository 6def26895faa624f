//! The `ae` command.

use std::{future::Future, pin::Pin, process::ExitCode, sync::Arc};

use ae_core::Runtime;
use lifecycle::{
    error::Result,
    faces::{
        cli::{self, Program, Serving},
        sites::{self, Door, Hosts},
    },
    glue::agents_here::AgentsHere,
    service::{Installation, Sale},
    setup::DataDir,
    wiring,
};

/// The embedded wiring and the server of this program.
#[derive(Debug)]
struct Ae;

impl Program for Ae {
    fn open(&self, dir: DataDir) -> Result<Installation> {
        wiring::open(dir, Runtime::system())
    }

    fn open_read_only(&self, dir: DataDir) -> Result<Installation> {
        wiring::open_read_only(dir, Runtime::system())
    }

    fn agents(&self) -> Pin<Box<dyn Future<Output = Result<AgentsHere>> + Send + '_>> {
        Box::pin(wiring::agents_here(Runtime::system()))
    }

    fn serve<'a>(
        &'a self,
        sale: Sale,
        serving: Serving<'a>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            let public = Door { listener: serving.listener, hosts: Hosts::new(serving.addr, serving.hosts) };
            let operator = Door { listener: serving.operator, hosts: Hosts::new(serving.operator_addr, &[]) };
            sites::serve(public, operator, Arc::new(sale), serving.stop).await;
        })
    }
}

fn main() -> ExitCode {
    // First of all: this program is also the child process in which sealed behaviours run, and the one that puts up the
    // walls of a sandbox.
    ae_harness::behaviour_child();
    ae_harness::confined_child();
    cli::main(&Ae)
}
