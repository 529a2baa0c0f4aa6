//! What holds for every page that a user sees: no error in the browser's log, nothing serious for axe-core.

use crate::chromium::Chromium;
use crate::driver::target;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// The narrowest window that a page must fit into, in CSS pixels (WCAG 2.2, 1.4.10).
const NARROWEST: u32 = 320;

static AXE: LazyLock<String> = LazyLock::new(|| {
    let path = target().join("axe/axe.min.js");
    let source = std::fs::read_to_string(&path);
    source.unwrap_or_else(|_| panic!("{} is missing: run tests/run, which fetches it", path.display()))
});

/// Runs axe-core for WCAG 2 A and AA; gives what is serious or critical, one text each. A page that renews itself may do so
/// where it offers to stop (WCAG 2.2, 2.2.1), which axe-core does not look for.
const RUN: &str = "
    const done = arguments[arguments.length - 1];
    const stoppable = document.querySelector('main a[rel=nofollow][href*=\"still=yes\"]') !== null;
    axe.run(document, {
        runOnly: ['wcag2a', 'wcag2aa'],
        resultTypes: ['violations'],
        preload: false,
        rules: stoppable ? { 'meta-refresh': { enabled: false } } : {},
    }).then(result => done(result.violations
        .filter(found => ['serious', 'critical'].includes(found.impact))
        .map(found => `${found.id}: ${found.help}: ${found.nodes.map(node => node.html.slice(0, 160)).slice(0, 3)}`)))
    .catch(error => done([String(error)]));";

impl Chromium {
    /// Looks at the page that has come up.
    pub(crate) async fn look(&self) {
        let here = self.client.current_url().await.unwrap();
        let script = format!("{}\n{RUN}", *AXE);
        let found = match self.client.execute_async(&script, Vec::new()).await {
            Ok(found) => found,
            // It renewed itself meanwhile, or the machine was too busy to answer: what is there now is looked at.
            Err(_) => {
                let again = self.client.execute_async(&script, Vec::new()).await;
                again.unwrap_or_else(|error| panic!("{here}: {error}"))
            }
        };
        let found: Vec<String> = serde_json::from_value(found).unwrap();
        assert!(found.is_empty(), "{here}: {found:#?}");
        let logged = self.ask("se/log", json!({ "type": "browser" })).await;
        let wrong = |entry: &&Value| entry["level"] == "SEVERE" || entry["level"] == "WARNING";
        let logged: Vec<&Value> = logged.as_array().unwrap().iter().filter(wrong).collect();
        assert!(logged.is_empty(), "{here}: {logged:?}");
    }

    /// Whether the page fits into the narrowest window without scrolling sideways.
    pub(crate) async fn fits(&self) {
        self.resize(NARROWEST, 640).await;
        let widths = "return [document.documentElement.scrollWidth, window.innerWidth]";
        let widths = self.client.execute(widths, Vec::new()).await.unwrap();
        let widths: [u32; 2] = serde_json::from_value(widths).unwrap();
        assert!(widths[0] <= NARROWEST, "{}: {widths:?}", self.path().await);
        self.resize(1280, 1600).await;
    }
}
