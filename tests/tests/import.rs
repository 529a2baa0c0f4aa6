//! Importing a real provider's sheet as it is: the Open University's learners.
//!
//! Where `CREDITBANK_OULAD_DIR` names a folder with the data set, the journey runs on its 32,593 rows; else on a made
//! sheet of the same shape. Either way every figure is computed a second time, here, from the sheet alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use chrono::{Datelike, NaiveDate, TimeDelta};
use creditbank_tests::Program;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The folder with the sheet, and whether it is the real one.
fn sheet(made_in: &Path) -> (PathBuf, bool) {
    if let Some(folder) = std::env::var_os("CREDITBANK_OULAD_DIR") {
        return (PathBuf::from(folder), true);
    }
    let courses = "code_module,code_presentation,module_presentation_length\n\
                   AAA,2013J,268\nAAA,2014J,269\nBBB,2013B,240\nBBB,2014B,234\nCCC,2014J,269\n";
    std::fs::write(made_in.join("courses.csv"), courses).unwrap();
    let mut rows = String::from(
        "code_module,code_presentation,id_student,gender,region,highest_education,imd_band,age_band,\
         num_of_prev_attempts,studied_credits,disability,final_result\n",
    );
    let presentations =
        [("AAA", "2013J"), ("AAA", "2014J"), ("BBB", "2013B"), ("BBB", "2014B"), ("CCC", "2014J")];
    let results = ["Pass", "Withdrawn", "Distinction", "Fail", "Pass"];
    for learner in 0..700 {
        for (n, (module, presentation)) in presentations.iter().enumerate() {
            if (learner + n) % 3 != 0 {
                let (credits, result) =
                    (30 * (1 + (learner + n) % 4), results[(learner * 7 + n) % results.len()]);
                let _ = writeln!(
                    rows,
                    "{module},{presentation},{},M,Scotland,HE Qualification,20-30%,35-55,0,{credits},N,{result}",
                    10_000 + learner
                );
            }
        }
    }
    std::fs::write(made_in.join("studentInfo.csv"), rows).unwrap();
    (made_in.to_owned(), false)
}

/// What the sheet says, computed without the ledger.
#[derive(Default)]
struct Expected {
    learners: BTreeSet<String>,
    completions: u64,
    not_completed: BTreeMap<String, u64>,
    /// Hundredths of credit by learner.
    credit: BTreeMap<String, i64>,
}

fn expected(folder: &Path) -> Expected {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap().replace('"', "");
    let length: BTreeMap<(String, String), i64> = read("courses.csv")
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            ((cells[0].to_owned(), cells[1].to_owned()), cells[2].parse().unwrap())
        })
        .collect();
    let mut expected = Expected::default();
    let mut by_year: BTreeMap<(String, i32), i64> = BTreeMap::new();
    for line in read("studentInfo.csv").lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let (module, presentation, learner) = (cells[0], cells[1], format!("ou-{}", cells[2]));
        expected.learners.insert(learner.clone());
        if !matches!(cells[11], "Pass" | "Distinction") {
            *expected.not_completed.entry(cells[11].to_owned()).or_default() += 1;
            continue;
        }
        expected.completions += 1;
        let month = if presentation.ends_with('B') { 2 } else { 10 };
        let start = NaiveDate::from_ymd_opt(presentation[..4].parse().unwrap(), month, 1).unwrap();
        let days = length[&(module.to_owned(), presentation.to_owned())];
        let completed = start + TimeDelta::days(days);
        // One OU credit is 10 hours, an hour one 學分; online at most 2 a day of the course and 60 a year.
        let hours: i64 = cells[9].parse::<i64>().unwrap() * 10;
        let earned = (hours * 100).min(200 * (days + 1));
        *by_year.entry((learner, completed.year())).or_default() += earned;
    }
    for ((learner, _), earned) in by_year {
        *expected.credit.entry(learner).or_default() += earned.min(6_000);
    }
    expected
}

fn import(database: &Path, folder: &Path, verdicts: &Path) -> (Value, Vec<Value>) {
    let mapping = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/oulad.toml");
    let sheet = folder.join("studentInfo.csv");
    let arguments = [
        "import",
        "--yes",
        "--json",
        "--mapping",
        mapping.to_str().unwrap(),
        sheet.to_str().unwrap(),
        "--verdicts",
        verdicts.to_str().unwrap(),
    ];
    let output = Program::run(database, &arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text} {}", String::from_utf8_lossy(&output.stderr));
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summary = lines.pop().unwrap()["summary"].clone();
    (summary, lines)
}

#[test]
fn a_providers_own_sheet_is_recorded_once_and_balances_are_right() {
    let folder = tempfile::tempdir().unwrap();
    let (sheet, real) = sheet(folder.path());
    let (database, verdicts) = (folder.path().join("ledger.db"), folder.path().join("verdicts.csv"));
    let expected = expected(&sheet);
    let not_completed: u64 = expected.not_completed.values().sum();
    if real {
        assert_eq!((expected.completions, expected.learners.len()), (15_385, 28_785));
    }

    let (summary, rows) = import(&database, &sheet, &verdicts);
    assert_eq!(summary["recorded"], expected.completions);
    assert_eq!(summary["accounts_opened"], expected.learners.len());
    assert_eq!((summary["bad"].as_u64(), summary["refused"].as_u64()), (Some(0), Some(0)));
    for (result, count) in &expected.not_completed {
        let told: u64 = summary["skipped_by_reason"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(reason, _)| reason.contains(result.as_str()))
            .map(|(_, count)| count.as_u64().unwrap())
            .sum();
        assert_eq!(told, *count, "{result} rows are reported, not dropped");
    }
    assert_eq!(rows.len() as u64, expected.completions + not_completed, "a verdict for every row");
    let lines = std::fs::read_to_string(&verdicts).unwrap().lines().count() as u64;
    assert_eq!(lines, 1 + expected.completions + not_completed, "in the file too");

    let (again, _) = import(&database, &sheet, &verdicts);
    assert_eq!((again["recorded"].as_u64(), again["accounts_opened"].as_u64()), (Some(0), Some(0)));
    assert_eq!(again["already_recorded"], expected.completions, "the second time records none and says so");
    assert_eq!(again["batch"], summary["batch"], "file and mapping name the batch");

    let listed = Program::run(&database, &["balance", "--all", "residents", "--json"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    let mut accounts = 0;
    for line in listed.lines() {
        let balance: Value = serde_json::from_str(line).unwrap();
        let learner = balance["account"].as_str().unwrap().rsplit('/').next().unwrap();
        let credit = expected.credit.get(learner).copied().unwrap_or(0);
        assert_eq!(balance["centi_credits"].as_i64(), Some(credit), "{learner}");
        accounts += 1;
    }
    assert_eq!(accounts, expected.learners.len());
    let verified = Program::run(&database, &["verify", "--json"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));

    let batch = summary["batch"].as_str().unwrap();
    let undo =
        ["reverse-batch", batch, "--posted-by", "open-university", "--reason", "input_error", "--json"];
    let dry = Program::run(&database, &undo);
    assert!(dry.status.success() && dry.stdout.is_empty(), "without --yes nothing is reversed: {dry:?}");
    let undone = Program::run(&database, &[undo.as_slice(), &["--yes"]].concat());
    let undone: Value = serde_json::from_slice(&undone.stdout).unwrap();
    assert_eq!(
        (undone["reversed"].as_u64(), undone["done"].as_bool()),
        (Some(expected.completions), Some(true))
    );
    let listed = Program::run(&database, &["batches", "--organization", "open-university", "--json"]);
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(
        (listed["entries"].as_u64(), listed["standing"].as_u64()),
        (Some(expected.completions), Some(0))
    );
    println!("{} completions of {} learners, {not_completed} rows reported", expected.completions, accounts);
}
