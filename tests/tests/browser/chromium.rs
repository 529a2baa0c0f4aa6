//! A window of Chromium and what its user does in it. Each page that comes up is looked at, see [`crate::look`].

use crate::driver::Driver;
use axum::http::Method;
use creditbank_tests::Desk;
use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use url::Url;

/// How long work of the console may take.
const LONGEST: Duration = Duration::from_secs(60);

pub(crate) struct Chromium {
    pub(crate) client: Client,
    /// `http://127.0.0.1:PORT` of the console.
    base: String,
}

impl Chromium {
    /// An empty window.
    pub(crate) async fn open(driver: &Driver, base: &str) -> Chromium {
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            // A window behind another one is as quick as the one in front.
            "--disable-background-timer-throttling",
            "--disable-backgrounding-occluded-windows",
            "--disable-renderer-backgrounding",
            "--window-size=1280,1600",
        ];
        let capabilities = json!({
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&driver.address)
            .await
            .expect("Chromium does not start: run tests/run, which installs it");
        Chromium { client, base: base.to_owned() }
    }

    /// A window of somebody in a role, who signs in there and reads a language.
    pub(crate) async fn of(
        driver: &Driver,
        desk: &Desk,
        (role, organization): (&str, &str),
        language: &str,
    ) -> Chromium {
        let mut chromium = Chromium::open(driver, &desk.console).await;
        let token = desk.issue(role, organization).await.token;
        chromium.sign_in(&token, language).await;
        chromium
    }

    pub(crate) async fn sign_in(&mut self, token: &str, language: &str) {
        self.visit(&format!("/language/{language}?back=/sign-in")).await;
        self.fill("main form", &[("token", token)]).await;
        self.press("main form button").await;
        assert_eq!(self.path().await, "/", "{}", self.text("main").await);
    }

    /// Goes to an address of the console.
    pub(crate) async fn visit(&mut self, path: &str) {
        self.client.goto(&format!("{}{path}", self.base)).await.unwrap();
        self.look().await;
    }

    /// Follows a link, or presses a button, and waits for the page behind it.
    pub(crate) async fn press(&mut self, selector: &str) {
        self.find(selector).await.click().await.unwrap();
        self.look().await;
    }

    /// Fills fields of a form in.
    pub(crate) async fn fill(&self, form: &str, fields: &[(&str, &str)]) {
        for (name, value) in fields {
            let field = self.find(&format!("{form} [name='{name}']")).await;
            let kind = field.prop("type").await.unwrap().unwrap_or_default();
            match kind.as_str() {
                "file" => field.send_keys(value).await.unwrap(),
                "text" | "password" | "number" => {
                    field.clear().await.unwrap();
                    field.send_keys(value).await.unwrap();
                }
                "checkbox" => field.click().await.unwrap(),
                "select-one" => field.select_by_value(value).await.unwrap(),
                // How days are typed depends on the machine, and a document is pasted.
                _ => {
                    let set = "arguments[0].value = arguments[1]";
                    let field = serde_json::to_value(&field).unwrap();
                    self.client.execute(set, vec![field, json!(value)]).await.unwrap();
                }
            }
        }
    }

    /// Chooses a file and sends it.
    pub(crate) async fn send(&mut self, file: &Path) {
        self.visit("/uploads").await;
        self.fill("main form[enctype]", &[("file", file.to_str().unwrap())]).await;
        self.press("main form[enctype] button").await;
        self.settle().await;
    }

    /// Waits until the page renews itself no more.
    pub(crate) async fn settle(&mut self) {
        let began = Instant::now();
        while self.count("meta[http-equiv=refresh]").await > 0 {
            assert!(began.elapsed() < LONGEST, "{}", self.text("main").await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.look().await;
    }

    pub(crate) async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    pub(crate) async fn find(&self, selector: &str) -> Element {
        match self.client.find(Locator::Css(selector)).await {
            Ok(found) => found,
            Err(error) => panic!("no {selector} ({error}) in {}", self.client.source().await.unwrap()),
        }
    }

    pub(crate) async fn text(&self, selector: &str) -> String {
        self.find(selector).await.text().await.unwrap()
    }

    /// The texts of all that a selector finds, in one question.
    pub(crate) async fn texts(&self, selector: &str) -> Vec<String> {
        let all =
            "return [...document.querySelectorAll(arguments[0])].map(found => found.textContent.trim())";
        let found = self.client.execute(all, vec![json!(selector)]).await.unwrap();
        serde_json::from_value(found).unwrap()
    }

    pub(crate) async fn count(&self, selector: &str) -> usize {
        self.texts(selector).await.len()
    }

    /// What stands beside a word of the list of facts.
    pub(crate) async fn fact(&self, name: &str) -> String {
        let (names, values) = (self.texts("dl.facts dt").await, self.texts("dl.facts dd").await);
        let found = names.iter().position(|known| known == name);
        found.map(|n| values[n].clone()).unwrap_or_else(|| panic!("no {name} in {names:?}"))
    }

    /// Makes the window as wide and high as is asked, however small.
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        let command = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": metrics });
        self.ask("goog/cdp/execute", command).await;
    }

    /// A command that only this browser knows.
    pub(crate) async fn ask(&self, path: &'static str, body: Value) -> Value {
        self.client.issue_cmd(Own { path, body }).await.unwrap()
    }
}

#[derive(Debug)]
struct Own {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Own {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
