//! What the pages know of the service without asking it.

use iso_currency::Currency;

use crate::tree::{expect_none, sources};

const PRICES: &str = "web/src/admin/events/prices.ts";

/// The table has a line such as `3: "BHD IQD",` for each number of decimal places but two.
fn complaints(table: &str) -> Vec<String> {
    let mut found = Vec::new();
    for code in codes() {
        let places = Currency::from_code(&code).and_then(Currency::exponent);
        let listed = table.lines().find(|line| line.contains(code.as_str()));
        let said = listed.and_then(|line| line.trim().split(':').next()?.parse().ok());
        if places.is_some_and(|places| said.unwrap_or(2) != places) {
            found.push(format!("{code} has {places:?} places, and not {said:?}"));
        }
    }
    found
}

fn codes() -> impl Iterator<Item = String> {
    let letters = || 'A'..='Z';
    letters().flat_map(move |a| {
        letters().flat_map(move |b| letters().map(move |c| String::from_iter([a, b, c])))
    })
}

#[test]
fn the_form_of_an_event_has_the_services_decimal_places() {
    let source = sources(PRICES).pop().expect("the file");
    let table = source.text.split_once("CURRENCIES_BY_PLACES");
    let table = table.and_then(|(_, rest)| rest.split_once("};"));
    expect_none(complaints(table.expect("the table").0));
}

#[test]
fn places_that_are_wrong_are_found() {
    let table = "  0: \"BIF CLP DJF GNF HUF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF\",\n  \
                 3: \"BHD IQD JOD KWD LYD OMR TND\",\n  4: \"CLF UYW\",\n";
    assert_eq!(
        complaints(table),
        [
            "HUF has Some(2) places, and not Some(0)",
            "XPF has Some(0) places, and not None"
        ]
    );
}
