//! The data of a guide for search engines: the item as a `GovernmentService` of schema.org. A block of data, which no browser
//! runs.

use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};

use super::{guide::ItemView, text};
use crate::values::code_lists::{Contact, ThemeAudience};

/// The block of data for the head of a guide; nothing for a draft.
pub fn government_service(view: &ItemView<'_>, base: &str) -> Markup {
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

fn service(view: &ItemView<'_>, base: &str) -> Value {
    let (item, own) = (&view.item, format!("{base}/v1/items/{}", view.item.code));
    let audience = item.audience.iter().map(|one| json!({ "@type": "Audience", "audienceType": one.label() }));
    let themes = item.themes.iter().filter(|theme| theme.audience == ThemeAudience::Person);
    let members: [(&str, Value); 13] = [
        ("@context", "https://schema.org".into()),
        ("@type", "GovernmentService".into()),
        ("@id", own.clone().into()),
        ("identifier", item.code.as_str().into()),
        ("name", item.name.as_str().into()),
        ("alternateName", item.aliases.clone().into()),
        ("description", item.summary.as_deref().unwrap_or(&item.name).into()),
        ("url", format!("{own}/guide").into()),
        ("serviceType", item.category.label().into()),
        ("inLanguage", "zh-CN".into()),
        ("provider", provider(view, base)),
        ("audience", audience.collect()),
        ("category", themes.map(|theme| theme.code.label()).collect()),
    ];
    let is_empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    let members = members.into_iter().filter(|(_, value)| !is_empty(value));
    let members = members.chain([("availableChannel", channel(view, base))]);
    Value::Object(members.map(|(name, value)| (name.to_owned(), value)).collect())
}

fn provider(view: &ItemView<'_>, base: &str) -> Value {
    let key = view.item.organisation.as_str();
    let office = view.snapshot.get("organisation", key).map(|entry| entry.indexed.title.as_str());
    json!({
        "@type": "GovernmentOrganization", "@id": format!("{base}/v1/organisations/{key}"),
        "name": office.unwrap_or(key), "identifier": key,
    })
}

/// The telephones, places and address of the web by which one reaches the service.
fn channel(view: &ItemView<'_>, base: &str) -> Value {
    let phones = view.item.consultation.iter().filter(|phone| phone.kind == Contact::Phone);
    let phones = phones.map(|phone| json!({ "@type": "ContactPoint", "telephone": phone.value }));
    let places = view.item.places.iter().filter_map(|place| view.snapshot.get("place", place.place.as_str()));
    let places = places.map(|entry| {
        json!({ "@type": "Place", "@id": format!("{base}/v1/places/{}", entry.key), "name": entry.indexed.title })
    });
    let mut channel = json!({
        "@type": "ServiceChannel",
        "servicePhone": phones.collect::<Value>(),
        "serviceLocation": places.collect::<Value>(),
    });
    if let Some(url) = view.item.online.url.as_deref().and_then(text::link) {
        channel["serviceUrl"] = url.into();
    }
    channel
}
