//! Files that are made to harm. Each is read in a process of its own, whose memory and time are measured: the first of these
//! tests, begun again with the file's path in its environment.

#[cfg(test)]
mod files;
#[cfg(test)]
#[path = "../made/mod.rs"]
mod made;

#[cfg(test)]
mod tests {
    use crate::files;
    use crate::made::LECTURES;
    use creditbank_import::{Mapping, RowOutcome, Source};
    use ledger_core::id::LedgerId;
    use std::path::Path;
    use std::process::Command;
    use std::time::Instant;

    const FILE: &str = "CREDITBANK_HOSTILE_FILE";
    /// RELIABILITY §5, threat 10: at most so much more memory, and 1 s; five in a build that is not optimised.
    const MOST_KIB: u64 = 32 * 1024;
    const MOST_MS: u128 = 5_000;

    /// What a process made of a file.
    #[derive(Debug)]
    struct Told {
        verdict: String,
        message: String,
        ms: u128,
        kib: u64,
    }

    /// The most memory that this process has had, in KiB.
    fn peak_kib() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    #[test]
    fn a_good_file_is_read_and_told_of() {
        if let Ok(path) = std::env::var(FILE) {
            tell(Path::new(&path));
            return;
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), files::good().zip()).unwrap();
        assert_eq!(tell(file.path()), "POSTS 1");
    }

    /// Reads a file and tells what came of it.
    fn tell(path: &Path) -> String {
        let mapping = Mapping::parse(LECTURES).unwrap();
        let (before, begun) = (peak_kib(), Instant::now());
        let read = || {
            let source = Source::open(&mapping, path)?;
            let ledger = LedgerId::parse("demo").unwrap();
            let mut posted = 0;
            for row in source.rows(&ledger)? {
                posted += u32::from(matches!(row?.outcome, RowOutcome::Post(_)));
            }
            Ok::<u32, creditbank_import::ImportError>(posted)
        };
        let (verdict, message) = match read() {
            Ok(posted) => (format!("POSTS {posted}"), String::new()),
            Err(error) => (error.reason().to_owned(), error.to_string().replace('\n', " ")),
        };
        println!("\nTOLD\t{verdict}\t{}\t{}\t{message}", begun.elapsed().as_millis(), peak_kib() - before);
        verdict
    }

    fn read(bytes: &[u8]) -> Told {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let mut process = Command::new(std::env::current_exe().unwrap());
        process.args(["--exact", "tests::a_good_file_is_read_and_told_of", "--nocapture"]);
        let output = process.env(FILE, file.path()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("TOLD\t"));
        let line = line.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
        let told: Vec<&str> = line.splitn(4, '\t').collect();
        Told {
            verdict: told[0].to_owned(),
            ms: told[1].parse().unwrap(),
            kib: told[2].parse().unwrap(),
            message: told[3].to_owned(),
        }
    }

    #[test]
    fn every_hostile_file_is_refused_in_words_in_time_and_in_little_memory() {
        let mut failed = Vec::new();
        let files = files::all();
        assert!(files.len() >= 30);
        for file in files {
            let told = read(&file.bytes);
            println!(
                "{:<28} {:>9} B {:<22} {:>5} ms {:>6} KiB",
                file.name,
                file.bytes.len(),
                told.verdict,
                told.ms,
                told.kib
            );
            let is_in_words = told.message.contains(file.word) && told.message.contains('。');
            if told.verdict != file.reason || !is_in_words || told.ms > MOST_MS || told.kib > MOST_KIB {
                failed.push((file.name, told));
            }
        }
        assert!(failed.is_empty(), "{failed:#?}");
    }

    #[test]
    fn what_a_file_claims_costs_no_memory() {
        for (name, bytes) in files::greedy() {
            let told = read(&bytes);
            println!(
                "{name:<36} {:>9} B {:<10} {:>5} ms {:>6} KiB",
                bytes.len(),
                told.verdict,
                told.ms,
                told.kib
            );
            assert_eq!(told.verdict, "POSTS 1", "{name}: {told:?}");
            assert!(told.ms <= MOST_MS && told.kib <= MOST_KIB, "{name}: {told:?}");
        }
    }

    #[test]
    fn the_longest_list_is_read_in_bounded_memory() {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        let sheet = workbook.add_worksheet();
        for (column, heading) in (0_u16..).zip(["居民碼", "日期", "時數", "狀態", "備註"]) {
            sheet.write_string(0, column, heading).unwrap();
        }
        for row in 1..50_000 {
            sheet.write_string(row, 0, format!("r{row:05}")).unwrap();
            sheet.write_string(row, 1, "2024-05-31").unwrap();
            sheet.write_number(row, 2, 1.5).unwrap();
            sheet.write_string(row, 3, "出席").unwrap();
            sheet.write_string(row, 4, format!("第 {row} 位，下學期再來")).unwrap();
        }
        let bytes = workbook.save_to_buffer().unwrap();
        let told = read(&bytes);
        println!("50,000 rows, {} B: {} in {} ms, {} KiB more", bytes.len(), told.verdict, told.ms, told.kib);
        assert_eq!(told.verdict, "POSTS 49999", "{told:?}");
        assert!(told.kib <= MOST_KIB, "{told:?}");
    }
}
