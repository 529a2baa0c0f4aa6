//! What headings and forms are called.

use super::Meaning;

/// The headings of templates, by the place of their meaning.
pub(super) const HEADINGS: [[&str; 3]; 16] = [
    ["居民帳戶", "居民账户", "Account"],
    ["學習形式", "学习形式", "Form"],
    ["課程版本", "课程版本", "Course"],
    ["版本", "版本", "Version"],
    ["日期", "日期", "Date"],
    ["分鐘", "分钟", "Minutes"],
    ["時數", "时数", "Hours"],
    ["場次", "场次", "Session"],
    ["開始時間", "开始时间", "Start time"],
    ["結束時間", "结束时间", "End time"],
    ["類別", "类别", "Kind"],
    ["主題", "主题", "Subject"],
    ["活動", "活动", "Campaign"],
    ["專案", "专案", "Programme"],
    ["憑據摘要", "凭据摘要", "Evidence SHA-256"],
    ["證明機構", "证明机构", "Attested by"],
];

/// The forms that a sheet of a school has.
pub(super) const FORMS: [(&str, [&str; 3]); 8] = [
    ("offline_course", ["線下課程", "线下课程", "Course in class"]),
    ("online_course", ["線上課程", "线上课程", "Course online"]),
    ("lecture", ["講座", "讲座", "Lecture"]),
    ("drill", ["演練", "演练", "Drill"]),
    ("visit", ["參訪", "参访", "Visit"]),
    ("volunteer_service", ["志願服務", "志愿服务", "Volunteer service"]),
    ("early_education", ["早期教育", "早期教育", "Early education"]),
    ("teaching", ["授課", "授课", "Teaching"]),
];

/// What headings of a meaning hold, in small letters without spaces.
pub(super) fn of(meaning: Meaning) -> impl Iterator<Item = &'static str> {
    let words: &[&str] = match meaning {
        Meaning::Account => &[
            "居民帳戶",
            "居民账户",
            "account",
            "居民碼",
            "居民码",
            "帳戶",
            "账户",
            "帳號",
            "账号",
            "學員碼",
            "学员码",
            "居民代碼",
            "居民代码",
            "學號",
            "学号",
            "resident",
            "accountid",
        ],
        Meaning::Form => &["學習形式", "学习形式", "form", "形式", "學習類型", "学习类型"],
        Meaning::Course => &[
            "課程版本",
            "课程版本",
            "course",
            "courseversion",
            "課程代碼",
            "课程代码",
            "課程代號",
            "课程代号",
            "課程碼",
            "课程码",
            "課程",
            "课程",
        ],
        Meaning::Version => &["版本", "version", "期別", "期别"],
        Meaning::Day => {
            &["日期", "date", "上課日期", "上课日期", "日", "day", "上課日", "上课日", "時間日期"]
        }
        Meaning::Minutes => &[
            "分鐘",
            "分钟",
            "minutes",
            "出席分鐘數",
            "出席分钟数",
            "分鐘數",
            "分钟数",
            "學時分鐘",
            "学时分钟",
            "mins",
        ],
        Meaning::Hours => &["時數", "时数", "hours", "小時", "小时", "學時", "学时"],
        Meaning::Session => &["場次", "场次", "session", "節次", "节次", "時段", "时段"],
        Meaning::StartTime => {
            &["開始時間", "开始时间", "starttime", "開始", "开始", "起始時間", "起始时间", "starts"]
        }
        Meaning::EndTime => &["結束時間", "结束时间", "endtime", "結束", "结束", "迄", "ends"],
        Meaning::Kind => &["類別", "类别", "kind", "種類", "种类"],
        Meaning::Subject => &["主題", "主题", "subject", "科目"],
        Meaning::Campaign => &["活動", "活动", "campaign"],
        Meaning::Programme => &["專案", "专案", "programme", "program", "项目", "項目"],
        Meaning::Attestor => &["證明機構", "证明机构", "attestedby"],
        Meaning::Evidence => &[
            "憑據摘要",
            "凭据摘要",
            "evidencesha256",
            "evidence",
            "憑據",
            "凭据",
            "sha256",
            "證明摘要",
            "证明摘要",
        ],
    };
    words.iter().copied()
}

/// Whether a heading tells of a person's data, which is never read.
pub(super) fn is_personal(heading: &str) -> bool {
    let words = [
        "姓名",
        "名字",
        "身分證",
        "身份证",
        "證件",
        "证件",
        "電話",
        "电话",
        "手機",
        "手机",
        "地址",
        "住址",
        "生日",
        "出生",
        "phone",
        "birth",
        "idcard",
        "idnumber",
        "address",
        "email",
        "fullname",
    ];
    words.iter().any(|word| heading.contains(word)) || heading == "name"
}
