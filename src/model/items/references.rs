//! The records that an item names: organisations, instruments, fees, places, intermediaries, other items.

use super::model::Item;
use crate::{
    model::{
        instruments::cited,
        kinds::{Reference, Slot},
    },
    values::Uscc,
};

/// Lists every record that `item` names.
pub(super) fn references(item: &Item) -> Vec<Reference> {
    let mut references = organisations(item);
    references.extend(cited(&item.legal_bases));
    references.extend(
        item.fees
            .iter()
            .enumerate()
            .map(|(index, fee)| Reference::new(format!("/fees/{index}"), &["fee"], fee, Slot::Fees).shown_back()),
    );
    references.extend(item.places.iter().enumerate().map(|(index, place)| {
        Reference::new(format!("/places/{index}/place"), &["place"], &place.place, Slot::Places)
    }));
    for (index, service) in item.intermediary_services.iter().enumerate() {
        references.extend(service.providers.iter().enumerate().map(|(at, provider)| {
            let pointer = format!("/intermediary_services/{index}/providers/{at}");
            Reference::new(pointer, &["intermediary"], provider, Slot::Providers).loose()
        }));
    }
    for (index, needed) in item.prerequisites.iter().enumerate() {
        let pointer = format!("/prerequisites/{index}/item");
        let to = |key| Reference::new(pointer.clone(), &["item"], key, Slot::Items).even_cancelled();
        references.extend(needed.item.iter().map(to));
    }
    references.extend(item.relations.iter().enumerate().map(|(index, relation)| {
        Reference::new(format!("/relations/{index}/item"), &["item"], &relation.item, Slot::Items).loose()
    }));
    references
}

/// Lists the organisations: the one that holds the item, those that it cannot do without, and those that it only mentions.
fn organisations(item: &Item) -> Vec<Reference> {
    let other = |pointer: String, key: &Uscc| Reference::new(pointer, &["organisation"], key, Slot::Organisations);
    let mut references =
        vec![Reference::new("/organisation", &["organisation"], &item.organisation, Slot::Organisation)];
    for (index, joint) in item.joint_organisations.iter().enumerate() {
        references.push(other(format!("/joint_organisations/{index}/organisation"), &joint.organisation));
    }
    references.extend(item.entrustment.iter().map(|entrustment| other("/entrustment/by".into(), &entrustment.by)));
    for (index, result) in item.results.iter().enumerate() {
        let issuer = result.issuer.as_ref();
        references.extend(issuer.map(|issuer| other(format!("/results/{index}/issuer"), issuer).loose()));
    }
    for (index, lane) in item.chart.iter().flat_map(|chart| chart.lanes.iter().enumerate()) {
        let organisation = lane.organisation.as_ref();
        references.extend(organisation.map(|key| other(format!("/chart/lanes/{index}/organisation"), key).loose()));
    }
    references
}
