//! What every command takes.

use clap::Args as ClapArgs;
use std::path::PathBuf;

/// Printing instead of showing.
#[derive(Debug, ClapArgs)]
pub(crate) struct Pdf {
    /// Print it as PDF into a file
    #[arg(long, value_name = "FILE")]
    pub(crate) pdf: Option<PathBuf>,
    /// The language of the paper
    #[arg(long, value_name = "LANGUAGE", default_value = "zh-Hant", value_parser = ["zh-Hant", "zh-Hans", "en"])]
    pub(crate) pdf_language: String,
    /// The console's address for the code of the paper, such as https://ledger.example.org
    #[arg(long, env = "CREDITBANK_CONSOLE_URL", value_name = "URL")]
    pub(crate) console_url: Option<String>,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Common {
    /// Where the ledgers are kept: sqlite://FILE or postgres://USER@HOST/DATABASE
    #[arg(
        long,
        env = "CREDITBANK_DATABASE_URL",
        hide_env_values = true,
        default_value = DEFAULT_DATABASE,
        global = true,
        value_name = "URL"
    )]
    pub(crate) database_url: String,
    /// Which ledger
    #[arg(long, env = "CREDITBANK_LEDGER", default_value = "district", global = true)]
    pub(crate) ledger: String,
    /// Speak to a running server instead of opening the file, as in http://127.0.0.1:50051 or https://bank.example:50051
    #[arg(long, env = "CREDITBANK_SERVER", global = true, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// The token to show the server, in a file; or the token itself in CREDITBANK_TOKEN
    #[arg(long, env = "CREDITBANK_TOKEN_FILE", global = true, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// The authority that signed the certificate of an https:// server, PEM
    #[arg(long, env = "CREDITBANK_TLS_CA", global = true, value_name = "FILE")]
    pub(crate) tls_ca: Option<PathBuf>,
    /// The certificate to show the server instead of a token, PEM
    #[arg(
        long,
        env = "CREDITBANK_TLS_CLIENT_CERT",
        global = true,
        value_name = "FILE",
        requires = "tls_client_key"
    )]
    pub(crate) tls_client_cert: Option<PathBuf>,
    /// The certificate's key, PEM
    #[arg(
        long,
        env = "CREDITBANK_TLS_CLIENT_KEY",
        global = true,
        value_name = "FILE",
        requires = "tls_client_cert"
    )]
    pub(crate) tls_client_key: Option<PathBuf>,
    /// The key file of the directory of personal data; without it the directory is closed
    #[arg(long, env = "CREDITBANK_KEY_FILE", global = true, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

impl Common {
    /// Whether the ledgers are in a file on this machine.
    pub(crate) fn is_file(&self) -> bool {
        self.database_url.starts_with("sqlite:")
    }

    /// The database as it may be shown: without what may be a password, and without its options.
    pub(crate) fn shown_database(&self) -> String {
        shown(&self.database_url)
    }
}

fn shown(url: &str) -> String {
    let before_options = url.split('?').next().unwrap_or_default();
    let Some((scheme, _)) = url.split_once("://").filter(|(scheme, _)| *scheme != "sqlite") else {
        return before_options.to_owned();
    };
    match before_options.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{host}"),
        // The question mark may stand in a password.
        None if url.contains('@') => format!("{scheme}://…"),
        None => before_options.to_owned(),
    }
}

/// The file where none is named.
pub(crate) const DEFAULT_DATABASE: &str = "sqlite://creditbank.db";

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_password_is_never_shown() {
        for (url, expected) in [
            ("sqlite://a@b.db?mode=ro", "sqlite://a@b.db"),
            ("postgres://me:secret@host/db?sslmode=require", "postgres://host/db"),
            ("postgres://me:sec@ret@host/db", "postgres://host/db"),
            ("postgres://me:sec?ret@host/db", "postgres://…"),
            ("postgres://host/db?password=secret", "postgres://host/db"),
        ] {
            assert_eq!(shown(url), expected);
        }
    }
}
