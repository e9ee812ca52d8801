//! The circumstances of a case: the figures that a fee depends on, and whether a condition holds of them.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use rust_decimal::Decimal;
use serde_json::Value;

use super::model::{Comparison, Condition, Fee, Operator, Parameter};
use crate::{
    problem::Wrong,
    values::{DecimalText, code_lists::ParameterType, fold},
};

/// Characters of a choice at most, where a parameter lists none.
const MOST_CHARACTERS: usize = 64;

/// The circumstances of a case, by the names of the fee's parameters.
pub type Circumstances = BTreeMap<String, Given>;

/// The value of one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// Of a decimal or an integer.
    Figure(Decimal),
    /// Of what is so or not.
    Flag(bool),
    /// Of a choice: one of the values of the parameter.
    Choice(String),
}

/// Whether a condition holds, as far as the circumstances tell (Kleene's three values).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It does, whatever else is told.
    Holds,
    /// It does not, whatever else is told.
    Fails,
    /// These parameters decide.
    Unknown(BTreeSet<String>),
}

impl Parameter {
    /// Reads what was given for it. Figures are plain decimals, full-width digits are folded; one below 0 is refused unless
    /// the parameter's own `min` is below 0. A boolean is `true` or `false`.
    pub fn read(&self, text: &str) -> Result<Given, Wrong> {
        match self.r#type {
            ParameterType::Decimal => self.figure(text, "12.5").map(Given::Figure),
            ParameterType::Integer => {
                let figure = self.figure(text, "12")?;
                match figure.is_integer() {
                    true => Ok(Given::Figure(figure)),
                    false => Err(Wrong::WrongType("integer".into())),
                }
            }
            ParameterType::Boolean => match fold(text).to_ascii_lowercase().as_str() {
                "true" => Ok(Given::Flag(true)),
                "false" => Ok(Given::Flag(false)),
                _ => Err(Wrong::NotInCodeList("true, false".into())),
            },
            ParameterType::Enum => self.choice(text).map(Given::Choice),
        }
    }

    /// The least figure that is taken: its `min`, and 0 where it has none.
    pub fn least(&self) -> Decimal {
        self.min.as_ref().map_or(Decimal::ZERO, DecimalText::value)
    }

    fn figure(&self, text: &str, example: &str) -> Result<Decimal, Wrong> {
        let figure = DecimalText::parse(text).map_err(|_| Wrong::FigureForm(example.into()))?.value();
        let figure = if figure.is_zero() { Decimal::ZERO } else { figure };
        let (least, most) = (self.least(), self.max.as_ref().map(DecimalText::value));
        let fits = figure >= least && most.is_none_or(|most| figure <= most);
        fits.then_some(figure).ok_or_else(|| {
            Wrong::OutOfRange(match most {
                Some(most) => format!("{least}–{most}"),
                None => format!("≥ {least}"),
            })
        })
    }

    fn choice(&self, text: &str) -> Result<String, Wrong> {
        let Some(values) = &self.values else {
            let fits = (1..=MOST_CHARACTERS).contains(&text.chars().count());
            return fits.then(|| text.to_owned()).ok_or(Wrong::TooLong(MOST_CHARACTERS as u64));
        };
        let folded = fold(text);
        let known = values.iter().find(|known| known.value == text || known.value == folded);
        known.map(|known| known.value.clone()).ok_or_else(|| {
            Wrong::NotInCodeList(values.iter().map(|known| known.value.as_str()).collect::<Vec<_>>().join(", "))
        })
    }
}

/// Whether `condition` holds; an absent one always does. A parameter that the fee does not declare can be told by nobody: its
/// comparisons are false (publication refuses such a fee).
pub fn holds(fee: &Fee, condition: Option<&Condition>, given: &Circumstances) -> Truth {
    match condition {
        None => Truth::Holds,
        Some(Condition::Comparison(comparison)) => compared(fee, comparison, given),
        Some(Condition::All(all)) => every(all.all.iter().map(|inner| holds(fee, Some(inner), given))),
        Some(Condition::Any(any)) => {
            every(any.any.iter().map(|inner| holds(fee, Some(inner), given).negated())).negated()
        }
        Some(Condition::Not(not)) => holds(fee, Some(&not.not), given).negated(),
    }
}

impl Truth {
    fn negated(self) -> Self {
        match self {
            Self::Holds => Self::Fails,
            Self::Fails => Self::Holds,
            Self::Unknown(parameters) => Self::Unknown(parameters),
        }
    }
}

/// One that fails decides, whatever is unknown of the others.
fn every(truths: impl Iterator<Item = Truth>) -> Truth {
    let mut unknown = BTreeSet::new();
    for truth in truths {
        match truth {
            Truth::Holds => {}
            Truth::Fails => return Truth::Fails,
            Truth::Unknown(parameters) => unknown.extend(parameters),
        }
    }
    if unknown.is_empty() { Truth::Holds } else { Truth::Unknown(unknown) }
}

fn compared(fee: &Fee, comparison: &Comparison, given: &Circumstances) -> Truth {
    let Some(parameter) = fee.parameters.iter().find(|parameter| parameter.name == comparison.parameter) else {
        return Truth::Fails;
    };
    match given.get(&parameter.name) {
        None => Truth::Unknown(BTreeSet::from([parameter.name.clone()])),
        Some(value) if is(parameter, value, comparison) => Truth::Holds,
        Some(_) => Truth::Fails,
    }
}

/// Choices are ordered as the parameter lists them, `false` comes before `true`. What is not of the parameter's type is
/// neither equal nor less nor greater.
fn is(parameter: &Parameter, given: &Given, comparison: &Comparison) -> bool {
    let against = |value: &Value| ordering(parameter, given, value);
    let order = || against(&comparison.value);
    match comparison.op {
        Operator::Eq => order() == Some(Ordering::Equal),
        Operator::Ne => order() != Some(Ordering::Equal),
        Operator::Lt => order() == Some(Ordering::Less),
        Operator::Le => matches!(order(), Some(Ordering::Less | Ordering::Equal)),
        Operator::Gt => order() == Some(Ordering::Greater),
        Operator::Ge => matches!(order(), Some(Ordering::Greater | Ordering::Equal)),
        Operator::In => match &comparison.value {
            Value::Array(values) => values.iter().any(|value| against(value) == Some(Ordering::Equal)),
            one => against(one) == Some(Ordering::Equal),
        },
    }
}

fn ordering(parameter: &Parameter, given: &Given, value: &Value) -> Option<Ordering> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    match given {
        Given::Figure(figure) => Some(figure.cmp(&decimal(&text)?)),
        Given::Flag(flag) => Some(flag.cmp(&text.parse().ok()?)),
        Given::Choice(choice) if *choice == text => Some(Ordering::Equal),
        Given::Choice(choice) => {
            let place = |wanted: &str| parameter.values.as_ref()?.iter().position(|known| known.value == wanted);
            Some(place(choice)?.cmp(&place(&text)?))
        }
    }
}

fn decimal(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()
}
