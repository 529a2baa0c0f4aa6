//! Records of rows that are too many to hold in memory: in a file without a name, which goes when it is let go of.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::marker::PhantomData;
use std::os::unix::fs::FileExt;

/// Where the record of a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    row: u64,
    at: u64,
    bytes: u32,
}

/// Records on their way into the file.
pub(super) struct Spooling<T> {
    file: BufWriter<File>,
    at: u64,
    places: Vec<Place>,
    of: PhantomData<T>,
}

/// Records in order of their rows; 24 bytes of each stand in memory.
pub(super) struct Spool<T> {
    file: File,
    places: Vec<Place>,
    of: PhantomData<fn() -> T>,
}

impl<T: Serialize> Spooling<T> {
    pub(super) fn new() -> io::Result<Spooling<T>> {
        Ok(Spooling {
            file: BufWriter::new(tempfile::tempfile()?),
            at: 0,
            places: Vec::new(),
            of: PhantomData,
        })
    }

    pub(super) fn push(&mut self, row: u64, record: &T) -> io::Result<()> {
        let bytes = serde_json::to_vec(record)?;
        self.file.write_all(&bytes)?;
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        self.places.push(Place { row, at: self.at, bytes: length });
        self.at += u64::from(length);
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<Spool<T>> {
        self.places.sort_unstable();
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Spool { file, places: self.places, of: PhantomData })
    }
}

impl<T: DeserializeOwned> Spool<T> {
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Some records from one on, each with its row.
    pub(super) fn page(&self, from: usize, most: usize) -> io::Result<Vec<(u64, T)>> {
        self.places.iter().skip(from).take(most).map(|place| Ok((place.row, self.read(*place)?))).collect()
    }

    /// The record of a row.
    pub(super) fn of(&self, row: u64) -> io::Result<Option<T>> {
        let found = self.places.binary_search_by_key(&row, |place| place.row).ok();
        found.and_then(|n| self.places.get(n)).map(|place| self.read(*place)).transpose()
    }

    fn read(&self, place: Place) -> io::Result<T> {
        let mut bytes = vec![0; place.bytes as usize];
        self.file.read_exact_at(&mut bytes, place.at)?;
        Ok(serde_json::from_slice(&bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_in_order_of_their_rows() {
        let mut spooling = Spooling::<String>::new().unwrap();
        for row in [7, 3, 5] {
            spooling.push(row, &format!("第 {row} 列")).unwrap();
        }
        let spool = spooling.finish().unwrap();
        assert_eq!(spool.len(), 3);
        assert_eq!(spool.page(1, 5).unwrap(), [(5, "第 5 列".to_owned()), (7, "第 7 列".to_owned())]);
        assert_eq!(spool.of(3).unwrap().as_deref(), Some("第 3 列"));
        assert_eq!(spool.of(4).unwrap(), None);
    }
}
