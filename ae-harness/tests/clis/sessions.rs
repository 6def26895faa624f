//! Sessions that go on.

use ae_core::Cancel;
use ae_harness::StopReason;

use crate::{
    each,
    models::{Said, Script, Turn},
    rig::{Kind, Rig},
};

each!(claude: resumed);
each!(codex: resumed);
each!(gemini: resumed);
each!(opencode: resumed);

/// The second run knows the first, and counts its own tokens only.
async fn resumed(rig: Rig) {
    let first = rig.plain(Script::always(Turn::text("The number is 4711."))).await;
    assert_eq!(first.report.stop, StopReason::Succeeded, "{:?}", first.report);
    let request = rig.resume(&first.report.session);
    let second = rig.run(Script::always(Turn::text("Done.")), &request, &Cancel::new()).await;
    assert_eq!(second.report.stop, StopReason::Succeeded, "{:?}", second.report);
    let said = &second.calls[0].asked.as_ref().unwrap().said;
    assert!(said.iter().any(|said| matches!(said, Said::Model(text) if text.contains("4711"))), "{said:?}");
    if rig.kind == Kind::Opencode {
        // Its account of a session that was loaded is not one of this run.
        assert_eq!(second.report.usage, None);
        return;
    }
    assert_eq!(second.report.usage, rig.usage(1));
    assert_eq!(second.report.session_usage, rig.usage(2), "{:?}", second.report);
    if let (Some(one), Some(both)) = (first.report.cost, second.report.session_cost) {
        assert_eq!(second.report.cost, Some(one));
        assert_eq!(Some(both), one.checked_add(one).ok());
    }
}
