//! `creditbank redeem` and `creditbank redeemable`.

use crate::args::{Common, Redeem, Redeemable};
use crate::connect::{Desk, request_id};
use crate::failure::Failure;
use crate::show::{PAGE, answered_by, as_of, credits, id, print_json, right, table};
use creditbank_grpc::proto;
use ledger_core::quantity::CentiCredits;
use std::process::ExitCode;

/// Credit as a clerk writes it: `12`, `12.5` or `12.50`.
pub(crate) fn parse_credit(text: &str) -> Result<CentiCredits, String> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let centi = match (digits(whole), digits(part), part.len()) {
        (true, true, 1 | 2) => format!("{whole}{part:0<2}").parse().ok(),
        _ => None,
    };
    centi.map(CentiCredits).ok_or_else(|| {
        "請填學分，最多兩位小數，例如 12.5。Credit with up to two decimals, such as 12.5".to_owned()
    })
}

pub(crate) async fn redeem(common: &Common, redeem: &Redeem) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    let request = proto::RedeemCreditsRequest {
        name: desk.name(&redeem.account),
        request_id: request_id(redeem.request_id.as_ref()),
        organization: desk.name(&format!("organizations/{}", redeem.organization)),
        reward: redeem.reward.clone(),
        centi_credits: redeem.credit.0,
    };
    let answer = desk.redemptions.redeem_credits(request).await?.into_inner();
    if common.json {
        print_json(&answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    let redemption = answer.redemption.unwrap_or_default();
    let draws = redemption.draws.iter();
    let draws: Vec<_> =
        draws.map(|draw| format!("{} 年 {}", draw.year, credits(draw.centi_credits))).collect();
    println!(
        "已兌換 {} 學分（{}），取自 {}；兌換號 {}。",
        credits(redemption.centi_credits),
        redemption.reward,
        draws.join("、"),
        id(&redemption.name)
    );
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn redeemable(common: &Common, of: &Redeemable) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    let (as_of_position, as_of_time) = as_of(of.as_of.as_deref())?;
    let name = desk.name(&of.account);
    let request = proto::GetRedeemableBalanceRequest { name, min_position: 0, as_of_position, as_of_time };
    let answer = desk.redemptions.get_redeemable_balance(request).await?.into_inner();
    if common.json {
        print_json(&answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}  帳本位置 {}", of.account, answer.position);
    answered_by(&answer.survivor, &[]);
    let mut lots = table(&["取得年度", "學分", "已兌換", "可兌換", "有效至"]);
    for lot in &answer.lots {
        lots.add_row([
            lot.year.to_string(),
            credits(lot.earned_centi_credits),
            credits(lot.redeemed_centi_credits),
            credits(lot.left_centi_credits),
            lot.expires_on.clone(),
        ]);
    }
    right(&mut lots, &[1, 2, 3]);
    println!("{lots}");
    println!("可兌換 {} 學分", credits(answer.centi_credits));
    if answer.uncovered_centi_credits > 0 {
        println!("已兌換但不再計入：{} 學分，由以後的學分先補足", credits(answer.uncovered_centi_credits));
    }
    match (answer.open, answer.opens_on.as_str()) {
        (_, "") => println!("現行學分規則沒有兌換"),
        (true, _) => println!("兌換期間：即日起至 {}", answer.closes_on),
        (false, opens_on) => println!("兌換期間：{opens_on} 至 {}", answer.closes_on),
    }
    if of.as_of.is_none() {
        redemptions(&mut desk, &of.account).await?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn redemptions(desk: &mut Desk, account: &str) -> Result<(), Failure> {
    let mut page_token = String::new();
    let mut rows = table(&["兌換號", "日期", "兌換項目", "學分"]);
    loop {
        let request = proto::ListRedemptionsRequest {
            parent: desk.name(account),
            page_size: PAGE,
            page_token,
            min_position: 0,
        };
        let page = desk.redemptions.list_redemptions(request).await?.into_inner();
        for redemption in &page.redemptions {
            rows.add_row([
                id(&redemption.name).to_owned(),
                redemption.redeemed_on.clone(),
                redemption.reward.clone(),
                credits(redemption.centi_credits),
            ]);
        }
        if page.next_page_token.is_empty() {
            break;
        }
        page_token = page.next_page_token;
    }
    if rows.row_count() > 0 {
        right(&mut rows, &[3]);
        println!("{rows}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_is_written_with_up_to_two_decimals() {
        let parsed = ["12", "12.5", "12.05", "0.1"].map(|text| parse_credit(text).unwrap().0);
        assert_eq!(parsed, [1_200, 1_250, 1_205, 10]);
        for wrong in ["", "-1", "1.", ".5", "1.005", "1e3", "一", "99999999999999999999"] {
            assert!(parse_credit(wrong).is_err(), "{wrong}");
        }
    }
}
