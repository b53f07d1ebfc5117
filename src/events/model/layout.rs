//! The plan of an event: the venue's layout with prices.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};

use super::Event;
use crate::money::Amount;

/// For what an event's document has and the venue's has not.
const ROOM_BYTES: usize = 4 << 10;

#[derive(Serialize)]
struct PricedCategory<'a> {
    key: &'a str,
    name: &'a str,
    colour: &'a str,
    amount: Amount,
}

impl Event {
    /// A strong entity tag of the layout with prices: of everything in it that can differ.
    pub fn layout_etag(&self) -> String {
        let mut hash = Sha256::new_with_prefix(&self.layout_tag);
        hash.update(self.currency.code());
        for price in &self.prices {
            hash.update(format!("\n{}\n{}", price.category, price.amount.0));
        }
        format!("\"{}\"", URL_SAFE_NO_PAD.encode(&hash.finalize()[..16]))
    }

    /// The venue's layout document with the event's id, currency and amounts. The sections, which
    /// are nearly all of it, are copied as text.
    pub fn price_layout(&self, layout: &str) -> Result<String, serde_json::Error> {
        let categories = self.prices.iter().map(|price| PricedCategory {
            key: &price.category,
            name: &price.name,
            colour: &price.colour,
            amount: price.amount,
        });
        let categories = to_raw_value(&categories.collect::<Vec<_>>())?;
        let event_id = to_raw_value(&self.event_id)?;
        let currency = to_raw_value(self.currency.code())?;

        let mut members: BTreeMap<String, &RawValue> = serde_json::from_str(layout)?;
        members.insert("categories".to_owned(), &categories);
        members.insert("event_id".to_owned(), &event_id);
        members.insert("currency".to_owned(), &currency);
        // Growing step by step would take three times as much memory.
        let mut json = Vec::with_capacity(layout.len() + ROOM_BYTES);
        serde_json::to_writer(&mut json, &members)?;
        // Invariant: JSON is UTF-8.
        Ok(String::from_utf8(json).unwrap_or_default())
    }
}
