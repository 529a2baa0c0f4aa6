//! The page of documentation shows the table the program goes by.

use creditbank_grpc::proto::Method;
use creditbank_grpc::{Check, Effect, rule};
use ledger_core::access::Role;
use std::fmt::Write;

const PAGE: &str = include_str!("../../../docs/access.md");

fn table() -> String {
    let mut table = String::from("| method | does |");
    for role in Role::ALL {
        let _ = write!(table, " {} {role} |", role.hant());
    }
    table.push_str(" within the scope |\n|---|---|");
    table.push_str(&"---|".repeat(Role::ALL.len() + 1));
    table.push('\n');
    for method in Method::ALL {
        let rule = rule(*method);
        let does = match rule.effect {
            Effect::Reads => "reads",
            Effect::Shows => "shows to all",
            Effect::Writes => "writes",
            Effect::Runs => "runs",
        };
        let path = method.path().trim_start_matches("/creditbank.v1.");
        let _ = write!(table, "| `{path}` | {does} |");
        for role in Role::ALL {
            table.push_str(if rule.roles.contains(role) { " ● |" } else { " |" });
        }
        let checks: Vec<String> = rule
            .checks
            .iter()
            .map(|check| match check {
                Check::Acts(path) => format!("`{path}` acts"),
                Check::ActsIfNamed(path) => format!("`{path}` acts, where named"),
                Check::Sees(path) => format!("`{path}` is seen"),
                Check::Within(path) => format!("`{path}` narrows"),
                Check::Is(path) => format!("`{path}` is the holder"),
                Check::Whole => "all of the ledger".to_owned(),
            })
            .collect();
        let _ = writeln!(table, " {} |", checks.join("; "));
    }
    table
}

#[test]
fn the_page_shows_the_table() {
    let (before, rest) = PAGE.split_once("<!-- table -->\n").unwrap();
    let (shown, after) = rest.split_once("<!-- end -->").unwrap();
    if std::env::var_os("UPDATE_PAGE").is_some() {
        let page = format!("{before}<!-- table -->\n{}<!-- end -->{after}", table());
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/access.md"), page).unwrap();
    } else {
        assert_eq!(
            shown,
            table(),
            "UPDATE_PAGE=1 cargo test -p creditbank-tests --test access writes it anew"
        );
    }
}
