//! The first page: what whoever is signed in can do here.

use crate::desk::path;
use crate::language::{Text, texts};
use crate::page::{ALL_WAYS, Page, Shown};
use crate::visitor::Visitor;
use creditbank_grpc::proto::Method;
use ledger_core::access::Role;
use maud::html;

texts! {
    TITLE = "您可以辦的事", "您可以办的事", "What you can do here";
    PURPOSE = "從這裡選要辦的事。", "从这里选要办的事。", "Choose what you want to do.";
    REACH = "憑證範圍", "凭证范围", "Your credential reaches";
    WHOLE = "整個帳本", "整个账本", "the whole ledger";
    OWN = "我的學分", "我的学分", "My credits";
    OWN_WHAT = "我的學分、每一筆的理由、誰看過我的資料。", "我的学分、每一笔的理由、谁看过我的资料。", "My credits, the reason for each entry, and who looked at my data.";
    RUNNING = "管理員不看帳本內容：帳本與憑證用指令 creditbank ledgers、creditbank token 管理。", "管理员不看账本内容：账本与凭证用命令 creditbank ledgers、creditbank token 管理。", "Administrators do not see into ledgers: manage ledgers and credentials with the commands creditbank ledgers and creditbank token.";
    CLERK = "經辦", "经办", "clerk";
    OFFICER = "主管", "主管", "officer";
    APPROVER = "核准", "核准", "approver";
    AUDITOR = "稽核", "稽核", "auditor";
    RESIDENT = "居民", "居民", "resident";
    PLATFORM = "平台", "平台", "platform";
    ADMINISTRATOR = "管理員", "管理员", "administrator";
    SEARCH = "查一位居民或一戶家庭：學分、明細、為什麼是這個數。", "查一位居民或一户家庭：学分、明细、为什么是这个数。", "Look up a resident or a household: credits, statement, and why the number is what it is.";
    CLASS_LIST = "一次記一堂課或講座的全部出席者。", "一次记一堂课或讲座的全部出席者。", "Record everyone who came to a class or a lecture at once.";
    UPLOADS = "把 Excel 或 CSV 名冊整份記帳；下載範本與結果。", "把 Excel 或 CSV 名册整份记账；下载模板与结果。", "Record a whole list from Excel or CSV; templates and results to download.";
    ENTRIES = "本機構最近的記錄；記錯的可以沖正。", "本机构最近的记录；记错的可以冲正。", "The latest entries of your organisation; reverse what was recorded wrongly.";
    BATCHES = "整批匯入的記錄。", "整批导入的记录。", "Entries that came together as a batch.";
    ORGANIZATIONS = "各機構的層級與今年的數字。", "各机构的层级与今年的数字。", "The tree of organisations with this year's figures.";
    OVERVIEW = "一年的人次、人數、分鐘：按月、類別、鎮街。", "一年的人次、人数、分钟：按月、类别、镇街。", "A year's attendances, persons and minutes by month, kind and town.";
    INDICATORS = "各指標離目標還有多遠。", "各指标离目标还有多远。", "How far each indicator is from its target.";
    APPROVALS = "等第二人核准的更正、規則、標準。", "等第二人核准的更正、规则、标准。", "Corrections, rules and standards that wait for a second person.";
    MONTHS = "已結的月份；結月。", "已结的月份；结月。", "Months that are closed; close one.";
    SELECTIONS = "學習型家庭評選：進度、排名、評分表。", "学习型家庭评选：进度、排名、评分表。", "The selection of learning families: stage, ranking, score sheets.";
    VERIFY = "查驗列印的學分證明、名單、月報是否與帳本相符。", "查验打印的学分证明、名单、月报是否与账本相符。", "Check whether a printed statement, list or report agrees with the ledger.";
    AUDIT = "誰做了什麼、最新事件、誰看過個人資料。", "谁做了什么、最新事件、谁看过个人资料。", "Who did what, the newest events, who read personal data.";
}

/// What a role is called.
pub(crate) fn role_name(role: Role) -> Text {
    match role {
        Role::Clerk => CLERK,
        Role::Officer => OFFICER,
        Role::Approver => APPROVER,
        Role::Auditor => AUDITOR,
        Role::Resident => RESIDENT,
        Role::Platform => PLATFORM,
        Role::Administrator => ADMINISTRATOR,
    }
}

/// What a way of the head is for.
fn what(path: &str) -> Option<Text> {
    let table = [
        ("/search", SEARCH),
        ("/class-list", CLASS_LIST),
        ("/uploads", UPLOADS),
        ("/entries", ENTRIES),
        ("/batches", BATCHES),
        ("/organizations", ORGANIZATIONS),
        ("/overview", OVERVIEW),
        ("/indicators", INDICATORS),
        ("/approvals", APPROVALS),
        ("/months", MONTHS),
        ("/selections", SELECTIONS),
        ("/verify", VERIFY),
        ("/audit", AUDIT),
    ];
    table.into_iter().find(|(known, _)| *known == path).map(|(_, text)| text)
}

pub(crate) async fn page(visitor: Visitor) -> Shown {
    let caller = &visitor.session.caller;
    let position = match visitor.may(Method::RegistryGetLedger) {
        true => visitor.desk().head().await?.position,
        false => 0,
    };
    let reach = [&caller.organization, &caller.resident].into_iter().find(|reach| !reach.is_empty());
    let body = html! {
        p {
            (visitor.say(REACH)) " "
            strong { @match reach { Some(reach) => (path(reach)), None => (visitor.say(WHOLE)) } }
        }
        @if caller.role == Role::Administrator { p { (visitor.say(RUNNING)) } }
        dl.ways {
            @if !caller.resident.is_empty() {
                dt { a href={ "/" (path(&caller.resident)) } { (visitor.say(OWN)) } }
                dd { (visitor.say(OWN_WHAT)) }
            }
            @for way in ALL_WAYS.iter().filter(|way| visitor.may(way.needs)) {
                dt { a href=(way.path) { (visitor.say(way.name)) } }
                @if let Some(what) = what(way.path) { dd { (visitor.say(what)) } }
            }
        }
    };
    Ok(Page::new(visitor.say(TITLE), visitor.say(PURPOSE), position, body))
}
