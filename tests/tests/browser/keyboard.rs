//! A page without a mouse.

use crate::chromium::Chromium;
use crate::driver::Driver;
use creditbank_tests::Desk;
use fantoccini::key::Key;
use std::time::Duration;

/// More stops than any head has.
const STOPS: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_looked_up_by_keys_alone() {
    let driver = Driver::start();
    let desk = Desk::open().await;
    let mut clerk = Chromium::of(&driver, &desk, ("clerk", "school"), "zh-Hant").await;
    clerk.visit("/search").await;
    let tab = String::from(char::from(Key::Tab));
    clerk.find("body").await.send_keys(&tab).await.unwrap();
    let first = clerk.client.active_element().await.unwrap();
    assert_eq!(first.attr("class").await.unwrap().as_deref(), Some("skip"));
    assert!(first.is_displayed().await.unwrap(), "it is seen once it is reached");
    let mut stops = 0;
    loop {
        let here = clerk.client.active_element().await.unwrap();
        if here.attr("name").await.unwrap().as_deref() == Some("q") {
            here.send_keys("r0001").await.unwrap();
        }
        if here.tag_name().await.unwrap() == "button" && clerk.count("main button:focus").await == 1 {
            here.send_keys(&String::from(char::from(Key::Enter))).await.unwrap();
            break;
        }
        here.send_keys(&tab).await.unwrap();
        stops += 1;
        assert!(stops < STOPS, "the button is never reached");
    }
    // A key does not wait for the page behind it, as a click does.
    for _ in 0..100 {
        if clerk.path().await != "/search" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(clerk.path().await, "/residents/r0001");
    clerk.look().await;
}
