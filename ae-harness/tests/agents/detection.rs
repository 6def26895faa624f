//! Finding the program and its version.

use std::fs;

use ae_core::ErrorKind;
use ae_harness::CliProvider as _;

use crate::played::Stage;

#[tokio::test]
async fn the_program_and_its_version_are_found_once() {
    let stage = Stage::new();
    let agent = stage.agent();
    assert_eq!(agent.info().version, "1.2.0");
    let detected = agent.detect().await.unwrap();
    assert_eq!(detected.version, "1.2.3");
    assert_eq!(detected.program, stage.folder.path().join("bin/played"));
    assert_eq!((agent.info().version.as_str(), agent.info().metered), ("1.2.3", true));
    // Another size is another program.
    fs::write(&detected.program, "#!/bin/sh\necho v1.10.0\n").unwrap();
    assert_eq!(agent.detect().await.unwrap().version, "1.10.0");
}

#[tokio::test]
async fn each_way_to_have_no_version_has_a_name() {
    let stage = Stage::with(|played| played.programs = vec!["missing".into(), "absent".into()]);
    let error = stage.agent().check().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().contains("`missing` or `absent`: npm install -g played"), "{error}");

    let stage = Stage::with(|played| played.oldest = "1.2.4".into());
    let error = stage.agent().check().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("is 1.2.3, and 1.2.4 is needed"), "{error}");

    for (script, kind, said) in [
        ("echo hello; echo why >&2; exit 3", ErrorKind::Protocol, "named no version (exit Some(3): why)"),
        ("head -c 1000000 /dev/zero", ErrorKind::Protocol, "printed too much"),
        ("sleep 600", ErrorKind::Timeout, "took more than 20 s"),
    ] {
        let stage = Stage::new();
        fs::write(stage.folder.path().join("bin/played"), format!("#!/bin/sh\n{script}\n")).unwrap();
        let error = stage.agent().check().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(said), "{error}");
    }
}
