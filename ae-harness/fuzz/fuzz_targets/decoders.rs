//! No output of an agent panics its decoder, and none is a success without an exit code of 0. Recordings of
//! `../tests/recordings` are a good corpus.
#![no_main]

use ae_harness::{
    Acp, AgentRequest, Claude, Codex, Gemini,
    host::{AgentExit, Dialect, LaunchSite, Outbox},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let request = AgentRequest::new("/workspace", "Write it.");
    let site = LaunchSite::new("1.0.0", "/private", "/temporary");
    let acp = Acp::new(["agent"]);
    for dialect in [&acp as &dyn Dialect, &Claude::new(), &Codex::new(), &Gemini::new()] {
        let mut decoder = dialect.decoder(&request, &site);
        let mut out = Outbox::default();
        decoder.start(&mut out);
        for line in bytes.split(|byte| *byte == b'\n') {
            decoder.line(line, &mut out);
        }
        decoder.interrupt(&mut out);
        let report = decoder.finish(&AgentExit::exited(1));
        assert!(!report.succeeded() || dialect.name() == "acp");
    }
});
