//! Refusals before anything is sent.

use ae_billing::{Mode, PaymentProvider as _, Polar, PolarConfig};
use ae_core::{ErrorKind, Runtime, Secret};
use doubles::polar::PolarDouble;

use crate::world::{config, key, product};

fn refused(config: PolarConfig) -> ErrorKind {
    Polar::new(config, Runtime::system()).unwrap_err().kind()
}

#[test]
fn mode_and_address_agree() {
    let token = || Secret::new("polar_oat_1".to_owned());
    let (live, sandbox) = ("https://api.polar.sh/", "https://sandbox-api.polar.sh");
    assert_eq!(refused(PolarConfig::new(token(), Mode::Live)), ErrorKind::PermissionDenied);
    let to_live = PolarConfig::new(token(), Mode::Test).with_base_url(live);
    assert_eq!(refused(to_live), ErrorKind::PermissionDenied);
    let to_sandbox = PolarConfig::new(token(), Mode::Live).allowing_live().with_base_url(sandbox);
    assert_eq!(refused(to_sandbox), ErrorKind::PermissionDenied);
    assert_eq!(refused(PolarConfig::new(token(), Mode::Offline)), ErrorKind::InvalidInput);
    assert_eq!(
        refused(PolarConfig::new(Secret::new(" ".to_owned()), Mode::Test)),
        ErrorKind::Unauthenticated
    );
    let allowed = Polar::new(PolarConfig::new(token(), Mode::Live).allowing_live(), Runtime::system());
    assert_eq!(allowed.unwrap().info().provider.mode, Mode::Live);
}

#[tokio::test]
async fn a_token_that_is_not_valid_makes_nothing_and_is_not_shown() {
    let double = PolarDouble::start().unwrap();
    let mut config = config(&double.url());
    config.token = Secret::new("polar_oat_wrong".to_owned());
    let polar = Polar::new(config, Runtime::system()).unwrap();
    for error in [
        polar.check().await.unwrap_err(),
        polar.ensure_product(&key("product"), &product()).await.unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.code()), (ErrorKind::Unauthenticated, Some("Unauthorized")));
        assert!(!format!("{error:?} {polar:?}").contains("polar_oat"));
    }
    assert!(double.objects("products").is_empty());
}
