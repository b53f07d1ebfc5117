//! Money: an exact decimal and an ISO 4217 currency; never a float.

use iso_currency::Currency;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Limit: one seat costs at most this, in whole units of the currency.
pub const AMOUNT_MAX: i64 = 10_000_000;

/// Why an amount is no price in a currency.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum AmountError {
    #[error("must not be negative")]
    Negative,
    #[error("must be at most {AMOUNT_MAX}")]
    TooLarge,
    #[error("has more decimal places than {0} has ({1})")]
    TooPrecise(Currency, u16),
}

/// An amount as JSON carries it: a decimal string, such as `"49.50"`. Numbers are refused, since
/// they pass through floats in most languages.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    sqlx::Type,
    utoipa::ToSchema,
)]
#[serde(transparent)]
#[sqlx(transparent)]
#[schema(value_type = String, examples("49.50"))]
pub struct Amount(#[serde(with = "rust_decimal::serde::str")] pub Decimal);

impl Amount {
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Checks that the amount can be a price, and gives it the currency's decimal places.
    pub fn in_currency(self, currency: Currency) -> Result<Self, AmountError> {
        let places = places(currency);
        let mut exact = self.0.normalize();
        if exact.is_sign_negative() && !exact.is_zero() {
            return Err(AmountError::Negative);
        }
        if exact > Decimal::from(AMOUNT_MAX) {
            return Err(AmountError::TooLarge);
        }
        if exact.scale() > u32::from(places) {
            return Err(AmountError::TooPrecise(currency, places));
        }
        exact.rescale(u32::from(places));
        Ok(Self(exact))
    }

    /// The amount in the currency's smallest unit: 4950 for 49.50 EUR, 4950 for 4950 JPY.
    /// The amount must have been checked with [`Amount::in_currency`].
    pub fn to_minor(self, currency: Currency) -> i64 {
        let mut exact = self.0;
        exact.rescale(u32::from(places(currency)));
        i64::try_from(exact.mantissa()).unwrap_or(i64::MAX)
    }

    pub fn from_minor(minor: i64, currency: Currency) -> Self {
        Self(Decimal::new(minor, u32::from(places(currency))))
    }
}

impl std::iter::Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.map(|amount| amount.0).sum())
    }
}

fn places(currency: Currency) -> u16 {
    currency.exponent().unwrap_or(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Amount {
        serde_json::from_value(serde_json::Value::from(text)).expect("a decimal")
    }

    #[test]
    fn an_amount_is_a_string_never_a_number() {
        assert!(serde_json::from_str::<Amount>("1.10").is_err());
        assert_eq!(serde_json::to_string(&amount("1.10")).unwrap(), "\"1.10\"");
    }

    #[test]
    fn an_amount_takes_the_currencys_decimal_places() {
        let padded = amount("49.5").in_currency(Currency::EUR).unwrap();
        assert_eq!(padded.0.to_string(), "49.50");
        assert_eq!(padded.to_minor(Currency::EUR), 4950);
        assert_eq!(
            Amount::from_minor(4950, Currency::JPY).0.to_string(),
            "4950"
        );
        assert_eq!(
            amount("0.001").in_currency(Currency::EUR),
            Err(AmountError::TooPrecise(Currency::EUR, 2))
        );
        assert!(amount("0.001").in_currency(Currency::KWD).is_ok());
    }

    #[test]
    fn negative_and_huge_amounts_are_refused() {
        assert_eq!(
            amount("-1").in_currency(Currency::EUR),
            Err(AmountError::Negative)
        );
        assert_eq!(
            amount("10000001").in_currency(Currency::EUR),
            Err(AmountError::TooLarge)
        );
    }
}
