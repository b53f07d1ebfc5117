//! A seeded random walk: several callers' verbs in any order, on the real stores, each answer
//! compared with a small model of the rules.
//!
//! `HOLDFAST_WALK_SEED` repeats one walk, `HOLDFAST_WALK_STEPS` makes every walk longer.

mod buyers;
mod model;
mod outcome;
mod records;
mod surroundings;
mod together;
mod walk;

use std::env;

use sqlx::PgPool;
use walk::{Boards, Walk};

const STEPS: usize = 5_000;
const STEPS_IN_POSTGRES: usize = 1_000;
const STEPS_TOGETHER: usize = 500;

async fn walk(db: PgPool, seed: u64) {
    walk_on(db, seed, Boards::InRedis, STEPS).await;
}

async fn walk_on(db: PgPool, seed: u64, boards: Boards, n_steps: usize) {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse().expect(name));
    let seed = number("HOLDFAST_WALK_SEED").unwrap_or(seed);
    let n_steps = number("HOLDFAST_WALK_STEPS").map_or(n_steps, |n: u64| n as usize);
    println!("seed {seed}, {n_steps} steps, boards {boards:?}");
    let mut walk = Walk::begin(db, seed, boards).await;
    walk.go(n_steps).await;
    walk.end().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn every_answer_of_a_walk_is_as_the_rules_say(db: PgPool) {
    walk(db, 1).await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn every_answer_of_a_walk_that_nobody_has_walked_is_as_the_rules_say(db: PgPool) {
    walk(db, rand::random()).await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn every_answer_of_a_walk_without_redis_is_as_the_rules_say(db: PgPool) {
    walk_on(db, 2, Boards::InPostgres, STEPS_IN_POSTGRES).await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn every_answer_of_a_walk_to_and_fro_is_as_the_rules_say(db: PgPool) {
    walk_on(db, rand::random(), Boards::ToAndFro, STEPS_IN_POSTGRES).await;
}

async fn walk_together(db: PgPool, boards: Boards) {
    let seed = rand::random();
    println!("seed {seed}, boards {boards:?}");
    let mut walk = Walk::begin(db, seed, boards).await;
    walk.go_together(STEPS_TOGETHER).await;
    walk.end().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn places_that_come_together_are_answered_as_if_one_after_the_other(db: PgPool) {
    walk_together(db, Boards::InRedis).await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn places_that_come_together_without_redis_are_answered_as_if_one_after_the_other(
    db: PgPool,
) {
    walk_together(db, Boards::InPostgres).await;
}

/// A hold whose idempotency key had been another's, that was confirmed and forgotten, did not go
/// along.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn every_answer_of_a_walk_that_found_a_fault_is_as_the_rules_say(db: PgPool) {
    walk_on(db, 12_855_470_634_018_972_948, Boards::ToAndFro, 400).await;
}
