//! What one row needs to be registered.

use crate::expression::template::Template;
use crate::mapping::plan::{ApprovalPlan, CoursePlan, OrganizationPlan};
use crate::row::cells::{Cells, Failed};
use crate::row::parse;
use ledger_core::date::OccurredOn;
use ledger_core::decide::MAX_MINUTES;
use ledger_core::id::{CourseId, OrganizationId, VersionId};
use ledger_core::name::Name;
use ledger_core::registry::InstitutionType;
use ledger_core::{Reason, Refusal};

/// An organisation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OrganizationNeed {
    pub(crate) id: OrganizationId,
    pub(crate) display_name: Name,
    pub(crate) institution_type: InstitutionType,
    pub(crate) parent: Option<OrganizationId>,
    pub(crate) licensed_from: Option<OccurredOn>,
}

/// A course with a version of it.
#[derive(Debug)]
pub(crate) struct CourseNeed {
    pub(crate) course: CourseId,
    pub(crate) version: VersionId,
    pub(crate) organization: OrganizationId,
    pub(crate) display_name: Name,
    pub(crate) nominal_minutes: u32,
    pub(crate) approval: Option<ApprovalNeed>,
}

/// An approval; a missing day is left to the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApprovalNeed {
    pub(crate) organization: OrganizationId,
    pub(crate) valid_from: Option<OccurredOn>,
    pub(crate) valid_to: Option<OccurredOn>,
}

/// All that a row needs.
#[derive(Debug)]
pub(crate) struct Needs {
    pub(crate) organizations: Vec<OrganizationNeed>,
    pub(crate) course: Option<CourseNeed>,
}

impl Needs {
    /// Reads them from the row.
    pub(crate) fn read(
        cells: &mut Cells<'_>,
        course_version: Option<(CourseId, VersionId)>,
    ) -> Result<Needs, Failed> {
        let plan = &cells.plan.register;
        let organizations: Vec<_> =
            plan.organizations.iter().map(|organization| read_organization(cells, organization)).collect();
        let course = match (&plan.course, course_version) {
            (Some(plan), Some((course, version))) => read_course(cells, plan, course, version).map(Some),
            _ => Ok(None),
        };
        Ok(Needs { organizations: organizations.into_iter().collect::<Result<_, _>>()?, course: course? })
    }
}

fn name(cells: &mut Cells<'_>, template: &Template) -> Result<Name, Failed> {
    cells.require(template, |raw| Name::parse(raw, &template.path))
}

fn optional<T>(
    cells: &mut Cells<'_>,
    template: Option<&Template>,
    parse: impl Fn(&str) -> Result<T, Refusal>,
) -> Result<Option<T>, Failed> {
    template.map_or(Ok(None), |template| cells.read(template, parse))
}

fn institution_type(raw: &str) -> Result<InstitutionType, Refusal> {
    InstitutionType::parse(raw).ok_or_else(|| {
        let codes: Vec<&str> = InstitutionType::ALL.iter().map(|row| row.1).collect();
        Refusal::new(
            Reason::FieldInvalid,
            format!(
                "沒有「{raw}」這種機構；有：{}。There is no institution type \"{raw}\".",
                codes.join("、")
            ),
        )
    })
}

fn read_organization(cells: &mut Cells<'_>, plan: &OrganizationPlan) -> Result<OrganizationNeed, Failed> {
    let id = cells.require(&plan.id, OrganizationId::parse);
    let display_name = name(cells, &plan.display_name);
    let institution_type = cells.require(&plan.institution_type, institution_type);
    let parent = optional(cells, plan.parent.as_ref(), OrganizationId::parse);
    let licensed_from = optional(cells, plan.licensed_from.as_ref(), parse::date);
    Ok(OrganizationNeed {
        id: id?,
        display_name: display_name?,
        institution_type: institution_type?,
        parent: parent?,
        licensed_from: licensed_from?,
    })
}

fn read_course(
    cells: &mut Cells<'_>,
    plan: &CoursePlan,
    course: CourseId,
    version: VersionId,
) -> Result<CourseNeed, Failed> {
    let organization = cells.require(&plan.organization, OrganizationId::parse);
    let display_name = name(cells, &plan.display_name);
    let minutes = optional(cells, plan.nominal_minutes.as_ref(), |raw| parse::amount(raw, MAX_MINUTES));
    let approval = plan.approval.as_ref().map(|plan| read_approval(cells, plan)).transpose();
    Ok(CourseNeed {
        course,
        version,
        organization: organization?,
        display_name: display_name?,
        nominal_minutes: minutes?.unwrap_or(0),
        approval: approval?,
    })
}

fn read_approval(cells: &mut Cells<'_>, plan: &ApprovalPlan) -> Result<ApprovalNeed, Failed> {
    let organization = cells.require(&plan.organization, OrganizationId::parse);
    let valid_from = optional(cells, plan.valid_from.as_ref(), parse::date);
    let valid_to = optional(cells, plan.valid_to.as_ref(), parse::date);
    Ok(ApprovalNeed { organization: organization?, valid_from: valid_from?, valid_to: valid_to? })
}
