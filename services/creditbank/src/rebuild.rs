//! `rebuild`: a new generation of states beside the one that is served, with a bar, and Ctrl-C that loses nothing.

use crate::args::{Common, Rebuild as Arguments};
use crate::connect::ledger_id;
use crate::failure::{Failure, STOPPED};
use crate::maintain::existing;
use crate::progress::Shown;
use crate::serve::signal;
use creditbank_ledger::{Comparison, Difference, FoldLimits, Outcome, Rebuild, Rebuilt, Stop};
use ledger_core::id::LedgerId;
use ledger_core::ports::Store;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::sync::Arc;

/// Differences that are printed; `--json` has more.
const PRINTED: usize = 20;

pub(crate) async fn run(common: &Common, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let (store, id) = (existing(common).await?, ledger_id(common)?);
    if arguments.discard {
        let discarded = creditbank_ledger::discard(&*store, &id).await?;
        if common.json {
            println!("{}", json!({ "ledger": id.as_str(), "discarded": discarded }));
        } else {
            println!(
                "帳本 {id}：捨棄了 {discarded} 個未完成的重算，帳照常。Discarded {discarded} rebuilds that were begun."
            );
        }
        return Ok(ExitCode::SUCCESS);
    }
    let limits = FoldLimits {
        memory_bytes: u64::from(arguments.memory_mib) << 20,
        checkpoint_events: u64::from(arguments.checkpoint_events).max(1),
        ..FoldLimits::default()
    };
    match shown(Rebuild::new(Arc::clone(&store), &id).with_limits(limits), common.json).await? {
        Outcome::Served(rebuilt) => {
            let mended = creditbank_ledger::mend_tree(&*store, &id).await?;
            print_rebuilt(common, &id, &rebuilt, mended);
        }
        Outcome::Stopped(position) => {
            if common.json {
                println!("{}", json!({ "ledger": id.as_str(), "stopped": true, "kept": position.0 }));
            } else {
                println!(
                    "已停止，帳照常；再執行一次就從位置 {position} 接續，或用 --discard 捨棄。\n\
                     Stopped; what is served is as it was. Run it again to go on from {position}, or with --discard."
                );
            }
            return Ok(ExitCode::from(STOPPED));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Rebuilds within the usual limits, with progress. The first Ctrl-C or SIGTERM asks it to keep how far it has come and stop; what it has kept
/// before is there also after a second, or a kill.
pub(crate) async fn rebuild_shown(
    store: Arc<dyn Store>,
    id: &LedgerId,
    json: bool,
) -> Result<Outcome, Failure> {
    shown(Rebuild::new(store, id), json).await
}

async fn shown(rebuild: Rebuild, json: bool) -> Result<Outcome, Failure> {
    let (shown, stop) = (Shown::new(json, "rebuild"), Stop::default());
    let running = rebuild.stopped_by(stop.clone()).run(shown.progress());
    tokio::pin!(running);
    let outcome = tokio::select! {
        outcome = &mut running => outcome,
        () = signal() => {
            stop.ask();
            tokio::select! {
                outcome = &mut running => outcome,
                () = signal() => std::process::exit(i32::from(STOPPED)),
            }
        }
    };
    shown.end();
    Ok(outcome?)
}

fn print_rebuilt(common: &Common, id: &LedgerId, rebuilt: &Rebuilt, mended: u64) {
    let Rebuilt { position, began, comparison } = rebuilt;
    if common.json {
        println!(
            "{}",
            json!({
                "ledger": id.as_str(), "position": position.0, "began": began.0,
                "comparison": comparison_json(comparison), "tiles_mended": mended,
            })
        );
        return;
    }
    println!("帳本 {id} 已由事件重算（自位置 {began}），自位置 {position} 起使用。");
    println!("  {}", digests(comparison));
    for difference in comparison.differences.iter().take(PRINTED) {
        println!("  {}", describe(difference));
    }
    if mended > 0 {
        println!(
            "  Merkle 樹有 {mended} 處和事件不符，已改正。{mended} places of the Merkle tree differed from the log, and were mended."
        );
    }
    let more = comparison.differing.saturating_sub(PRINTED as u64);
    if more > 0 {
        println!("  … 另有 {more} 處 and {more} more");
    }
}

/// What a comparison found, in a sentence.
pub(crate) fn digests(comparison: &Comparison) -> String {
    let Comparison { position, states, served, folded, older_sums, differing, .. } = comparison;
    if let Some(form) = comparison.outdated {
        return format!(
            "原有狀態是另一版程式的格式（{form}），無從比對。The states served before were of another program's form ({form})."
        );
    }
    let verdict =
        if *differing == 0 { "相符 the same".to_owned() } else { format!("{differing} 個相異 differ") };
    format!(
        "位置 {position} 的 {states} 個狀態：{verdict}；{older_sums} 個合計屬舊規則 sums of an older policy\n  \
         served {served}\n  folded {folded}"
    )
}

fn describe(difference: &Difference) -> String {
    match difference {
        Difference::Differs(key) => format!("相異 differed     {key}"),
        Difference::TooMany(key) => format!("多出 too many     {key}"),
        Difference::Missing(key) => format!("缺少 was missing  {key}"),
    }
}

pub(crate) fn comparison_json(comparison: &Comparison) -> Value {
    let differences: Vec<Value> = comparison
        .differences
        .iter()
        .map(|difference| match difference {
            Difference::Differs(key) => json!({ "key": key.as_str(), "differs": "bytes" }),
            Difference::TooMany(key) => json!({ "key": key.as_str(), "differs": "too many" }),
            Difference::Missing(key) => json!({ "key": key.as_str(), "differs": "missing" }),
        })
        .collect();
    json!({
        "position": comparison.position.0, "states": comparison.states,
        "served_sha256": comparison.served.to_string(), "folded_sha256": comparison.folded.to_string(),
        "older_sums": comparison.older_sums, "differing": comparison.differing, "differences": differences,
        "outdated": comparison.outdated,
    })
}
