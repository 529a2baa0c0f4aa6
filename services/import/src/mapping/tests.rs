use super::*;
use std::fmt::Write;

const GOOD: &str = r#"
mapping = "class"
[columns]
who = "居民碼"
day = "日期"
hours = "時數"
[number.minutes]
product = ["{hours}", 60]
[entry]
form = "lecture"
account = "residents/{who}"
organization = "school"
occurred_on = "{day}"
minutes = "{minutes}"
"#;

/// The mistakes of the good mapping with one text replaced, or with more behind it.
fn mistakes(from: &str, to: &str) -> String {
    let text = if from.is_empty() { format!("{GOOD}\n{to}") } else { GOOD.replace(from, to) };
    assert_ne!(text, GOOD, "{from} is not in the mapping");
    let error = Mapping::parse(&text).expect_err(&format!("{from} → {to} is no mistake"));
    error.mistakes.iter().fold(String::new(), |mut all, mistake| {
        let _ = writeln!(all, "{}: {}", mistake.path, mistake.message);
        all
    })
}

#[test]
fn a_good_mapping_has_no_mistakes() {
    assert_eq!(Mapping::parse(GOOD).unwrap().id(), "class");
}

#[test]
fn keys_that_do_not_exist_and_values_of_another_type_are_named_by_path_and_line() {
    let table = [
        ("mapping =", "maping =", "line 2"),
        ("product =", "produkt =", "number.minutes (line 8)"),
        ("minutes = \"{minutes}\"", "minuts = 1", "entry (line 14)"),
        ("form = \"lecture\"", "form = 1.5", "entry.form (line 10)"),
        ("who = \"居民碼\"", "who = 1", "columns.who (line 4)"),
        ("[number.minutes]", "[number.minutes", "line 7"),
        ("", "[register]\nresidents = \"some\"", "register.residents"),
        ("", "[file]\nsheet = 1", "file"),
        ("", "[[skip]]\nwhen = \"{who}\"\nis = \"x\"", "skip"),
    ];
    for (from, to, path) in table {
        let mistakes = mistakes(from, to);
        assert!(mistakes.starts_with(path), "{to}: {mistakes}");
    }
}

#[test]
fn mistakes_of_meaning_are_named_by_path() {
    let skip = |rest: &str| format!("[[skip]]\nwhen = \"{{who}}\"\nreason = \"no\"\n{rest}");
    let lookup = |rest: &str| format!("[[lookup]]\nname = \"t\"\n{rest}");
    let table = [
        ("\"class\"", "\"班\"", "mapping:"),
        ("\"class\"", "\"a-name-that-is-much-too-long\"", "mapping:"),
        ("who = ", "\"wh o\" = ", "columns.wh o:"),
        ("who = \"居民碼\"", "who = \" \"", "columns.who:"),
        ("[number.minutes]", "[number.hours]", "number.hours:"),
        ("{who}", "{whom}", "entry.account:"),
        ("{who}", "{who|shout}", "entry.account:"),
        ("{who}", "{who", "entry.account:"),
        ("{who}", "{who|map:no}", "entry.account:"),
        ("{who}", "{t.id}", "entry.account:"),
        ("[\"{hours}\", 60]", "[]", "number.minutes.product:"),
        ("\"lecture\"", "\"party\"", "entry.form:"),
        ("\"lecture\"", "\"offline_course\"", "entry.course:"),
        ("minutes = \"{minutes}\"", "minutes = 1\nmark = 1", "entry.mark:"),
        ("minutes = \"{minutes}\"", "", "entry.minutes:"),
        ("organization = \"school\"\n", "", "entry.organization:"),
        ("", "[file]\nencoding = \"latin1\"", "file.encoding:"),
        ("", "[file]\ndelimiter = \";;\"", "file.delimiter:"),
        ("", "[file]\nheader_row = 0", "file.header_row:"),
        ("", "[map.m]\n\"１\" = \"a\"\n1 = \"b\"", "map.m."),
        ("", "[date.d]\ntext = \"{day}\"\nformats = []", "date.d.formats:"),
        ("", "[date.d]\ntext = \"{day}\"\nformats = [\"M/D/YYYY\", \"DD/MM/YYYY\"]", "date.d.formats[1]:"),
        ("", "[date.d]\ntext = \"{day}\"\nformats = [\"Y-M-D\"]", "date.d.formats[0]:"),
        ("", "[text]\na = \"{b}\"\nb = \"{a}\"", "text.a:"),
        ("", "[date.d]\ntext = \"{day}\"\nplus_days = \"{d}\"", "date.d.text:"),
        ("", &skip(""), "skip[0]:"),
        ("", &skip("is = \"a\"\nis_not = \"b\""), "skip[0]:"),
        ("", &skip("below = \"x\""), "skip[0].below:"),
        ("", "[[skip]]\nwhen = \"{who}\"\nis = \"a\"\nreason = \" \"", "skip[0].reason:"),
        ("", "[[skip]]\nwhen = \"{x}\"\nis = \"a\"\nreason = \"r\"", "skip[0].when:"),
        ("", &lookup("file = \"../t.csv\"\non = { id = \"{who}\" }"), "lookup[0].file:"),
        ("", &lookup("on = { id = \"{who}\" }"), "lookup[0]:"),
        ("", &lookup("file = \"t.csv\"\non = {}"), "lookup[0].on:"),
        ("", &lookup("file = \"t.csv\"\non = { id = \"{x}\" }"), "lookup[0].on.id:"),
        ("", &lookup("rows = [{ di = \"a\" }]\non = { id = \"{who}\" }"), "lookup[0].rows:"),
        ("", "[register.course]\ndisplay_name = \"c\"", "register.course:"),
        ("\"residents/{who}\"", "\"organizations/x\"\n[register]\nresidents = \"all\"\n[entry.x]", "entry"),
    ];
    for (from, to, path) in table {
        let mistakes = mistakes(from, to);
        assert!(mistakes.lines().any(|line| line.starts_with(path)), "{to}: {mistakes}");
    }
}

#[test]
fn all_mistakes_of_meaning_are_told_at_once() {
    let text = GOOD.replace("{who}", "{whom}").replace("{day}", "{date}").replace("\"class\"", "\"班\"");
    let error = Mapping::parse(&text).unwrap_err();
    let paths: Vec<&str> = error.mistakes.iter().map(|mistake| mistake.path.as_str()).collect();
    assert_eq!(paths, ["mapping", "entry.account", "entry.occurred_on"]);
    assert_eq!(error.to_string().lines().count(), 3);
}
