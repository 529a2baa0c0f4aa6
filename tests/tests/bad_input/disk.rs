//! A disk that is full, for real: the program on a small file system of its own.
//!
//! It needs a mount namespace (`unshare`, as root or where users may have namespaces). Where the machine gives none,
//! the journey fails and says so; `CREDITBANK_NO_NAMESPACES=1` leaves it out.

use crate::request::{batch, post_detail};
use crate::row::Expected;
use creditbank_grpc::{Bearer, proto};
use creditbank_tests::{Clients, LEDGER, Program, name};
use ledger_core::Reason;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tonic::Code;
use tonic::transport::Endpoint;

const OPT_OUT: &str = "CREDITBANK_NO_NAMESPACES";

/// Mounts a file system of 8 MiB on `$1`, fills half of it with ballast, and becomes the program `$2`.
const SCRIPT: &str = r#"
mount -t tmpfs -o size=8m none "$1"
head -c 4194304 /dev/zero > "$1/ballast"
"$2" token create --role officer --person officer-01 --json --database-url "sqlite://$1/ledger.db"
exec "$2" serve --grpc-addr 127.0.0.1:0 --http-addr 127.0.0.1:0 --database-url "sqlite://$1/ledger.db"
"#;

/// `unshare` with what it takes here; none where it gives no mount namespace.
fn unshare() -> Option<Vec<&'static str>> {
    let ways = [vec!["--mount"], vec!["--map-root-user", "--mount"]];
    ways.into_iter().find(|way| {
        let probe = Command::new("unshare").args(way).args(["mount", "-t", "tmpfs", "none", "/mnt"]).output();
        probe.is_ok_and(|probe| probe.status.success())
    })
}

/// The program on its small disk; killed when dropped, and the disk with it.
struct SmallDisk {
    child: Child,
    folder: PathBuf,
    grpc: String,
    bearer: Bearer,
}

impl SmallDisk {
    fn start(way: &[&str], folder: &Path) -> SmallDisk {
        let mut child = Command::new("unshare")
            .args(way)
            .args(["sh", "-e", "-c", SCRIPT, "sh"])
            .args([folder, &Program::path()])
            .env("RUST_LOG", "off")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut printed = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut line =
            || serde_json::from_str::<serde_json::Value>(&printed.next().unwrap().unwrap()).unwrap();
        let (issued, ready) = (line(), line());
        let bearer = Bearer::of(issued["token"].as_str().unwrap()).unwrap();
        let grpc = format!("http://{}", ready["grpc"].as_str().unwrap());
        SmallDisk { child, folder: folder.to_owned(), grpc, bearer }
    }

    /// Makes room: the disk is seen through the process that mounted it.
    fn make_room(&self) {
        let root = PathBuf::from(format!("/proc/{}/root", self.child.id()));
        let ballast = self.folder.join("ballast");
        std::fs::remove_file(root.join(ballast.strip_prefix("/").unwrap())).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn recorded(clients: &Clients) -> u64 {
    let request = proto::GetLedgerRequest { name: LEDGER.to_owned() };
    let ledger = clients.registry.clone().get_ledger(request).await.unwrap().into_inner().ledger.unwrap();
    ledger.census.unwrap().entries
}

/// Readings of the residents in turn, one a day: real rows, not one account that grows.
fn readings(round: usize) -> proto::BatchPostEntriesRequest {
    let reading = |n: usize| {
        let mut request = post_detail(proto::entry::Detail::Reading(proto::Reading { books: 1 }), 0);
        let entry = request.entry.as_mut().unwrap();
        entry.account = name(&format!("residents/r{:04}", n + 1));
        entry.occurred_on = format!("20{:02}-03-{:02}", round % 26, 1 + round / 26);
        request
    };
    batch((0..500).map(reading).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_every_posting_keeps_every_answer_and_goes_on_when_there_is_room() {
    let Some(way) = unshare() else {
        assert!(
            std::env::var_os(OPT_OUT).is_some(),
            "no mount namespace here: set {OPT_OUT}=1 to leave this out"
        );
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let disk = SmallDisk::start(&way, folder.path());
    let channel = Endpoint::from_shared(disk.grpc.clone()).unwrap().connect().await.unwrap();
    let clients = Clients::with(disk.bearer.clone(), channel);
    creditbank_tests::District::build(&clients, 500).await;

    let mut acknowledged = 0;
    let mut round = 0;
    let (request, status) = loop {
        let request = readings(round);
        match clients.ledger.clone().batch_post_entries(request.clone()).await {
            Ok(_) => acknowledged += 500,
            Err(status) => break (request, status),
        }
        round += 1;
        assert!(round < 700, "four MiB take no more");
    };
    assert!(acknowledged > 0, "there was room at first");
    // No field is named: the disk is no fault of an item.
    let expected = Expected::new(Code::Unavailable, Reason::StorageReadOnly);
    assert_eq!(expected.differences(&status), Vec::<String>::new());
    assert_eq!(recorded(&clients).await, acknowledged, "what was answered is there, what was refused is not");
    let again = clients.ledger.clone().batch_post_entries(request.clone()).await.expect_err("still full");
    assert_eq!(expected.differences(&again), Vec::<String>::new());

    disk.make_room();
    let answer = clients.ledger.clone().batch_post_entries(request).await.unwrap().into_inner();
    assert!(answer.verdicts.iter().all(|verdict| !verdict.replayed), "nothing had been recorded");
    assert_eq!(recorded(&clients).await, acknowledged + 500);
}
