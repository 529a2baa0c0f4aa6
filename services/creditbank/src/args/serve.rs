//! Arguments of what is served, and to whom.

use clap::Args as ClapArgs;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Addresses {
    /// Where gRPC is served
    #[arg(long, default_value = "127.0.0.1:50051", value_name = "ADDRESS")]
    pub(crate) grpc_addr: SocketAddr,
    /// Where the console, metrics and liveness are served
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub(crate) http_addr: SocketAddr,
    /// The console's address behind a proxy that speaks TLS, such as https://ledger.example.org; else only browsers of this
    /// machine reach it
    #[arg(long, value_name = "URL")]
    pub(crate) console_url: Option<String>,
    /// Which activities of which online platforms are which courses (docs/xapi.md), TOML; read again when the file changes
    #[arg(long, value_name = "FILE")]
    pub(crate) xapi_mapping: Option<PathBuf>,
    /// A hot standby of the database to read from; several with commas, or the flag again
    #[arg(
        long,
        env = "CREDITBANK_READ_URL",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "URL"
    )]
    pub(crate) read_url: Vec<String>,
    #[command(flatten)]
    pub(crate) tls: ServerTls,
    #[command(flatten)]
    pub(crate) oidc: Oidc,
    /// Serve without TLS on an address that other machines reach: tokens and data then go over the network in the clear
    #[arg(long)]
    pub(crate) allow_plaintext: bool,
    /// How many calls a second one credential may make; four times as many at once
    #[arg(long, default_value_t = creditbank_access::Rate::DEFAULT.per_second, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) calls_per_second: u32,
    /// How many clients may be connected at once
    #[arg(long, default_value_t = creditbank_grpc::ConnectionLimits::DEFAULT.open, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) connections: u32,
    /// How many of them from one address; behind a proxy all come from one
    #[arg(long, default_value_t = creditbank_grpc::ConnectionLimits::DEFAULT.open_per_peer, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) connections_per_peer: u32,
    /// The key that checkpoints are signed with (creditbank checkpoint-key); without it none are
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint_key: Option<PathBuf>,
    /// A key of before: badges and papers that it signed are still believed; the flag again for another
    #[arg(long, value_name = "FILE", requires = "checkpoint_key")]
    pub(crate) checkpoint_key_before: Vec<PathBuf>,
    /// A witness that checkpoints are shown to (creditbank witness); the flag again for another
    #[arg(long, value_name = "URL=VKEY", requires = "checkpoint_key")]
    pub(crate) witness: Vec<String>,
    /// Where the first administrator's token is written; else beside the database's file, or in this folder
    #[arg(long, value_name = "FILE")]
    pub(crate) administrator_token: Option<PathBuf>,
    /// Let clients ask which services there are (always on in demo)
    #[arg(long)]
    pub(crate) reflection: bool,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ServerTls {
    /// The certificate that gRPC is served with, and its chain, PEM; other machines may then reach --grpc-addr
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Authorities whose certificates clients may show instead of a token, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) client_ca: Option<PathBuf>,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Oidc {
    /// The issuer whose access tokens (JWT) callers may show, exactly as in `iss`
    #[arg(long, value_name = "URL", requires = "oidc_jwks")]
    pub(crate) oidc_issuer: Option<String>,
    /// What stands before the ledger in the audience of its tokens, as in creditbank:district
    #[arg(long, value_name = "PREFIX", default_value = "creditbank")]
    pub(crate) oidc_audience_prefix: String,
    /// The issuer's keys, a JSON Web Key Set; read again when the file changes
    #[arg(long, value_name = "FILE", requires = "oidc_issuer")]
    pub(crate) oidc_jwks: Option<PathBuf>,
}
