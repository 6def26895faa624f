//! One page of a browser, as its visitor uses it.

use std::{path::Path, thread, time::Instant};

use serde_json::{Value, json};

use super::chrome::{Chrome, PATIENCE};

/// A page.
#[derive(Debug)]
pub struct Page<'a> {
    chrome: &'a mut Chrome,
    session: String,
}

impl<'a> Page<'a> {
    /// A new page in the browser's own profile; files that it saves go to `downloads`.
    pub fn open(chrome: &'a mut Chrome, downloads: &Path) -> Self {
        let target = chrome.call(None, "Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = chrome.call(None, "Target.attachToTarget", attach);
        let session = attached["sessionId"].as_str().unwrap().to_owned();
        let downloads =
            json!({ "behavior": "allowAndName", "downloadPath": downloads, "eventsEnabled": true });
        chrome.call(None, "Browser.setDownloadBehavior", downloads);
        let mut page = Self { chrome, session };
        // Workers log for themselves.
        let attach = json!({ "autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true });
        page.call("Target.setAutoAttach", attach);
        for domain in ["Page", "Runtime", "Log", "DOM", "Audits", "Network"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        page
    }

    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.chrome.call(Some(&self.session), method, params)
    }

    /// Goes to `url` and waits until it is loaded.
    pub fn goto(&mut self, url: &str) {
        let went = self.call("Page.navigate", json!({ "url": url }));
        assert!(went["errorText"].is_null(), "{url}: {went}");
        self.wait("document.readyState === 'complete'");
    }

    /// The value of an expression, or of its promise.
    pub fn eval(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let result = self.call("Runtime.evaluate", params);
        assert!(result["exceptionDetails"].is_null(), "{expression}: {}", result["exceptionDetails"]);
        result["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub fn wait(&mut self, expression: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            // While a page changes, its context is gone for a moment.
            let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
            if self.call("Runtime.evaluate", params)["result"]["value"] == true {
                return;
            }
            if Instant::now() > end {
                let text = self.eval("location.href + '\\n' + document.body.innerText.slice(0, 2000)");
                panic!("{expression} does not come true on {}", text.as_str().unwrap_or_default());
            }
            thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    /// The visible text of the first element that fits.
    pub fn text(&mut self, selector: &str) -> String {
        self.eval(&format!("document.querySelector({selector:?})?.innerText ?? ''"))
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Clicks the first element that fits.
    pub fn click(&mut self, selector: &str) {
        self.wait(&format!(
            "!!document.querySelector({selector:?}) && !document.querySelector({selector:?}).disabled"
        ));
        self.eval(&format!("document.querySelector({selector:?}).click()"));
    }

    /// Sets the value of a field as a person does, with its events.
    pub fn set(&mut self, selector: &str, value: &str) {
        self.eval(&format!(
            "(() => {{ const field = document.querySelector({selector:?}); field.value = {value:?};
             for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, {{ bubbles: true }})); }})()"
        ));
    }

    /// Picks a file in a file field.
    pub fn pick(&mut self, selector: &str, file: &Path) {
        let document = self.call("DOM.getDocument", json!({}));
        let query = json!({ "nodeId": document["root"]["nodeId"], "selector": selector });
        let node = self.call("DOM.querySelector", query);
        self.call("DOM.setFileInputFiles", json!({ "files": [file], "nodeId": node["nodeId"] }));
    }

    /// Waits for a download that `cause` leads to, and returns its bytes.
    pub fn download(&mut self, downloads: &Path, cause: impl FnOnce(&mut Self)) -> Vec<u8> {
        cause(self);
        let ended = |event: &Value| {
            event["method"] == "Browser.downloadProgress" && event["params"]["state"] != "inProgress"
        };
        let event = self.chrome.event(ended).expect("a download");
        assert_eq!(event["params"]["state"], "completed");
        std::fs::read(downloads.join(event["params"]["guid"].as_str().unwrap())).unwrap()
    }

    /// Presses a key.
    pub fn press(&mut self, key: &str, code: u32) {
        for kind in ["keyDown", "keyUp"] {
            let text = if key == "Enter" { "\r" } else { "" };
            let params =
                json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text });
            self.call("Input.dispatchKeyEvent", params);
        }
    }

    /// Goes to an element by the keyboard alone.
    pub fn tab_to(&mut self, selector: &str) {
        for _ in 0..80 {
            if self.eval(&format!("document.activeElement === document.querySelector({selector:?})")) == true
            {
                return;
            }
            self.press("Tab", 9);
        }
        panic!("{selector} can't be reached by Tab");
    }

    pub fn screen(&mut self, width: u32, height: u32, dark: bool) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.call("Emulation.setDeviceMetricsOverride", size);
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", media);
    }

    /// Keeps a picture of the page where `AE_SCREENSHOTS` names a folder.
    pub fn picture(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("AE_SCREENSHOTS") else { return };
        let shot = self.call("Page.captureScreenshot", json!({ "captureBeyondViewport": true }));
        let bytes = base64(shot["data"].as_str().unwrap());
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), bytes).unwrap();
    }

    pub fn offline(&mut self, offline: bool) {
        let limits =
            json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.call("Network.emulateNetworkConditions", limits);
    }

    /// Complaints of the browser: errors on the console, exceptions, violations of the policy, in pages and workers.
    pub fn complaints(&mut self) -> Vec<String> {
        let complaint = |event: &Value| {
            let params = &event["params"];
            match event["method"].as_str()? {
                "Runtime.exceptionThrown" => Some(params["exceptionDetails"].to_string()),
                "Runtime.consoleAPICalled" if params["type"] == "error" || params["type"] == "assert" => {
                    Some(params["args"].to_string())
                }
                "Log.entryAdded"
                    if params["entry"]["level"] == "error" || params["entry"]["source"] == "security" =>
                {
                    Some(params["entry"].to_string())
                }
                "Audits.issueAdded" if params["issue"]["code"] == "ContentSecurityPolicyIssue" => {
                    Some(params["issue"].to_string())
                }
                _ => None,
            }
        };
        self.chrome.seen().iter().filter_map(complaint).collect()
    }

    /// The violations that axe-core finds, as `rule: first element`.
    pub fn axe(&mut self, axe: &str) -> Vec<String> {
        self.eval(axe);
        let found = self.eval(
            "axe.run(document, { resultTypes: ['violations'] }).then(r => r.violations.map(v => \
             `${v.id}: ${v.nodes.map(n => n.target.join(' ') + ' ' + (n.failureSummary || '')).slice(0, 3).join(' | ')}`))",
        );
        serde_json::from_value(found).unwrap()
    }
}

/// Decodes standard base64.
fn base64(text: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.bytes() {
        let Some(value) = LETTERS.iter().position(|known| *known == letter) else { continue };
        bits = bits << 6 | u32::try_from(value).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
    }
    bytes
}
