//! A browser without scripts: keeps cookies, follows links where it is told to, and fills forms in as they stand on the page.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use scraper::{ElementRef, Html, Selector};
use std::collections::BTreeMap;

pub(crate) struct Browser {
    client: Client<HttpConnector, Full<Bytes>>,
    /// `http://127.0.0.1:PORT`.
    base: String,
    pub(crate) cookies: BTreeMap<String, String>,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Empty where it is no text.
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// The text of the elements that a selector finds.
    pub(crate) fn texts(&self, selector: &str) -> Vec<String> {
        let document = Html::parse_document(&self.text);
        let selector = Selector::parse(selector).unwrap();
        let found = document.select(&selector);
        found.map(|element| element.text().collect::<String>().trim().to_owned()).collect()
    }

    /// Where it leads to.
    pub(crate) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |to| to.to_str().unwrap())
    }

    /// The fields of a form as they stand on the page, with its address.
    pub(crate) fn form(&self, selector: &str) -> (String, Vec<(String, String)>) {
        let document = Html::parse_document(&self.text);
        let form = document.select(&Selector::parse(selector).unwrap()).next();
        let form = form.unwrap_or_else(|| panic!("no {selector} in {}", self.text));
        let selector = Selector::parse("input, textarea, select").unwrap();
        let fields = form.select(&selector);
        let fields = fields.map(|field| (field.attr("name").unwrap().to_owned(), value(field))).collect();
        (form.attr("action").unwrap().to_owned(), fields)
    }
}

fn value(field: ElementRef<'_>) -> String {
    match field.value().name() {
        "textarea" => field.text().collect(),
        "select" => {
            let chosen = ["option[selected]", "option"]
                .into_iter()
                .find_map(|options| field.select(&Selector::parse(options).unwrap()).next());
            chosen.and_then(|option| option.attr("value")).unwrap_or_default().to_owned()
        }
        _ => field.attr("value").unwrap_or_default().to_owned(),
    }
}

impl Browser {
    pub(crate) fn new(base: &str) -> Browser {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Browser { client, base: base.to_owned(), cookies: BTreeMap::new() }
    }

    /// A browser whose user is signed in.
    pub(crate) async fn signed_in(base: &str, token: &str) -> Browser {
        let mut browser = Browser::new(base);
        let answer = browser.sign_in(token).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"), "{}", answer.text);
        browser
    }

    pub(crate) async fn sign_in(&mut self, token: &str) -> Answer {
        let page = self.get("/sign-in").await;
        self.submit(&page, "main form", &[("token", token)]).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], &[]).await
    }

    /// Sends a form as it stands on a page, with some fields filled in.
    pub(crate) async fn submit(&mut self, page: &Answer, form: &str, filled: &[(&str, &str)]) -> Answer {
        let (action, mut fields) = page.form(form);
        for (name, value) in filled {
            fields.retain(|(known, _)| known != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        self.post(&action, &fields).await
    }

    /// Sends fields as a page of the console would.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(String, String)]) -> Answer {
        let base = self.base.clone();
        self.ask(Method::POST, path, &[("origin", &base), ("sec-fetch-site", "same-origin")], fields).await
    }

    /// Asks with headers of the test's own.
    pub(crate) async fn ask(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(String, String)],
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = request
            .header(header::COOKIE, cookies.join("; "))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        let (parts, body) = self.client.request(request).await.unwrap().into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        let text = String::from_utf8(bytes.clone()).unwrap_or_default();
        Answer { status: parts.status, headers: parts.headers, text, bytes }
    }
}
