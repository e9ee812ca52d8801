//! The bodies of records of which a file says little more than the name: what follows from code, name and title, and nothing else.

use serde_json::{Map, Value, json};

use super::{law_library, names::bare};
use crate::{
    staff::imports::notice::Notice,
    values::{
        code_lists::{ExerciseLevel, InstrumentLevel, OrganisationKind, OrganisationNature},
        division, sha256,
    },
};

/// What rows of items say of their organisation.
#[derive(Default)]
pub struct SaidOfOffice {
    /// Its name.
    pub name: String,
    /// The code of one of its items: the level stands in it.
    pub item: String,
    /// The first telephone number that the public is given.
    pub phone: Option<String>,
}

/// The organisation with this code. The code says who registered it and as what (GB 32100), the code of an item at which level it acts.
pub fn organisation(code: &str, said: &SaidOfOffice) -> Map<String, Value> {
    let is_authority = code.starts_with("11");
    let kind = match code.get(..2) {
        Some("11") if said.name.ends_with("人民政府") => OrganisationKind::Government,
        Some("11") if said.name.ends_with("街道办事处") => OrganisationKind::Agency,
        Some("11") => OrganisationKind::Department,
        Some("12") => OrganisationKind::PublicInstitution,
        Some("54") => OrganisationKind::VillageCommittee,
        _ => OrganisationKind::Other,
    };
    let nature = if is_authority { OrganisationNature::Statutory } else { OrganisationNature::Authorised };
    let mut body = Map::new();
    body.insert("code".into(), code.into());
    body.insert("name".into(), said.name.as_str().into());
    if let Some(division) = division_of(code, &said.name) {
        body.insert("division".into(), division.into());
    }
    let level = ExerciseLevel::ALL.iter().find(|level| level.code().national == said.item.get(18..19));
    if let Some(level) = level {
        body.insert("level".into(), level.value().into());
    }
    body.insert("nature".into(), nature.value().into());
    body.insert("kind".into(), kind.value().into());
    let phones: Vec<_> = said.phone.iter().map(|number| json!({ "kind": "phone", "value": number })).collect();
    body.insert("phones".into(), phones.into());
    body
}

/// The township that the name names, where there is just one below the county that registered it, else that county.
fn division_of(code: &str, name: &str) -> Option<String> {
    let county = code.get(2..8)?;
    let is_named = |below: &&division::Named| {
        below.code.len() == 9 && below.code.starts_with(county) && name.contains(bare_name(below.name))
    };
    let mut below = division::all().iter().filter(is_named);
    match (below.next(), below.next()) {
        (Some(only), None) => Some(only.code.to_owned()),
        _ => division::named(county).map(|known| known.code.to_owned()),
    }
}

/// The name of a division as the names of its organisations begin: 街道办事处 is 街道.
fn bare_name(name: &str) -> &str {
    name.strip_suffix("办事处").unwrap_or(name)
}

/// The instrument with this title: as the library of laws has it, else with what its title says.
pub fn instrument(title: &str) -> (Map<String, Value>, Notice) {
    if let Some(law) = law_library::titled(title) {
        return (law.clone(), Notice::FromLibrary);
    }
    let digest = sha256(bare(title));
    let mut body = Map::new();
    body.insert("code".into(), format!("lex-{}", digest.get(..12).unwrap_or_default()).into());
    body.insert("title".into(), title.into());
    body.insert("level".into(), level_of(title).value().into());
    (body, Notice::Named)
}

/// The rank that a title tells. Where it tells none, the lowest: nothing is set by what nobody knows.
fn level_of(title: &str) -> InstrumentLevel {
    let plain = title.split(['（', '(']).next().unwrap_or(title).trim();
    let outside = plain.split('《').next().unwrap_or(plain);
    match plain {
        text if text.starts_with("中华人民共和国宪法") => InstrumentLevel::Constitution,
        text if text.starts_with("中华人民共和国") && text.ends_with('法') => InstrumentLevel::Law,
        text if text.ends_with("条例") && is_local(outside) => InstrumentLevel::LocalRegulation,
        text if text.starts_with("中华人民共和国") && (text.ends_with("条例") || text.ends_with("细则")) => {
            InstrumentLevel::AdministrativeRegulation
        }
        text if text.ends_with("办法") && is_local(outside) && text.contains("实施《中华人民共和国") => {
            InstrumentLevel::LocalRegulation
        }
        _ => InstrumentLevel::NormativeDocument,
    }
}

/// Whether a title begins with the name of a place: two characters and more before 省, 市 or the like. 城市 and 市场 are none.
fn is_local(title: &str) -> bool {
    const LONGEST: usize = 8;
    let characters: Vec<char> = title.chars().take(LONGEST).collect();
    let at = |place: usize| characters.get(place).copied();
    (2..characters.len()).any(|place| match characters[place] {
        '省' | '县' | '州' => at(place + 1) != Some('级') && at(place - 1) != Some('本'),
        '市' => at(place - 1) != Some('城') && !at(place + 1).is_some_and(|next| "场政容民区".contains(next)),
        '区' => at(place - 1) == Some('治') && at(place - 2) == Some('自'),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_rank_of_a_title_is_local_where_it_begins_with_a_place() {
        for (title, local) in [
            ("福建省森林条例", true),
            ("福州市市容条例", true),
            ("闽侯县烟花条例", true),
            ("广西壮族自治区条例", true),
            ("市场主体登记管理条例", false),
            ("城市绿化条例", false),
            ("中华人民共和国城市居民委员会组织法", false),
            ("县级以下条例", false),
        ] {
            assert_eq!(super::is_local(title), local, "{title}");
        }
    }

    use super::*;

    #[test]
    fn what_code_and_name_say_is_taken_and_nothing_else() {
        let said = SaidOfOffice {
            name: "闽侯县洋里乡人民政府".into(),
            item: "11350121003619116B5000105001000".into(),
            phone: Some("0591-26000101".into()),
        };
        let body = organisation("11350121003619116B", &said);
        let phones = json!([{ "kind": "phone", "value": "0591-26000101" }]);
        assert_eq!(
            Value::Object(body),
            json!({
                "code": "11350121003619116B", "name": "闽侯县洋里乡人民政府", "division": "350121202", "level": "township",
                "nature": "statutory", "kind": "government", "phones": phones,
            })
        );
        let elsewhere = SaidOfOffice { name: "某某服务中心".into(), ..SaidOfOffice::default() };
        let body = organisation("12350121488101998J", &elsewhere);
        assert_eq!((&body["division"], &body["kind"]), (&json!("350121"), &json!("public_institution")));
        assert!(body.get("level").is_none() && body.get("address").is_none());
    }

    #[test]
    fn a_title_tells_a_rank_or_the_lowest() {
        for (title, level) in [
            ("中华人民共和国某某法", "law"),
            ("中华人民共和国某某法（2018年修正）", "law"),
            ("福建省某某条例", "local_regulation"),
            ("福州市某某条例", "local_regulation"),
            ("福建省实施《中华人民共和国某某法》办法", "local_regulation"),
            ("中华人民共和国某某法实施条例", "administrative_regulation"),
            ("中华人民共和国某某法实施细则", "administrative_regulation"),
            ("某某管理办法", "normative_document"),
            ("某某县关于某某的通知", "normative_document"),
        ] {
            assert_eq!(level_of(title).value(), level, "{title}");
            let (body, notice) = instrument(title);
            assert_eq!((body.len(), notice), (3, Notice::Named), "{title}");
            assert_eq!(body["code"], instrument(&format!(" {title}")).0["code"], "it is the same each time");
        }
        let (body, notice) = instrument("中华人民共和国义务教育法");
        assert_eq!((&body["code"], notice), (&json!("lex-ywjy"), Notice::FromLibrary));
    }
}
