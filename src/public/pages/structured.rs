//! What a guide says to search engines: the item as a `GovernmentService` of schema.org. A block of data, which no browser
//! runs.

use maud::{Markup, PreEscaped, html};
use serde_json::{Map, Value, json};

use super::{guide::View, text};
use crate::values::code_lists::{Contact, ThemeAudience};

/// The block of data for the head of a guide; nothing for a draft.
pub fn government_service(view: &View<'_>, base: &str) -> Markup {
    match view.edition {
        None => Markup::default(),
        // Nothing in it looks like markup: neither could it end the block early, nor is it taken for anything else.
        Some(_) => {
            let data = service(view, base).to_string();
            let data = data.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
            html! { script type="application/ld+json" { (PreEscaped(data)) } }
        }
    }
}

fn service(view: &View<'_>, base: &str) -> Value {
    let (item, own) = (&view.item, format!("{base}/v1/items/{}", view.item.code));
    let organisation = item.organisation.as_str();
    let office = view.snapshot.get("organisation", organisation).map(|entry| entry.indexed.title.as_str());
    let mut service = Map::new();
    let mut put = |name: &str, value: Value| {
        let is_empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !is_empty {
            service.insert(name.into(), value);
        }
    };
    put("@context", "https://schema.org".into());
    put("@type", "GovernmentService".into());
    put("@id", own.clone().into());
    put("identifier", item.code.as_str().into());
    put("name", item.name.as_str().into());
    put("alternateName", item.aliases.clone().into());
    put("description", item.summary.as_deref().unwrap_or(&item.name).into());
    put("url", format!("{own}/guide").into());
    put("serviceType", item.category.label().into());
    put("inLanguage", "zh-CN".into());
    put(
        "provider",
        json!({
            "@type": "GovernmentOrganization", "@id": format!("{base}/v1/organisations/{organisation}"),
            "name": office.unwrap_or(organisation), "identifier": organisation,
        }),
    );
    let audience = item.audience.iter().map(|one| json!({ "@type": "Audience", "audienceType": one.label() }));
    put("audience", audience.collect());
    let themes = item.themes.iter().filter(|theme| theme.audience == ThemeAudience::Person);
    put("category", themes.map(|theme| theme.code.label()).collect());
    let phones = item.consultation.iter().filter(|phone| phone.kind == Contact::Phone);
    let places = item.places.iter().filter_map(|place| {
        let entry = view.snapshot.get("place", place.place.as_str())?;
        Some(json!({ "@type": "Place", "@id": format!("{base}/v1/places/{}", entry.key), "name": entry.indexed.title }))
    });
    let mut channel = json!({ "@type": "ServiceChannel" });
    channel["servicePhone"] =
        phones.map(|phone| json!({ "@type": "ContactPoint", "telephone": phone.value })).collect();
    channel["serviceLocation"] = places.collect();
    if let Some(url) = item.online.url.as_deref().and_then(text::link) {
        channel["serviceUrl"] = url.into();
    }
    put("availableChannel", channel);
    Value::Object(service)
}
