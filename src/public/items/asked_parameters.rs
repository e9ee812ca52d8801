//! The parameters on which the fees of an item depend, under the names by which the address asks for them.
//!
//! A parameter is asked by its own name. A name that several fees of an item have is asked once
//! where it means one thing (type, unit and values; the narrower limits hold); otherwise each is asked as `fee_code.name`.
//! So is one that is called as a parameter of the address itself. Names do not depend on which fees are quoted.

use super::{item_fee::ItemFee, quotation::GivenParameter};
use crate::{
    model::fees::{Given, Parameter, plain},
    problem::{MissingParameter, MissingValue},
    values::code_lists::ParameterType,
};

/// The parameters of the address itself.
pub const OWN: [&str; 4] = ["on", "fee", "lang", "as_of"];

/// A parameter as the address asks for it.
pub struct AskedParameter {
    /// Its name in the query.
    pub name: String,
    /// Its declaration: the first of those that share the name, with the limits of all.
    pub parameter: Parameter,
    /// The codes of the fees that depend on it.
    pub fees: Vec<String>,
    /// Its name in those fees.
    pub own: String,
}

/// Lists every parameter of these fees under the name by which it is asked.
pub fn asked_of(fees: &[ItemFee]) -> Vec<AskedParameter> {
    let declared = || fees.iter().flat_map(|fee| fee.fee.parameters.iter().map(move |parameter| (fee, parameter)));
    let is_shared = |name: &str| {
        let mut namesakes = declared().map(|(_, other)| other).filter(|other| other.name == name);
        let first = namesakes.next();
        !OWN.contains(&name) && first.is_some_and(|first| namesakes.all(|other| is_same(first, other)))
    };
    let mut all: Vec<AskedParameter> = Vec::new();
    for (fee, parameter) in declared() {
        let (code, own) = (fee.fee.code.to_string(), parameter.name.clone());
        let name = if is_shared(&own) { own.clone() } else { format!("{code}.{own}") };
        match all.iter_mut().find(|known| known.name == name) {
            Some(known) => known.join(code, parameter),
            None => all.push(AskedParameter { name, parameter: parameter.clone(), fees: vec![code], own }),
        }
    }
    all
}

fn is_same(a: &Parameter, b: &Parameter) -> bool {
    let values = |parameter: &Parameter| {
        let values = parameter.values.iter().flatten().map(|known| known.value.clone());
        values.collect::<Vec<_>>()
    };
    a.r#type == b.r#type && a.unit == b.unit && values(a) == values(b)
}

impl AskedParameter {
    /// Notes that another fee depends on it, too: the narrower limits hold, and both labels are shown where they differ.
    fn join(&mut self, code: String, other: &Parameter) {
        let ours = &mut self.parameter;
        if other.least() > ours.least() {
            ours.min = other.min.clone();
        }
        ours.max = ours.max.iter().chain(&other.max).min_by_key(|most| most.value()).cloned();
        if ours.label != other.label {
            ours.label = format!("{} / {}", ours.label, other.label);
        }
        if !self.fees.contains(&code) {
            self.fees.push(code);
        }
    }

    /// Lists the values of a choice or a boolean, each with its label.
    pub fn values(&self) -> Vec<(String, String)> {
        match self.parameter.r#type {
            ParameterType::Boolean => {
                [("true", "是"), ("false", "否")].map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec()
            }
            ParameterType::Enum => {
                let values = self.parameter.values.iter().flatten();
                values.map(|known| (known.value.clone(), known.label.clone())).collect()
            }
            ParameterType::Decimal | ParameterType::Integer => Vec::new(),
        }
    }

    fn is_figure(&self) -> bool {
        matches!(self.parameter.r#type, ParameterType::Decimal | ParameterType::Integer)
    }

    /// Says what is to be told, for these fees.
    pub fn missing(&self, fees: Vec<String>) -> MissingParameter {
        let values = self.values().into_iter().map(|(value, label)| MissingValue { value, label });
        MissingParameter {
            parameter: self.name.clone(),
            label: self.parameter.label.clone(),
            r#type: self.parameter.r#type.value(),
            unit: self.parameter.unit.clone(),
            values: values.collect(),
            min: self.is_figure().then(|| plain(self.parameter.least())),
            max: self.parameter.max.as_ref().filter(|_| self.is_figure()).map(|most| plain(most.value())),
            fees,
        }
    }

    /// Repeats the value that was told.
    pub fn given(&self, value: &Given) -> GivenParameter {
        let value = match value {
            Given::Figure(figure) => plain(*figure),
            Given::Flag(flag) => flag.to_string(),
            Given::Choice(choice) => choice.clone(),
        };
        GivenParameter {
            parameter: self.name.clone(),
            label: self.parameter.label.clone(),
            value_label: self.values().into_iter().find(|(known, _)| *known == value).map(|(_, label)| label),
            value,
            unit: self.parameter.unit.clone(),
        }
    }
}
