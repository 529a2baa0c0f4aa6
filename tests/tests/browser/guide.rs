//! The user guide and its pictures name each other.

use crate::picture::kept;
use std::collections::BTreeSet;

#[test]
fn the_guide_shows_every_picture_and_every_picture_is_there() {
    let guide = std::fs::read_to_string(kept().with_extension("md")).unwrap();
    let shown = guide.split("](guide/").skip(1).filter_map(|rest| rest.split_once(')'));
    let shown: BTreeSet<String> = shown.map(|(name, _)| name.to_owned()).collect();
    let files = std::fs::read_dir(kept()).unwrap();
    let there: BTreeSet<String> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!shown.is_empty());
    assert_eq!(shown, there);
}
