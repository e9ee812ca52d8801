//! What an item names: organisations, instruments, fees, places, intermediaries, other items.

use super::model::Item;
use crate::model::{
    instruments::cited,
    kinds::{Reference, Slot},
};

/// Every record that `item` names.
pub(super) fn references(item: &Item) -> Vec<Reference> {
    let mut references =
        vec![Reference::new("/organisation", &["organisation"], &item.organisation, Slot::Organisation)];
    let mut organisation = |pointer: String, key: &dyn ToString, holds: bool| {
        let reference = Reference::new(pointer, &["organisation"], key.to_string(), Slot::Organisations);
        references.push(if holds { reference } else { reference.loose() });
    };
    for (index, joint) in item.joint_organisations.iter().enumerate() {
        organisation(format!("/joint_organisations/{index}/organisation"), &joint.organisation, true);
    }
    if let Some(entrustment) = &item.entrustment {
        organisation("/entrustment/by".into(), &entrustment.by, true);
    }
    for (index, result) in item.results.iter().enumerate() {
        if let Some(issuer) = &result.issuer {
            organisation(format!("/results/{index}/issuer"), issuer, false);
        }
    }
    for (index, lane) in item.chart.iter().flat_map(|chart| chart.lanes.iter().enumerate()) {
        if let Some(key) = &lane.organisation {
            organisation(format!("/chart/lanes/{index}/organisation"), key, false);
        }
    }
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
