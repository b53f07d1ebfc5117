//! The rules of the matching: on their own, and over a long sale.

mod fairness;
mod figures;
mod order;
mod quiet;
mod scene;
mod together;
