//! A browser without scripts: keeps cookies, follows links where it is told to, and fills forms in as they stand on the page.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use scraper::{ElementRef, Html, Selector};
use std::collections::BTreeMap;

/// A browser that keeps no history: what it was answered stays with whoever asked.
pub struct Browser {
    client: Client<HttpConnector, Full<Bytes>>,
    /// `http://127.0.0.1:PORT`.
    base: String,
    /// What it was told to keep, by name.
    pub cookies: BTreeMap<String, String>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// How it went.
    pub status: StatusCode,
    /// What was said beside it.
    pub headers: HeaderMap,
    /// The bytes as text; of a workbook nothing to read.
    pub text: String,
    /// The bytes as they came.
    pub bytes: Bytes,
}

impl Answer {
    /// The text of the elements that a selector finds.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let document = Html::parse_document(&self.text);
        let selector = Selector::parse(selector).unwrap();
        let found = document.select(&selector);
        found.map(|element| element.text().collect::<String>().trim().to_owned()).collect()
    }

    /// Where it leads to.
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |to| to.to_str().unwrap())
    }

    /// The fields of a form as they stand on the page, with its address.
    pub fn form(&self, selector: &str) -> (String, Vec<(String, String)>) {
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
    /// Of nobody yet, at the address of a console.
    pub fn new(base: &str) -> Browser {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Browser { client, base: base.to_owned(), cookies: BTreeMap::new() }
    }

    /// A browser whose user is signed in.
    pub async fn signed_in(base: &str, token: &str) -> Browser {
        let mut browser = Browser::new(base);
        let answer = browser.sign_in(token).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"), "{}", answer.text);
        browser
    }

    /// Signs in with a token, on the page that asks for it.
    pub async fn sign_in(&mut self, token: &str) -> Answer {
        let page = self.get("/sign-in").await;
        self.submit(&page, "main form", &[("token", token)]).await
    }

    /// Asks for a page; follows no redirect.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], &[]).await
    }

    /// Sends a form as it stands on a page, with some fields filled in.
    pub async fn submit(&mut self, page: &Answer, form: &str, filled: &[(&str, &str)]) -> Answer {
        let (action, mut fields) = page.form(form);
        for (name, value) in filled {
            fields.retain(|(known, _)| known != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        self.post(&action, &fields).await
    }

    /// Sends fields as a page of the console would.
    pub async fn post(&mut self, path: &str, fields: &[(String, String)]) -> Answer {
        let base = self.base.clone();
        self.ask(Method::POST, path, &[("origin", &base), ("sec-fetch-site", "same-origin")], fields).await
    }

    /// Sends a form with a file in it, as it stands on a page.
    pub async fn send(&mut self, page: &Answer, file: (&str, &[u8]), filled: &[(&str, &str)]) -> Answer {
        let (action, mut fields) = page.form("main form[enctype]");
        fields.retain(|(name, _)| name != "file" && !filled.iter().any(|(filled, _)| filled == name));
        fields.extend(filled.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let base = self.base.clone();
        self.send_raw(&action, file, &fields, &[("origin", &base), ("sec-fetch-site", "same-origin")]).await
    }

    /// Sends fields and a file with headers of the test's own.
    pub async fn send_raw(
        &mut self,
        path: &str,
        (name, bytes): (&str, &[u8]),
        fields: &[(String, String)],
        headers: &[(&str, &str)],
    ) -> Answer {
        const BOUNDARY: &str = "----creditbank-tests-0123456789";
        let mut body = Vec::with_capacity(bytes.len() + 4_096);
        for (name, value) in fields {
            let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(value.as_bytes());
            body.extend_from_slice(b"\r\n");
        }
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        self.exchange(Method::POST, path, headers, &content_type, Bytes::from(body)).await
    }

    /// Asks with headers of the test's own.
    pub async fn ask(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(String, String)],
    ) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.exchange(method, path, headers, "application/x-www-form-urlencoded", Bytes::from(body)).await
    }

    async fn exchange(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        content_type: &str,
        body: Bytes,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request
            .header(header::COOKIE, cookies.join("; "))
            .header(header::CONTENT_TYPE, content_type)
            .body(Full::new(body))
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
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, text, bytes }
    }
}
