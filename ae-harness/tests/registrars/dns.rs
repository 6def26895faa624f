//! DNS records at Porkbun.

use ae_core::ErrorKind;
use ae_harness::{DnsRecord, Purchase, Registrar};

use crate::rig::{domain, key, porkbun};

#[tokio::test]
async fn records_are_there_once() {
    let rig = porkbun();
    let name = domain("one.com");
    let wanted = [
        DnsRecord::new("A", "one.com", "192.0.2.1"),
        DnsRecord::new("CNAME", "www.one.com", "one.simulated.workers.dev"),
    ];
    let error = rig.registrar.ensure_records(&key(1), &name, &wanted).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let quote = rig.registrar.quote(&name, 1).await.unwrap();
    rig.registrar.buy(&key(0), &Purchase::new(quote)).await.unwrap();
    rig.double.park("one.com");
    for _ in 0..2 {
        rig.registrar.ensure_records(&key(1), &name, &wanted).await.unwrap();
        assert_eq!(rig.registrar.records(&name).await.unwrap(), wanted);
    }
}
