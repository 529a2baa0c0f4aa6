//! A throw-away PostgreSQL: a cluster in a temporary folder, on a socket there, removed when this process ends, however it
//! ends. `CREDITBANK_TEST_POSTGRES` names a server to use instead, as a URL of a user who may create databases.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where Debian keeps the programs of each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The folder of `initdb`, `postgres` and `pg_ctl`: the newest of Debian's, or what the path has.
fn programs() -> PathBuf {
    let versions =
        std::fs::read_dir(DEBIAN).into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let newest = versions.filter(|bin| bin.join("initdb").exists()).max_by_key(|bin| {
        let version = bin.parent().and_then(Path::file_name).and_then(|name| name.to_str()?.parse().ok());
        version.unwrap_or(0_u32)
    });
    let on_path = || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).find(|folder| folder.join("initdb").exists())
    };
    newest.or_else(on_path).expect(
        "these tests need PostgreSQL 15 or newer: run tests/run, which installs it, or install the package postgresql",
    )
}

/// Whom the server runs as: PostgreSQL refuses root.
fn owner() -> Option<(u32, u32)> {
    let is_root =
        std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    if !is_root {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let id_of = |name: &str| {
        let mut fields = users.lines().find(|line| line.split(':').next() == Some(name))?.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    id_of("postgres").or_else(|| id_of("nobody"))
}

/// One server.
pub struct Cluster {
    /// Its data, its log and its socket.
    pub folder: PathBuf,
    programs: PathBuf,
    /// Stops the server when this process ends.
    guard: Option<Child>,
}

impl Cluster {
    /// A new cluster that runs with these settings; where `standby_of` is given, as its hot standby.
    pub fn start(settings: &[(&str, &str)], standby_of: Option<&Cluster>) -> Cluster {
        let folder = tempfile::Builder::new().prefix("creditbank-pg-").tempdir().unwrap().keep();
        let mut cluster = Cluster { folder, programs: programs(), guard: None };
        if let Some((user, group)) = owner() {
            chown(&cluster.folder, Some(user), Some(group)).unwrap();
        }
        match standby_of {
            None => cluster.run(
                "initdb",
                &["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-D", &cluster.data()],
            ),
            Some(primary) => {
                let from = format!("host={} user=postgres", primary.folder.display());
                cluster.run(
                    "pg_basebackup",
                    &["-R", "-X", "stream", "-c", "fast", "-d", &from, "-D", &cluster.data()],
                );
            }
        }
        let socket = format!("unix_socket_directories = '{}'\n", cluster.folder.display());
        let mut text = format!("listen_addresses = ''\nmax_connections = 300\n{socket}");
        for (name, value) in settings {
            text.push_str(&format!("{name} = '{value}'\n"));
        }
        let conf = Path::new(&cluster.data()).join("postgresql.conf");
        let before = std::fs::read_to_string(&conf).unwrap();
        std::fs::write(&conf, before + &text).unwrap();
        cluster.guard = Some(cluster.guarded());
        cluster.up();
        cluster
    }

    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(Stdio::null());
        if let Some((user, group)) = owner() {
            command.uid(user).gid(group);
        }
        command
    }

    /// What a program of PostgreSQL's prints, on this server.
    pub fn output(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = self.command(program);
        command.args(["-h", &self.folder.display().to_string(), "-U", "postgres"]).args(arguments);
        let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let output = self.command(program).args(arguments).stderr(Stdio::piped()).output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Starts it, and waits until it answers.
    pub fn up(&self) {
        let log = self.folder.join("log").display().to_string();
        let started =
            self.command("pg_ctl").args(["-D", &self.data(), "-l", &log, "-w", "-t", "60", "start"]).status();
        assert!(started.unwrap().success(), "{}", std::fs::read_to_string(log).unwrap_or_default());
    }

    /// Ends all of it at once, as a machine that loses its power.
    pub fn kill(&self) {
        let pids = std::fs::read_to_string(Path::new(&self.data()).join("postmaster.pid")).unwrap();
        self.signal(pids.lines().next().unwrap(), "KILL");
    }

    /// Stops all its processes where they stand, or lets them go on.
    pub fn freeze(&self, frozen: bool) {
        let pids = std::fs::read_to_string(Path::new(&self.data()).join("postmaster.pid")).unwrap();
        self.signal(pids.lines().next().unwrap(), if frozen { "STOP" } else { "CONT" });
    }

    /// Signals the server and its children.
    fn signal(&self, pid: &str, signal: &str) {
        let children =
            std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        for pid in std::iter::once(pid).chain(children.split_whitespace()) {
            let _ = Command::new("kill").args([&format!("-{signal}"), pid]).status();
        }
    }

    /// Makes a standby the primary.
    pub fn promote(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "-w", "promote"]);
    }

    /// Stops the server and removes the folder when this process ends: its end of the pipe is closed then.
    fn guarded(&self) -> Child {
        let stop = format!(
            "read -r _; '{}' -D '{}' -m immediate stop; rm -rf '{}'",
            self.programs.join("pg_ctl").display(),
            self.data(),
            self.folder.display()
        );
        let mut command = Command::new("sh");
        command.args(["-c", &stop]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // Of its own group: what is sent to the tests' group does not reach it.
        command.process_group(0);
        if let Some((user, group)) = owner() {
            command.uid(user).gid(group);
        }
        command.current_dir("/").spawn().unwrap()
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.folder.display())
    }

    /// A fresh, empty database.
    pub async fn database(&self) -> String {
        let name = make_database(&self.url("postgres")).await;
        self.url(&name)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self
            .command("pg_ctl")
            .args(["-D", &self.data(), "-m", "immediate", "stop"])
            .stderr(Stdio::null())
            .status();
        let _ = std::fs::remove_dir_all(&self.folder);
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            let _ = guard.wait();
        }
    }
}

/// A connection of one's own.
pub async fn connect(url: &str) -> PgConnection {
    let options = PgConnectOptions::from_str(url).unwrap().extra_float_digits(None);
    options.disable_statement_logging().connect().await.unwrap()
}

async fn make_database(server: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let name = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let mut connection = connect(server).await;
    sqlx::query(AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    name
}

/// A fresh database on the server that all tests of this process share.
pub async fn fresh_database() -> String {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    if let Ok(server) = std::env::var("CREDITBANK_TEST_POSTGRES") {
        let name = make_database(&server).await;
        let (before, options) = server.split_once('?').map_or((server.as_str(), None), |(b, o)| (b, Some(o)));
        let (host, _) = before.rsplit_once('/').expect("the URL names a database");
        return format!("{host}/{name}{}", options.map_or(String::new(), |options| format!("?{options}")));
    }
    let cluster =
        tokio::task::spawn_blocking(|| SHARED.get_or_init(|| Cluster::start(&[], None))).await.unwrap();
    cluster.database().await
}
