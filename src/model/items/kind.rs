//! The kind: what the machinery knows of an item.

use serde_json::Value;

use super::{
    model::Item,
    references::references,
    rules::{CHECKED, SHAPE},
};
use crate::{
    model::kinds::{Facet, Filter, Indexed, Kind, Owner, Sites, Values, read_as},
    search::Document,
    values::{
        CatalogueCode, ImplementationCode, Uscc,
        code_lists::{
            Audience, Category, Channel, Charge, CrossRegion, ExerciseLevel, HandlingType, Initiation, OnlineDepth,
            PowerSource, System, Theme,
        },
    },
};

/// 政务服务事项
pub const KIND: Kind = Kind {
    name: "item",
    itself: &["item"],
    path: "items",
    chinese: "事项",
    english: "items",
    example: "11350121003619116B5000511001000",
    shape: || &SHAPE,
    read: |value| read_as::<Item>(&SHAPE, value),
    index,
    check: |body, register, today| CHECKED.check(body, register, today),
    row: &[
        "code",
        "name",
        "list",
        "category",
        "organisation",
        "audience",
        "handling_type",
        "legal_limit",
        "promised_limit",
        "charge",
        "summary",
    ],
    short: &["code", "name", "list", "category"],
    highlighted: &["name", "aliases", "summary"],
    filters: &[
        Filter::new(
            "list",
            [
                "清单",
                "power list, responsibility list (the powers with their responsibilities) or service list",
                "power",
            ],
            Values::Words(&["power", "responsibility", "service"]),
            Facet::Single,
        )
        .also("responsibility_list"),
        Filter::new(
            "category",
            ["事项类型", "category", "administrative_benefit"],
            Values::Listed(&Category::LIST),
            Facet::Single,
        ),
        Filter::new(
            "organisation",
            ["实施主体", "the organisation that holds it or handles it jointly", "11350121003619116B"],
            Values::Key(&["organisation"]),
            Facet::Single,
        )
        .also("joint_organisation"),
        Filter::new(
            "division",
            ["行政区划", "division of the organisation, or the beginning of its code", "350121202"],
            Values::Division,
            Facet::Single,
        ),
        Filter::new(
            "audience",
            ["服务对象", "who may use it", "person"],
            Values::Listed(&Audience::LIST),
            Facet::Multiple,
        ),
        Filter::new("theme", ["主题分类", "theme", "social_relief"], Values::Listed(&Theme::LIST), Facet::Multiple),
        Filter::new("charge", ["是否收费", "free or charged", "free"], Values::Listed(&Charge::LIST), Facet::Single),
        Filter::new(
            "handling",
            ["办件类型", "at once or within a promised time", "immediate"],
            Values::Listed(&HandlingType::LIST),
            Facet::Multiple,
        ),
        Filter::new(
            "initiation",
            ["依申请/依职权", "who sets it in motion", "application"],
            Values::Listed(&Initiation::LIST),
            Facet::Single,
        ),
        Filter::new(
            "channel",
            ["办理形式", "how one may apply", "online"],
            Values::Listed(&Channel::LIST),
            Facet::Multiple,
        ),
        Filter::new(
            "online_depth",
            ["网办深度", "how far it can be handled online", "full_process"],
            Values::Listed(&OnlineDepth::LIST),
            Facet::Single,
        ),
        Filter::new(
            "cross_region",
            ["通办范围", "where else it can be handled", "township"],
            Values::Listed(&CrossRegion::LIST),
            Facet::Multiple,
        ),
        Filter::new(
            "system",
            ["业务系统", "line of business", "civil_affairs"],
            Values::Listed(&System::LIST),
            Facet::Single,
        ),
        Filter::new(
            "power_source",
            ["权力来源", "where the power comes from", "statutory_own_level"],
            Values::Listed(&PowerSource::LIST),
            Facet::Single,
        ),
        Filter::new(
            "delegated",
            ["下放、授权或委托", "whether the power was devolved, authorised or entrusted", "true"],
            Values::Boolean,
            Facet::Single,
        ),
        Filter::new(
            "fee",
            ["收费项目", "a fee that it charges", "fee-rural-water"],
            Values::Key(&["fee"]),
            Facet::Multiple,
        ),
        Filter::new(
            "legal_instrument",
            ["设定依据", "a legal instrument that it cites", "lex-tdgl"],
            Values::Key(&["legal_instrument"]),
            Facet::Multiple,
        ),
        Filter::new(
            "place",
            ["办理地点", "where it is handled", "yangli-hall"],
            Values::Key(&["place"]),
            Facet::Multiple,
        ),
        Filter::new(
            "intermediary",
            ["中介机构", "an intermediary whose service it needs", "91350100MA3450011C"],
            Values::Key(&["intermediary"]),
            Facet::Multiple,
        ),
        Filter::new(
            "identifier",
            ["其他系统编码", "a code of another system, as scheme:value", "county:侯洋清010001"],
            Values::Identifier,
            Facet::None,
        ),
    ],
    sites: Sites::Through("place"),
    shows_users: false,
    owner: Owner::Organisation,
    recode: Some(recode),
    links: &[
        ("guide", "/v1/items/{key}/guide"),
        ("fee_quote", "/v1/items/{key}/fee-quote"),
        ("poster", "/v1/items/{key}/poster"),
        ("qr", "/v1/items/{key}/qr.svg"),
        ("check", "/v1/items/{key}/check?revision={revision}"),
    ],
};

/// The implementation code, and the codes made of it, follow the organisation (docs/DOMAIN.md §4.4).
fn recode(body: &mut Value, level: Option<&str>) {
    let level = level.and_then(ExerciseLevel::of);
    if let Some(level) = level {
        body["exercise_level"] = level.value().into();
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let parsed = Uscc::parse(&text("organisation")).ok().zip(CatalogueCode::parse(&text("catalogue_code")).ok());
    let level = ExerciseLevel::of(&text("exercise_level"));
    let Some(((organisation, catalogue_code), level)) = parsed.zip(level) else { return };
    let implementation = ImplementationCode::compose(&organisation, level, &catalogue_code).to_string();
    let handling = text("handling_code");
    let serial = handling.get(31..).filter(|serial| !serial.is_empty()).map(str::to_owned);
    body["implementation_code"] = implementation.clone().into();
    body["code"] = match serial {
        Some(serial) => {
            let code = format!("{implementation}{serial}");
            body["handling_code"] = code.clone().into();
            code.into()
        }
        None => implementation.into(),
    };
}

fn index(body: &str) -> Result<Indexed, serde_json::Error> {
    let item: Item = serde_json::from_str(body)?;
    Ok(Indexed {
        title: item.name.clone(),
        document: document(&item),
        postings: postings(&item),
        references: references(&item),
        division: None,
        site: None,
        has_chart: item.chart.is_some(),
    })
}

fn postings(item: &Item) -> Vec<(&'static str, String)> {
    let mut postings = vec![
        ("list", item.list.value().to_owned()),
        ("category", item.category.value().to_owned()),
        ("organisation", item.organisation.to_string()),
        ("charge", item.charge.value().to_owned()),
        ("initiation", item.initiation.value().to_owned()),
        ("online_depth", item.online.depth.value().to_owned()),
        ("system", item.system.value().to_owned()),
        ("power_source", item.power_source.value().to_owned()),
        ("delegated", item.power_source.is_delegated().to_string()),
    ];
    if item.is_on_responsibility_list() {
        postings.push(("responsibility_list", "responsibility".into()));
    }
    postings.extend(item.handling_type.map(|value| ("handling", value.value().to_owned())));
    postings.extend(item.cross_region.map(|value| ("cross_region", value.value().to_owned())));
    postings
        .extend(item.joint_organisations.iter().map(|joint| ("joint_organisation", joint.organisation.to_string())));
    postings.extend(item.audience.iter().map(|value| ("audience", value.value().to_owned())));
    postings.extend(item.themes.iter().map(|theme| ("theme", theme.code.value().to_owned())));
    postings.extend(item.channels.iter().map(|value| ("channel", value.value().to_owned())));
    postings.extend(item.fees.iter().map(|fee| ("fee", fee.to_string())));
    postings.extend(item.legal_bases.iter().map(|basis| ("legal_instrument", basis.instrument.to_string())));
    postings.extend(item.places.iter().map(|place| ("place", place.place.to_string())));
    let providers = item.intermediary_services.iter().flat_map(|service| &service.providers);
    postings.extend(providers.map(|provider| ("intermediary", provider.to_string())));
    let identifiers = item.identifiers.iter();
    postings.extend(identifiers.map(|known| ("identifier", format!("{}:{}", known.scheme.value(), known.value))));
    postings.sort();
    postings.dedup();
    postings
}

fn document(item: &Item) -> Document {
    let mut body: Vec<&str> = Vec::new();
    body.extend(item.summary.as_deref());
    body.extend(item.keywords.iter().map(String::as_str));
    body.push(&item.handling_office);
    body.extend(item.main_item.iter().map(|main| main.name.as_str()));
    body.extend(item.exercise_content.as_deref());
    body.extend(item.conditions.iter().map(|clause| clause.text.as_str()));
    body.extend(item.prohibitions.iter().map(|clause| clause.text.as_str()));
    body.extend(item.materials.iter().map(|material| material.name.as_str()));
    body.extend(item.special_procedures.iter().map(|procedure| procedure.name.as_str()));
    body.extend(item.intermediary_services.iter().map(|service| service.name.as_str()));
    body.extend(item.prerequisites.iter().map(|needed| needed.name.as_str()));
    body.extend(item.results.iter().map(|result| result.name.as_str()));
    body.extend(item.faqs.iter().flat_map(|faq| [faq.question.as_str(), faq.answer.as_str()]));
    body.extend(item.legal_bases.iter().map(|basis| basis.text.as_str()));
    body.extend(item.responsibilities.iter().map(|duty| duty.text.as_str()));
    body.extend(item.accountability.iter().map(|case| case.text.as_str()));
    body.extend(item.translations.values().map(|translation| translation.name.as_str()));
    let mut codes = vec![item.code.to_string(), item.catalogue_code.to_string()];
    if item.handling_code.is_some() {
        codes.push(item.implementation_code.to_string());
    }
    codes.extend(item.identifiers.iter().map(|known| known.value.clone()));
    let names = std::iter::once(item.name.clone()).chain(item.aliases.iter().cloned()).collect();
    Document { names, body: body.join("\n"), codes }
}
