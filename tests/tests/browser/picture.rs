//! Pictures of pages for the user guide.

use crate::chromium::Chromium;
use crate::driver::target;
use std::path::{Path, PathBuf};

/// Where the guide keeps them.
pub(crate) fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide")
}

/// CSS pixels; a page that is longer is cut.
const WIDTH: u32 = 1_280;
const HIGHEST: u64 = 1_100;
/// Bytes of a picture (our own default).
const LARGEST: usize = 150_000;

impl Chromium {
    /// Takes a picture of the page into `target/guide`; with `UPDATE_GUIDE` into the guide as well.
    pub(crate) async fn picture(&self, name: &str) {
        self.resize(WIDTH, 400).await;
        let height = "return document.documentElement.scrollHeight";
        let height = self.client.execute(height, Vec::new()).await.unwrap().as_u64().unwrap();
        self.resize(WIDTH, u32::try_from(height.min(HIGHEST)).unwrap()).await;
        self.client.execute("scrollTo(0, 0); document.activeElement.blur()", Vec::new()).await.unwrap();
        let png = self.client.screenshot().await.unwrap();
        self.resize(WIDTH, 1_600).await;
        assert!(png.len() <= LARGEST, "{name}: {} bytes", png.len());
        let made = target().join("guide");
        std::fs::create_dir_all(&made).unwrap();
        std::fs::write(made.join(format!("{name}.png")), &png).unwrap();
        if std::env::var_os("UPDATE_GUIDE").is_some() {
            std::fs::create_dir_all(kept()).unwrap();
            std::fs::write(kept().join(format!("{name}.png")), &png).unwrap();
        }
    }
}
