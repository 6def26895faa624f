//! Refusals before anything is sent.

use ae_billing::{Mode, Paddle, PaddleConfig, PaymentProvider as _};
use ae_core::{ErrorKind, Runtime, Secret};
use doubles::paddle::PaddleDouble;

use crate::world::{config, key, product};

const PAGE: &str = "https://example.com/buy";

fn refused(config: PaddleConfig) -> ErrorKind {
    Paddle::new(config, Runtime::system()).unwrap_err().kind()
}

#[test]
fn mode_key_and_address_agree() {
    let of = |key: &str, mode| PaddleConfig::new(Secret::new(key.to_owned()), mode, PAGE);
    let (live, sandbox) = ("https://api.paddle.com/", "https://sandbox-api.paddle.com");
    let (live_key, sandbox_key) = ("pdl_live_apikey_1", "pdl_sdbx_apikey_1");
    for wrong in [
        of(live_key, Mode::Live),
        of(live_key, Mode::Test),
        of(sandbox_key, Mode::Live).allowing_live(),
        of(sandbox_key, Mode::Test).with_base_url(live),
        of(live_key, Mode::Live).allowing_live().with_base_url(sandbox),
    ] {
        assert_eq!(refused(wrong), ErrorKind::PermissionDenied);
    }
    assert_eq!(refused(of(sandbox_key, Mode::Offline)), ErrorKind::InvalidInput);
    assert_eq!(refused(of(" ", Mode::Test)), ErrorKind::Unauthenticated);
    let mut page = of(sandbox_key, Mode::Test);
    page.page = "example.com/buy".to_owned();
    assert_eq!(refused(page), ErrorKind::InvalidInput);
    let allowed = Paddle::new(of(live_key, Mode::Live).allowing_live(), Runtime::system());
    assert_eq!(allowed.unwrap().info().provider.mode, Mode::Live);
}

#[tokio::test]
async fn a_key_that_is_not_valid_makes_nothing_and_is_not_shown() {
    let double = PaddleDouble::start().unwrap();
    let mut config = config(&double.url());
    config.key = Secret::new("pdl_sdbx_apikey_wrong".to_owned());
    let paddle = Paddle::new(config, Runtime::system()).unwrap();
    for error in [
        paddle.check().await.unwrap_err(),
        paddle.ensure_product(&key("product"), &product()).await.unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.code()), (ErrorKind::PermissionDenied, Some("invalid_token")));
        assert!(!format!("{error:?} {paddle:?}").contains("pdl_sdbx"));
    }
    assert!(double.objects("products").is_empty());
}
