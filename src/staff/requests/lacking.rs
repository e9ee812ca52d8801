//! Refusals of who may not: which right is missing, where, and who gives it.

use crate::{
    problem::{Code, Detail, Language, Problem},
    register::catalog::Snapshot,
    staff::identity::{Belongs, Caller, Grant, Permission, permissions},
    values::{code_lists::Role, division},
};

/// Scopes of the caller's own that a refusal names at most.
const MOST_SCOPES: usize = 5;

/// Refuses who holds none of these permissions anywhere: it names them, and the roles that have them.
pub fn nowhere(missing: &[Permission]) -> Problem {
    let deed = |language| {
        let deeds: Vec<_> = missing.iter().map(|permission| in_words(*permission, language)).collect();
        deeds.join(language.choose("或者", " or "))
    };
    let values = missing.iter().map(|permission| permission.value()).collect::<Vec<_>>().join(", ");
    let has = |role: &&Role| permissions(**role).iter().any(|permission| missing.contains(permission));
    let roles: Vec<_> = Role::ALL.iter().filter(has).collect();
    let labels = roles.iter().map(|role| role.label()).collect::<Vec<_>>().join("、");
    let names = roles.iter().map(|role| role.value()).collect::<Vec<_>>().join(", ");
    Problem::with_detail(
        Code::Forbidden,
        format!(
            "您的账号没有{}的权限（{values}）。有该权限的角色：{labels}；需要时请联系账号管理员授予。",
            deed(Language::Chinese)
        ),
        format!(
            "Your account has no right to {} ({values}). Roles that have it: {names}; ask an administrator of accounts for one.",
            deed(Language::English)
        ),
    )
}

/// Refuses who does not hold this permission where something belongs: it names whose it is, and the caller's own scope.
pub fn elsewhere(caller: &Caller, permission: Permission, belongs: &Belongs, register: &Snapshot) -> Problem {
    let held = |grant: &&Grant| permissions(grant.role).contains(&permission);
    let own: Vec<_> = caller.grants.iter().filter(held).map(|grant| scope(grant, register)).collect();
    if own.is_empty() {
        return nowhere(&[permission]);
    }
    let owner = owner(belongs, register);
    let named = own.iter().take(MOST_SCOPES);
    let scopes = named.clone().map(|scope| scope.chinese.as_str()).collect::<Vec<_>>().join("、");
    let scopes_english = named.map(|scope| scope.english.as_str()).collect::<Vec<_>>().join(", ");
    let (deed, deed_english) = (in_words(permission, Language::Chinese), in_words(permission, Language::English));
    Problem::with_detail(
        Code::Forbidden,
        format!(
            "该事项属于{}，不在您的权限范围（您可以{deed}的范围：{scopes}）。请由有该范围的人员办理，或者请账号管理员授予。",
            owner.chinese
        ),
        format!(
            "This belongs to {}, outside of your scope (where you may {deed_english}: {scopes_english}). Let somebody with that scope do \
             it, or ask an administrator of accounts for it.",
            owner.english
        ),
    )
}

/// Whose something is, in words.
pub fn owner(belongs: &Belongs, register: &Snapshot) -> Detail {
    let organisation = belongs.organisation.as_deref().filter(|code| !code.is_empty());
    match (organisation, belongs.division.as_deref().filter(|code| !code.is_empty())) {
        (Some(code), _) => of_organisation(code, register),
        // What has an organisation without a code is nobody's but who answers for everything.
        (None, Some(code)) if belongs.organisation.is_none() => of_division(code),
        _ => whole(),
    }
}

fn scope(grant: &Grant, register: &Snapshot) -> Detail {
    match (&grant.organisation, &grant.division) {
        (Some(code), _) => of_organisation(code, register),
        (None, Some(code)) => of_division(code),
        (None, None) => whole(),
    }
}

fn whole() -> Detail {
    Detail::new("整个登记簿", "the whole register")
}

/// The name of an organisation that is published, with its code.
fn of_organisation(code: &str, register: &Snapshot) -> Detail {
    let entry = ["organisation", "intermediary"].into_iter().find_map(|kind| register.get(kind, code));
    match entry.map(|entry| entry.indexed.title.as_str()).filter(|name| !name.is_empty()) {
        Some(name) => with_code(name, code),
        None => Detail::new(format!("机构 {code}"), format!("the organisation {code}")),
    }
}

fn of_division(code: &str) -> Detail {
    // A grant may name the beginning of a code.
    let filled = if code.len() < 6 { format!("{code:0<6}") } else { code.to_owned() };
    match division::named(&filled) {
        Some(named) => with_code(named.name, code),
        None => Detail::new(format!("行政区划 {code}"), format!("the division {code}")),
    }
}

fn with_code(name: &str, code: &str) -> Detail {
    Detail::new(format!("{name}（{code}）"), format!("{name} ({code})"))
}

/// What a permission lets one do.
fn in_words(permission: Permission, language: Language) -> &'static str {
    let (chinese, english) = match permission {
        Permission::ItemsRead => ("查看草稿", "read drafts"),
        Permission::ItemsEdit => ("编辑和提交草稿", "write and submit drafts"),
        Permission::ItemsReview => ("审查草稿", "review drafts"),
        Permission::ItemsPublish => ("公布草稿", "publish drafts"),
        Permission::QualityRead => ("查看质量报告", "read the report of quality"),
        Permission::AuditRead => ("查看审计记录", "read the audit trail"),
        Permission::Admin => ("管理账号", "administer accounts"),
    };
    language.choose(chinese, english)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::KINDS;

    fn told(problem: &Problem) -> (String, String) {
        let detail = problem.detail.clone().expect("it says what is missing");
        (detail.chinese, detail.english)
    }

    fn caller(grants: Vec<Grant>) -> Caller {
        Caller { grants, ..Caller::system() }
    }

    #[test]
    fn a_right_that_nobody_gave_is_told_with_the_roles_that_have_it() {
        for permission in Permission::ALL {
            let (chinese, english) = told(&nowhere(&[permission]));
            assert!(chinese.contains(permission.value()) && english.contains(permission.value()), "{chinese}");
            assert!(chinese.contains("账号管理员") && english.contains("administrator"), "{english}");
            assert!(!chinese.contains("需要权限"), "{chinese}");
        }
        let (chinese, _) = told(&nowhere(&[Permission::ItemsReview, Permission::ItemsPublish]));
        assert!(chinese.contains("审查草稿或者公布草稿") && chinese.contains("审查、发布"), "{chinese}");
    }

    #[test]
    fn a_right_that_one_has_elsewhere_is_told_by_its_scope() {
        let register = Snapshot::empty(&KINDS);
        let own = |organisation: Option<&str>, division: Option<&str>| Grant {
            role: Role::Editor,
            organisation: organisation.map(Into::into),
            division: division.map(Into::into),
        };
        let county = caller(vec![own(None, Some("350121"))]);
        let elsewhere_to = |belongs: &Belongs| told(&elsewhere(&county, Permission::ItemsEdit, belongs, &register));
        let township = Belongs { organisation: Some("11350121003619116B".into()), division: Some("350122".into()) };
        let (chinese, english) = elsewhere_to(&township);
        assert!(chinese.starts_with("该事项属于机构 11350121003619116B，不在您的权限范围（"), "{chinese}");
        assert!(chinese.contains("闽侯县（350121）") && english.contains("闽侯县 (350121)"), "{english}");
        let (chinese, _) = elsewhere_to(&Belongs { organisation: None, division: Some("350100".into()) });
        assert!(chinese.contains("福州市（350100）"), "{chinese}");
        let (chinese, _) = elsewhere_to(&Belongs { organisation: Some(String::new()), division: None });
        assert!(chinese.contains("整个登记簿"), "{chinese}");
        let nobody = told(&elsewhere(&caller(Vec::new()), Permission::ItemsEdit, &township, &register)).0;
        assert!(nobody.contains("items:edit"), "{nobody}");
    }
}
