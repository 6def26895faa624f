//! A hostile product shares nothing with other products, the pay pages or the operator.

use std::fs;

use super::{
    ae::{self, Ae},
    chrome::Chrome,
    page::Page,
    proxy,
};

#[test]
fn a_hostile_product_reaches_nothing_of_others() {
    let mut ae = Ae::new();
    let (proxy, requests) = proxy::start();
    let Some(mut chrome) = Chrome::start(ae.folder.path(), &proxy) else { return ae::skip("Chromium") };
    let downloads = ae.path("downloads");
    fs::create_dir(&downloads).unwrap();
    let one = ae.run("Build a $500 MRR CSV tool", &[]);
    let other = ae.run("CSV converter for book clubs at $7 a month", &[]);
    let [one, other] = [one, other].map(|run| run["product_url"].as_str().unwrap().to_owned());
    assert_ne!(one, other);
    ae.serve();

    let mut page = Page::open(&mut chrome, &downloads);
    page.goto(&other);
    page.eval("localStorage.setItem('secret', 'of the other')");
    page.goto(&one);
    // What follows is what a script of the product could do: it runs in its page.
    assert!(page.eval("localStorage.getItem('secret')").is_null());
    assert!(page.eval("caches.keys().then(k => k.length < 2)").as_bool().unwrap());
    let reaches = |page: &mut Page<'_>, url: &str| {
        page.eval(&format!(
            "fetch({url:?}, {{ credentials: 'include' }}).then(r => r.text()).then(() => 'read', () => 'refused')"
        ))
    };
    for url in [other.clone(), format!("{}/", ae.base()), format!("{}/", ae.operator())] {
        assert_eq!(reaches(&mut page, &url), "refused", "{url}");
        let framed = page.eval(&format!(
            "new Promise(done => {{ const f = document.createElement('iframe'); f.src = {url:?}; document.body.append(f);
             setTimeout(() => {{ try {{ done(f.contentDocument?.body?.innerText || ''); }} catch {{ done(''); }} }}, 500); }})"
        ));
        assert_eq!(framed, "", "{url} in a frame");
    }
    // It can't serve anything at the paths of the pay pages: those are elsewhere.
    let paths = ["pay/x", "order/x", "operator"];
    for path in paths {
        assert_eq!(page.eval(&format!("fetch({path:?}).then(r => r.status)")), 404, "{path}");
    }
    // Nor send the operator's form for the operator.
    let operator = ae.operator();
    let before = requests.lock().unwrap().len();
    page.eval(&format!(
        "(() => {{ const f = document.createElement('form'); f.method = 'post'; f.action = '{operator}/'; \
         document.body.append(f); f.submit(); }})()"
    ));
    std::thread::sleep(std::time::Duration::from_millis(500));
    let seen = requests.lock().unwrap();
    let sent: Vec<_> =
        seen[before..].iter().filter(|line| line.starts_with("POST ") && line.contains(&operator)).collect();
    assert!(sent.is_empty(), "form-action lets it through: {sent:?}");
}
