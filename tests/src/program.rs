//! The real program, in a process of its own.

use crate::{Clients, canary};
use creditbank_grpc::Bearer;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tonic::transport::Endpoint;

/// A running `creditbank serve`; killed when dropped.
pub struct Program {
    child: Child,
    /// What it says, at a level at which it says nearly all.
    log: PathBuf,
    /// `http://127.0.0.1:PORT` of gRPC.
    pub grpc: String,
    /// `http://127.0.0.1:PORT` of metrics.
    pub http: String,
    database: String,
}

/// Who does most of what a journey does: role and person.
const OFFICER: (&str, &str) = ("officer", "officer-01");

/// Tokens by database, role and person: one each, so that starting a program again adds nothing to its log.
static TOKENS: Mutex<BTreeMap<[String; 3], String>> = Mutex::new(BTreeMap::new());

/// A token for all of a database's ledger, issued by whoever has the database.
fn token(url: &str, role: &str, person: &str) -> String {
    let mut tokens = TOKENS.lock().unwrap();
    let held = tokens.entry([url, role, person].map(str::to_owned));
    let issue = || {
        let printed =
            Program::run_url(url, &["token", "create", "--role", role, "--person", person, "--json"]);
        assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stdout));
        let answer: serde_json::Value = serde_json::from_slice(&printed.stdout).unwrap();
        answer["token"].as_str().unwrap().to_owned()
    };
    held.or_insert_with(issue).clone()
}

impl Program {
    /// Where the program was built: beside the tests.
    pub fn path() -> PathBuf {
        let mut path = std::env::current_exe().unwrap();
        path.pop();
        if path.ends_with("deps") {
            path.pop();
        }
        path.push("creditbank");
        assert!(path.exists(), "{} is not built: run tests/run, or cargo build first", path.display());
        path
    }

    /// Starts `creditbank serve` on a file, on free ports, and waits until it is ready.
    pub fn serve(database: &Path, more: &[&str]) -> Program {
        Program::serve_url(&format!("sqlite://{}", database.display()), more)
    }

    /// The same on any database.
    pub fn serve_url(url: &str, more: &[&str]) -> Program {
        // Issued before, so that what the program then does is not beside another writer.
        token(url, OFFICER.0, OFFICER.1);
        let administrator = std::env::temp_dir().join(format!("{}.token", uuid::Uuid::now_v7()));
        let log = std::env::temp_dir().join(format!("{}.log", uuid::Uuid::now_v7()));
        let mut child = Command::new(Program::path())
            .args(["serve", "--http-addr", "127.0.0.1:0"])
            .args(if more.contains(&"--grpc-addr") { &[][..] } else { &["--grpc-addr", "127.0.0.1:0"] })
            .args(["--database-url", url])
            // A journey posts as fast as it can.
            .args(["--calls-per-second", "1000000"])
            .arg("--administrator-token")
            .arg(&administrator)
            .args(more)
            .env("RUST_LOG", "debug,h2=info,hyper=info,hyper_util=info")
            .stderr(File::create(&log).unwrap())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            panic!("no ready line: {}", std::fs::read_to_string(&log).unwrap_or_default())
        });
        let address = |side: &str| format!("http://{}", ready[side].as_str().unwrap());
        // No journey of this harness needs it.
        let _ = std::fs::remove_file(administrator);
        Program { grpc: address("grpc"), http: address("http"), database: url.to_owned(), child, log }
    }

    /// Clients of an officer, who may do most of what a journey does.
    pub async fn clients(&self) -> Clients {
        self.clients_of(OFFICER.0, OFFICER.1).await
    }

    /// Clients of somebody in a role.
    pub async fn clients_of(&self, role: &str, person: &str) -> Clients {
        let endpoint = Endpoint::from_shared(self.grpc.clone()).unwrap().tcp_nodelay(true);
        let bearer = Bearer::of(&token(&self.database, role, person)).unwrap();
        Clients::with(bearer, endpoint.connect().await.unwrap())
    }

    /// Says that a file is a copy of another: its credentials are those of the other.
    pub fn is_copy(copy: &Path, of: &Path) {
        let url = |file: &Path| format!("sqlite://{}", file.display());
        let mut tokens = TOKENS.lock().unwrap();
        let held: Vec<_> = tokens.iter().filter(|(key, _)| key[0] == url(of)).collect();
        let copied: Vec<_> = held
            .into_iter()
            .map(|([_, role, person], token)| ([url(copy), role.clone(), person.clone()], token.clone()))
            .collect();
        tokens.extend(copied);
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and its exit status.
    pub fn terminate(&mut self) -> std::process::ExitStatus {
        let done = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(done.success());
        self.child.wait().unwrap()
    }

    /// Runs a command on a file and gives what it printed.
    pub fn run(database: &Path, arguments: &[&str]) -> Output {
        Program::run_url(&format!("sqlite://{}", database.display()), arguments)
    }

    /// The same on any database.
    pub fn run_url(url: &str, arguments: &[&str]) -> Output {
        let output = Command::new(Program::path())
            .args(["--database-url", url])
            .args(arguments)
            .env("RUST_LOG", "warn")
            .output()
            .unwrap();
        canary::assert_absent(&output.stderr, &[], "standard error");
        output
    }

    /// Personal data and tokens stand in nothing that the program leaves behind: log, metrics, files of the database.
    fn search_for_canaries(&mut self, metrics: &[u8]) {
        let tokens = TOKENS.lock().unwrap_or_else(PoisonError::into_inner);
        let issued = tokens.iter().filter(|([url, ..], _)| *url == self.database);
        let secrets: Vec<String> =
            issued.filter_map(|(_, token)| token.rsplit('_').next()).map(str::to_owned).collect();
        drop(tokens);
        canary::assert_absent(std::fs::read(&self.log).unwrap_or_default(), &secrets, "the log");
        canary::assert_absent(metrics, &secrets, "the metrics");
        for beside in ["", "-wal", "-shm"] {
            let file = format!("{}{beside}", self.database.trim_start_matches("sqlite://"));
            canary::assert_absent(std::fs::read(&file).unwrap_or_default(), &secrets, &file);
        }
    }

    fn metrics(&self) -> Vec<u8> {
        let ask = || -> std::io::Result<Vec<u8>> {
            let mut stream = TcpStream::connect(self.http.trim_start_matches("http://"))?;
            stream.set_read_timeout(Some(Duration::from_secs(2)))?;
            stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
            let mut told = Vec::new();
            stream.read_to_end(&mut told)?;
            Ok(told)
        };
        // A program that was killed tells nothing any more.
        ask().unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let metrics = self.metrics();
        // It may have been killed by the journey itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let told = log.lines().filter(|line| !line.contains("DEBUG"));
            eprintln!("the program said:\n{}", told.collect::<Vec<_>>().join("\n"));
        } else {
            self.search_for_canaries(&metrics);
        }
        let _ = std::fs::remove_file(&self.log);
    }
}
