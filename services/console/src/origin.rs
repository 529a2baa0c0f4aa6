//! The names that the console answers to. A page of another name that resolves to this machine gets nothing.

use crate::guard::Secure;
use std::net::SocketAddr;

/// The names that the console answers to.
#[derive(Debug, Clone)]
pub struct Origins {
    /// The port it listens on, on loopback.
    port: u16,
    /// The name behind a proxy that speaks TLS, as in the address bar.
    public: Option<String>,
}

/// What is wrong with an address of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoOrigin;

impl Origins {
    /// Over plain HTTP on loopback only, and by the public address where there is one: `https://` and a name, perhaps with a
    /// port, and nothing behind it.
    ///
    /// # Errors
    /// [`NoOrigin`] where the public address is of another form.
    pub fn new(bound: SocketAddr, public: Option<&str>) -> Result<Origins, NoOrigin> {
        Ok(Origins { port: bound.port(), public: public.map(host_of).transpose()? })
    }

    /// The public address, as `https://NAME`.
    pub(crate) fn public(&self) -> Option<String> {
        self.public.as_ref().map(|host| format!("https://{host}"))
    }

    /// Whether a name goes over TLS; none where nothing is served by it.
    pub(crate) fn of(&self, host: &str) -> Option<Secure> {
        let host = host.to_ascii_lowercase();
        if self.public.as_deref() == Some(&host) {
            return Some(Secure(true));
        }
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()?),
            _ => (host.as_str(), 80),
        };
        let here = ["127.0.0.1", "localhost", "[::1]"].contains(&name) && port == self.port;
        here.then_some(Secure(false))
    }
}

/// The name in a public address.
fn host_of(address: &str) -> Result<String, NoOrigin> {
    let host = address.strip_prefix("https://").ok_or(NoOrigin)?.trim_end_matches('/');
    let plain = |b: u8| b.is_ascii_alphanumeric() || b".-:[]".contains(&b);
    if host.is_empty() || !host.bytes().all(plain) {
        return Err(NoOrigin);
    }
    Ok(host.to_ascii_lowercase())
}

/// A public address, as papers write it.
pub(crate) fn site(address: &str) -> Result<String, NoOrigin> {
    Ok(format!("https://{}", host_of(address)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_and_the_public_name_are_answered() {
        let bound = "127.0.0.1:8080".parse().unwrap();
        let origins = Origins::new(bound, Some("https://Ledger.example.org")).unwrap();
        for (host, secure) in [
            ("127.0.0.1:8080", Some(Secure(false))),
            ("localhost:8080", Some(Secure(false))),
            ("[::1]:8080", Some(Secure(false))),
            ("ledger.example.org", Some(Secure(true))),
            ("localhost", None),
            ("localhost:8081", None),
            ("evil.example:8080", None),
            ("127.0.0.1.evil.example:8080", None),
            ("ledger.example.org:8080", None),
            ("", None),
            ("[::1]", None),
        ] {
            assert_eq!(origins.of(host), secure, "{host}");
        }
        for bad in ["http://ledger.example.org", "https://", "https://a/b", "ledger.example.org"] {
            assert_eq!(Origins::new(bound, Some(bad)).unwrap_err(), NoOrigin, "{bad}");
        }
    }
}
