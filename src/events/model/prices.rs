//! Prices: one for each category of the layout, none for anything else.

use std::collections::HashMap;

use iso_currency::Currency;
use serde::{Deserialize, Serialize};

use crate::money::Amount;
use crate::problem::FieldError;
use crate::venues::Category;

/// What a seat of a category costs, as an owner says it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceOf {
    /// The key of a category of the venue's layout.
    #[schema(examples("standard"))]
    pub category: String,
    pub amount: Amount,
}

/// What a seat of a category costs, with what the layout calls the category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EventPrice {
    pub category: String,
    pub name: String,
    /// `#rrggbb`
    pub colour: String,
    pub amount: Amount,
}

/// Everything that is wrong with the prices, for a layout with those category keys. Amounts can be
/// judged only in a currency.
pub(crate) fn faults_of(
    prices: &[PriceOf],
    categories: &[&str],
    currency: Option<Currency>,
) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let mut seen = Vec::new();
    for (i, price) in prices.iter().enumerate() {
        let category = price.category.as_str();
        if !categories.contains(&category) {
            let detail = "is not a category of the venue".to_owned();
            faults.push(fault(format!("/prices/{i}/category"), detail));
        } else if seen.contains(&category) {
            let detail = "has a price already".to_owned();
            faults.push(fault(format!("/prices/{i}/category"), detail));
        } else {
            seen.push(category);
        }
        let amount = currency.map(|currency| price.amount.in_currency(currency));
        if let Some(Err(error)) = amount {
            faults.push(fault(format!("/prices/{i}/amount"), error.to_string()));
        }
    }
    let missing = categories.iter().filter(|key| !seen.contains(key));
    let missing: Vec<&str> = missing.copied().collect();
    if !missing.is_empty() {
        let detail = format!("has no price for {}", missing.join(", "));
        faults.push(fault("/prices".to_owned(), detail));
    }
    faults
}

/// Prices in the order of the layout's categories. They must have no faults.
pub(crate) fn priced(
    categories: &[Category],
    prices: &[PriceOf],
    currency: Currency,
) -> Vec<EventPrice> {
    let amounts: HashMap<&str, Amount> = prices
        .iter()
        .map(|price| (price.category.as_str(), price.amount))
        .collect();
    let price_of = |category: &Category| {
        let amount = amounts.get(category.key.as_str())?;
        Some(EventPrice {
            category: category.key.clone(),
            name: category.name.clone(),
            colour: category.colour.clone(),
            amount: amount.in_currency(currency).ok()?,
        })
    };
    categories.iter().filter_map(price_of).collect()
}

fn fault(pointer: String, detail: String) -> FieldError {
    FieldError { pointer, detail }
}
