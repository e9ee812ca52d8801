//! The rules that an item keeps by itself, whatever the rest of the register says: its codes, its lists, its chart.

use super::model::Item;
use crate::{
    charts,
    kinds::date_order,
    problem::{FieldError, Wrong},
    values::{
        ImplementationCode,
        code_lists::{Category, List},
    },
};

/// What is wrong with an item in normal form.
pub fn rules(body: &str) -> Result<Vec<FieldError>, serde_json::Error> {
    let item: Item = serde_json::from_str(body)?;
    let mut mistakes = codes(&item);
    mistakes.extend(lists(&item));
    mistakes.extend(date_order("/effective_from", Some(item.effective_from), "/effective_until", item.effective_until));
    if let Some(chart) = &item.chart {
        let materials: Vec<_> = item.materials.iter().map(|material| material.seq).collect();
        mistakes.extend(charts::check(chart, &materials));
    }
    Ok(mistakes)
}

fn codes(item: &Item) -> Vec<FieldError> {
    let mut mistakes = Vec::new();
    let composed = ImplementationCode::compose(&item.organisation, item.exercise_level, &item.catalogue_code);
    if item.implementation_code != composed {
        let wrong = Wrong::ImplementationCode(composed.to_string());
        mistakes.push(FieldError::at("/implementation_code", wrong));
    }
    let code = match &item.handling_code {
        Some(handling) => {
            if !handling.belongs_to(&item.implementation_code) {
                let wrong = Wrong::HandlingCode(item.implementation_code.to_string());
                mistakes.push(FieldError::at("/handling_code", wrong));
            }
            handling.as_str()
        }
        None => item.implementation_code.as_str(),
    };
    if item.code.as_str() != code {
        mistakes.push(FieldError::at("/code", Wrong::ImplementationCode(code.into())));
    }
    if let Some(main) = item.main_item.as_ref().filter(|main| !item.catalogue_code.has_main_item(&main.catalogue_code))
    {
        log::debug!("main item {} of {}", main.catalogue_code, item.code);
        mistakes.push(FieldError::at("/main_item/catalogue_code", Wrong::MainItem));
    }
    mistakes
}

fn lists(item: &Item) -> Vec<FieldError> {
    let mut mistakes = Vec::new();
    if item.catalogue_code.category() != Some(item.category) {
        let said = item.catalogue_code.category().map_or("?", Category::label);
        mistakes.push(FieldError::at("/category", Wrong::CatalogueCategory(said.into())));
    }
    if (item.list == List::Service) != (item.category == Category::PublicService) {
        mistakes.push(FieldError::at("/list", Wrong::ListCategory));
    }
    for (index, theme) in item.themes.iter().enumerate().filter(|(_, theme)| !theme.code.is_for(theme.audience)) {
        let wrong = Wrong::NotInCodeList(theme.audience.label().into());
        mistakes.push(FieldError::at(format!("/themes/{index}/code"), wrong));
    }
    mistakes
}
