//! The process that drives browsers; it and what it started are gone when it is dropped.

use creditbank_tests::Program;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use tempfile::TempDir;

pub(crate) struct Driver {
    child: Child,
    /// `http://localhost:PORT`.
    pub(crate) address: String,
    /// Kept, so that the driver never writes into a closed pipe.
    _said: BufReader<ChildStdout>,
    /// Profiles of browsers and what else they leave behind.
    room: TempDir,
}

impl Driver {
    /// Starts it on a free port. Of many that start at once two may be given the same one: the other tries again.
    pub(crate) fn start() -> Driver {
        let mut tries = (0..5).map(|_| Driver::try_start());
        tries.find_map(|driver| driver).expect("chromedriver ended five times before it said its port")
    }

    fn try_start() -> Option<Driver> {
        let room = tempfile::tempdir().unwrap();
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .env("TMPDIR", room.path())
            .env("HOME", room.path())
            .env("FONTCONFIG_FILE", fonts(room.path()))
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver does not start: run tests/run, which installs it");
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let port = loop {
            let mut line = String::new();
            if said.read_line(&mut line).unwrap() == 0 {
                child.wait().unwrap();
                return None;
            }
            if let Some((_, port)) = line.trim_end().trim_end_matches('.').rsplit_once(" on port ")
                && port.parse::<u16>().is_ok_and(|port| port > 0)
            {
                break port.to_owned();
            }
        };
        Some(Driver { child, address: format!("http://localhost:{port}"), _said: said, room })
    }

    /// A file for the browser to upload.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.room.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The browsers are of its group, and outlive it by themselves.
        let group = format!("-{}", self.child.id());
        let killed = Command::new("kill").args(["-KILL", "--", &group]).status();
        let waited = self.child.wait();
        if !std::thread::panicking() {
            assert!(killed.unwrap().success() && waited.is_ok(), "the driver does not end");
        }
    }
}

/// The font that ships before all others, so that pictures are the same on every machine and none shows boxes for Chinese;
/// signs such as `✗`, which it does not draw, from DejaVu.
fn fonts(room: &Path) -> PathBuf {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../services/print/fonts");
    let path = room.join("fonts.conf");
    let text = format!(
        r#"<?xml version="1.0"?>
<fontconfig>
    <dir>{}</dir>
    <dir>/usr/share/fonts/truetype/dejavu</dir>
    <cachedir>{}</cachedir>
    <match target="pattern">
        <edit name="family" mode="prepend" binding="strong"><string>Noto Sans CJK TC</string></edit>
    </match>
</fontconfig>
"#,
        shipped.display(),
        room.join("cache").display()
    );
    std::fs::write(&path, text).unwrap();
    path
}

/// Where builds put what they make.
pub(crate) fn target() -> PathBuf {
    Program::path().ancestors().nth(2).unwrap().to_owned()
}
