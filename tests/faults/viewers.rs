//! Viewers of the live seat map: they stay for a while, come back, and change the instance.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::checks::NO_FAILURE;
use super::feed::{Complaint, Map, take_message};
use super::history::{History, Sight};
use super::sale::Sale;

/// How long a viewer may take to show what is so, once nothing changes any more.
const ARRIVES_WITHIN: Duration = Duration::from_secs(20);

pub struct Viewer {
    number: usize,
    sale: Arc<Sale>,
    history: Arc<History>,
    rng: StdRng,
    http: reqwest::Client,
    instance: usize,
    map: Map,
    habit: Habit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// Watches one instance as long as it can.
    Stays,
    /// Comes back again and again, to either instance, and says what it has seen.
    Wanders,
    /// Comes back as a stranger.
    Forgets,
}

pub const HABITS: [Habit; 6] = [
    Habit::Stays,
    Habit::Wanders,
    Habit::Wanders,
    Habit::Wanders,
    Habit::Wanders,
    Habit::Forgets,
];

impl Viewer {
    pub fn new(number: usize, habit: Habit, sale: &Arc<Sale>, history: &Arc<History>) -> Self {
        let seed = sale.event_id.bytes().fold(number as u64, |seed, byte| {
            seed.wrapping_mul(31).wrapping_add(u64::from(byte))
        });
        Self {
            number,
            sale: sale.clone(),
            history: history.clone(),
            rng: StdRng::seed_from_u64(seed),
            http: reqwest::Client::new(),
            instance: number % 2,
            map: Map::default(),
            habit,
        }
    }

    pub async fn watch(&mut self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let stay = match self.habit {
                Habit::Stays => Duration::from_secs(3600),
                Habit::Wanders | Habit::Forgets => {
                    Duration::from_millis(self.rng.random_range(40..600))
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                _ = timeout(stay, self.stay(None)) => {}
            }
            let pause = self.rng.random_range(5..50);
            sleep(Duration::from_millis(pause)).await;
            if self.habit != Habit::Stays && self.rng.random_bool(0.5) {
                self.instance = 1 - self.instance;
            }
            if self.habit == Habit::Forgets {
                self.map = Map::default();
            }
        }
    }

    /// Goes on until it has this map; answers the one that it has where that takes too long.
    pub async fn arrive(&mut self, states: &str) -> Result<(), String> {
        let begun = Instant::now();
        while self.map.states != states {
            if begun.elapsed() > ARRIVES_WITHIN {
                let (number, habit) = (self.number, self.habit);
                return Err(format!(
                    "viewer {number}, who {habit:?}, has {:?}",
                    self.map
                ));
            }
            timeout(Duration::from_secs(2), self.stay(Some(states)))
                .await
                .ok();
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Reads what one connection brings, to its end, or until the map is this one.
    async fn stay(&mut self, wanted: Option<&str>) {
        let url = format!(
            "{}{}",
            self.sale.urls[self.instance],
            self.sale.path("/live")
        );
        let mut request = self.http.get(url);
        let (epoch, revision) = self.map.position;
        if !self.map.states.is_empty() {
            request = request.header("Last-Event-ID", format!("{epoch}-{revision}"));
        }
        let Ok(mut answer) = request.send().await else {
            return;
        };
        if answer.status() == 500 {
            return self.note(Some((NO_FAILURE, "the feed is 500".to_owned())));
        }
        if !answer.status().is_success() {
            return;
        }
        let mut text = String::new();
        while let Ok(Some(chunk)) = answer.chunk().await {
            text.push_str(&String::from_utf8_lossy(&chunk));
            while let Some(message) = take_message(&mut text) {
                match self.map.take(&message) {
                    Ok(false) => {}
                    Ok(true) => self.note(None),
                    Err(complaint) => {
                        self.note(Some(complaint));
                        self.map = Map::default();
                        return;
                    }
                }
            }
            if wanted.is_some_and(|states| self.map.states == states) {
                return;
            }
        }
    }

    fn note(&self, complaint: Option<Complaint>) {
        self.history.see(Sight {
            who: format!("viewer {} at {}", self.number, self.instance),
            instance: self.instance,
            at: self.history.now(),
            position: self.map.position,
            states: self.map.states.clone(),
            complaint,
        });
    }
}
