//! What was done: one form for each kind of learning the plans of the mission name (`DOMAIN.md` §6.1).

use crate::id::{Code, CourseId, TeamId, VersionId};
use crate::quantity::Minutes;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A SHA-256 digest; hexadecimal in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest32(#[serde(with = "hex")] pub [u8; 32]);

impl Digest32 {
    /// The SHA-256 of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Digest32 {
        use sha2::Digest;
        Digest32(sha2::Sha256::digest(bytes).into())
    }

    /// Parses 64 hexadecimal digits.
    #[must_use]
    pub fn parse(hex: &str) -> Option<Digest32> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(hex, &mut bytes).ok()?;
        Some(Digest32(bytes))
    }
}

impl fmt::Display for Digest32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "snake_case")]
pub enum Detail {
    /// 線下課程: a course attended in person.
    OfflineCourse {
        /// The course.
        course: CourseId,
        /// Its version.
        version: VersionId,
        /// Minutes that were taught; with the minutes attended it gives the attendance.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        planned_minutes: Option<Minutes>,
        /// Mark, 0–100.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mark: Option<u8>,
    },
    /// 線上課程: a course completed online.
    OnlineCourse {
        /// The course.
        course: CourseId,
        /// Its version; credited once.
        version: VersionId,
        /// Mark, 0–100.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mark: Option<u8>,
    },
    /// 講座: a lecture.
    Lecture {
        /// Code of the list `series`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        series: Option<Code>,
    },
    /// 演練: a drill.
    Drill {},
    /// 志願服務: volunteer service; real hours, no travel, no training (`DOMAIN.md` VOL-9, VOL-11).
    VolunteerService {
        /// The team.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        team: Option<TeamId>,
    },
    /// 閱讀: books read with a note or stamp.
    Reading {
        /// How many.
        books: u32,
    },
    /// 場館參觀: a visit to a museum, library, hall.
    Visit {
        /// Code of the list `venues`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        venue: Option<Code>,
    },
    /// 競賽: a contest; of several results in one contest the highest counts.
    Contest {
        /// The contest.
        contest: Code,
        /// The result.
        award: Award,
    },
    /// 證書: a vocational or skill certificate; counted once for its number.
    Certificate {
        /// SHA-256 of the certificate's number; the number itself is personal data and stays outside.
        number_digest: Digest32,
    },
    /// 學歷: a degree or examined subject; counted once for its document.
    Degree {
        /// Which.
        degree: Degree,
        /// SHA-256 of the document's number.
        number_digest: Digest32,
    },
    /// 授課: teaching; the account is the teacher's.
    Teaching {
        /// What was taught, where it is a registered course.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        course: Option<CourseId>,
    },
    /// 0–3 早教指導: early-education guidance; the account is the carer's, never the child's.
    EarlyEducation {},
    /// 青少年社會實踐: social practice of a pupil, attested by the community of residence.
    YouthPractice {
        /// Code of the list `practices`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        practice: Option<Code>,
    },
    /// 家庭榮譽: an award to a household.
    HouseholdAward {
        /// Code of the list `titles`.
        title: Code,
    },
    /// 無名單活動: a head-count without names; the account is the organiser's.
    HeadCount {
        /// How many people (人次).
        persons: u32,
    },
}

macro_rules! coded_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// All values in order.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The value's code.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }

            /// Finds a value by its code.
            #[must_use]
            pub fn parse(text: &str) -> Option<$name> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }
    };
}

coded_enum! {
    /// The form of an entry, without its content.
    Form {
        /// A course attended in person.
        OfflineCourse = "offline_course",
        /// A course completed online.
        OnlineCourse = "online_course",
        /// A lecture.
        Lecture = "lecture",
        /// A drill.
        Drill = "drill",
        /// Volunteer service.
        VolunteerService = "volunteer_service",
        /// Books read.
        Reading = "reading",
        /// A visit.
        Visit = "visit",
        /// A contest.
        Contest = "contest",
        /// A certificate.
        Certificate = "certificate",
        /// A degree or examined subject.
        Degree = "degree",
        /// Teaching.
        Teaching = "teaching",
        /// Early-education guidance.
        EarlyEducation = "early_education",
        /// Social practice of a pupil.
        YouthPractice = "youth_practice",
        /// An award to a household.
        HouseholdAward = "household_award",
        /// A head-count without names.
        HeadCount = "head_count",
    }
}

coded_enum! {
    /// The result in a contest.
    Award {
        /// Took part.
        Participation = "participation",
        /// Awarded by the town or street (鎮街).
        Town = "town",
        /// Awarded by the district (區縣).
        District = "district",
        /// Awarded by the city (市).
        City = "city",
        /// Awarded by the province (省).
        Province = "province",
        /// Awarded by the state (國家).
        Nation = "nation",
    }
}

coded_enum! {
    /// A degree or examined subject.
    Degree {
        /// A diploma of schooling (學歷).
        Diploma = "diploma",
        /// A subject passed by itself (單科).
        SingleSubject = "single_subject",
        /// A subject of the self-study examination (自考).
        SelfStudyExam = "self_study_exam",
    }
}

impl Detail {
    /// The form.
    #[must_use]
    pub fn form(&self) -> Form {
        match self {
            Detail::OfflineCourse { .. } => Form::OfflineCourse,
            Detail::OnlineCourse { .. } => Form::OnlineCourse,
            Detail::Lecture { .. } => Form::Lecture,
            Detail::Drill {} => Form::Drill,
            Detail::VolunteerService { .. } => Form::VolunteerService,
            Detail::Reading { .. } => Form::Reading,
            Detail::Visit { .. } => Form::Visit,
            Detail::Contest { .. } => Form::Contest,
            Detail::Certificate { .. } => Form::Certificate,
            Detail::Degree { .. } => Form::Degree,
            Detail::Teaching { .. } => Form::Teaching,
            Detail::EarlyEducation {} => Form::EarlyEducation,
            Detail::YouthPractice { .. } => Form::YouthPractice,
            Detail::HouseholdAward { .. } => Form::HouseholdAward,
            Detail::HeadCount { .. } => Form::HeadCount,
        }
    }

    /// The course and version, where the entry is a completion.
    #[must_use]
    pub fn course_version(&self) -> Option<(&CourseId, &VersionId)> {
        match self {
            Detail::OfflineCourse { course, version, .. } | Detail::OnlineCourse { course, version, .. } => {
                Some((course, version))
            }
            _ => None,
        }
    }

    /// The volunteer team, where there is one.
    #[must_use]
    pub fn team(&self) -> Option<&TeamId> {
        if let Detail::VolunteerService { team } = self { team.as_ref() } else { None }
    }

    /// Persons of a head-count, else 0.
    #[must_use]
    pub fn persons(&self) -> u32 {
        if let Detail::HeadCount { persons } = self { *persons } else { 0 }
    }
}

impl Form {
    /// Forms that count once in a lifetime for one course version, contest, certificate or diploma. Their lines live
    /// in the account's lifetime bucket, all others in the bucket of their year.
    #[must_use]
    pub fn is_lifetime(self) -> bool {
        matches!(self, Form::OnlineCourse | Form::Contest | Form::Certificate | Form::Degree)
    }

    /// Forms measured by minutes someone was present: they must fit between the clocks and into the day.
    #[must_use]
    pub fn is_attended(self) -> bool {
        matches!(
            self,
            Form::OfflineCourse
                | Form::Lecture
                | Form::Drill
                | Form::VolunteerService
                | Form::Teaching
                | Form::EarlyEducation
                | Form::YouthPractice
        )
    }

    /// The kind that the default code list gives this form.
    #[must_use]
    pub fn default_kind(self) -> Code {
        Code::constant(match self {
            Form::OfflineCourse => "OFF",
            Form::OnlineCourse => "ONL",
            Form::Lecture => "LEC",
            Form::Drill => "DRL",
            Form::VolunteerService => "VOL",
            Form::Reading => "RDG",
            Form::Visit => "VIS",
            Form::Contest => "CON",
            Form::Certificate => "CRT",
            Form::Degree => "DEG",
            Form::Teaching => "TCH",
            Form::EarlyEducation => "ECE",
            Form::YouthPractice => "YSP",
            Form::HouseholdAward => "AWD",
            Form::HeadCount => "HDC",
        })
    }
}
