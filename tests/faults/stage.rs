//! A small cast on a cluster, for scenes that are played step by step.

use std::sync::Arc;
use std::time::Duration;

use holdfast::id::EventId;

use super::caller::{Answer, Asked, Caller};
use super::checks::{self, Breach};
use super::cluster::Cluster;
use super::history::{History, HoldName, Outcome, Seat, Verb};
use super::processes::until;
use super::round;
use super::sale::{HOLD_LIFETIME, HOLD_TTL, Sale};

/// How long a caller on the stage waits for an answer, unless the scene says otherwise.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// Limits that only a machine that is much too busy comes near.
const TRIES_WITHIN: Duration = Duration::from_secs(60);
const MOVES_WITHIN: Duration = Duration::from_secs(60);

pub struct Stage<'a> {
    pub cluster: &'a Cluster,
    pub history: Arc<History>,
    sale: Arc<Sale>,
    callers: [Caller; 2],
}

/// What a scene came to.
pub struct Ended {
    pub sale: Arc<Sale>,
    pub breaches: Vec<Breach>,
}

/// Who acts, where.
#[derive(Clone, Copy)]
pub struct By(pub usize, pub usize);

impl<'a> Stage<'a> {
    /// An event of eight seats, which both instances know.
    pub async fn set(cluster: &'a Cluster) -> anyhow::Result<Self> {
        Self::set_with(cluster, (HOLD_TTL, HOLD_LIFETIME)).await
    }

    /// With holds that last so long at first, and at most.
    pub async fn set_with(
        cluster: &'a Cluster,
        times: (Duration, Duration),
    ) -> anyhow::Result<Self> {
        let sale = Arc::new(Sale::open_with(cluster, 8, times).await?);
        let history = Arc::new(History::default());
        history.excuses().lags = true;
        let caller = |number| Caller::new(number, &sale, &history);
        let callers = [caller(0).await?, caller(1).await?];
        let stage = Self {
            cluster,
            callers,
            history,
            sale,
        };
        for instance in 0..2 {
            let what = "an instance shows the event";
            until(what, TRIES_WITHIN, async || {
                stage
                    .ask(Verb::Look, By(0, instance), &Asked::default())
                    .await
                    .is_done()
            })
            .await?;
        }
        Ok(stage)
    }

    pub fn event_id(&self) -> anyhow::Result<EventId> {
        self.sale
            .event_id
            .parse()
            .map_err(|_| anyhow::anyhow!("no event id"))
    }

    pub async fn ask(&self, verb: Verb, By(caller, instance): By, asked: &Asked) -> Answer {
        let mut asked = asked.clone();
        asked.instance = instance;
        if asked.patience.is_zero() {
            asked.patience = PATIENCE;
        }
        self.callers[caller].call(verb, &asked).await
    }

    /// Asks for a seat until the service says yes or no. Its name is that of the hold, too.
    pub async fn place(&self, by: By, seat: Seat, hold: HoldName) -> anyhow::Result<Option<Asked>> {
        let key = Some(format!("place-{hold}"));
        let mut asked = Asked {
            hold,
            key,
            wanted: vec![seat],
            ..Asked::default()
        };
        let mut answer = None;
        until("a place is answered", TRIES_WITHIN, async || {
            let said = self.ask(Verb::Place, by, &asked).await;
            let in_progress = Outcome::Refused("request_in_progress".to_owned());
            let is_known = !said.is_unknown() && said.outcome != in_progress;
            answer = Some(said);
            is_known
        })
        .await?;
        let placed = answer.filter(Answer::is_done);
        Ok(placed.map(|answer| {
            asked.key = None;
            asked.hold_id = answer.told.hold_id.unwrap_or_default();
            asked.hold_token = answer.hold_token;
            asked
        }))
    }

    pub async fn confirm(&self, by: By, held: &Asked, patience: Duration) -> Answer {
        let asked = Asked {
            patience,
            ..held.clone()
        };
        self.ask(Verb::Confirm, by, &asked).await
    }

    /// Asks again until it is known what became of it.
    pub async fn settle(&self, by: By, held: &Asked) -> anyhow::Result<()> {
        until(
            "a confirm is settled",
            Duration::from_secs(60),
            async || !self.confirm(by, held, PATIENCE).await.is_unknown(),
        )
        .await
    }

    /// Asks until the service says yes or no.
    pub async fn release(&self, by: By, held: &Asked) -> anyhow::Result<()> {
        until("a release is answered", TRIES_WITHIN, async || {
            !self.ask(Verb::Release, by, held).await.is_unknown()
        })
        .await
    }

    /// Until PostgreSQL says that the board is in that store.
    pub async fn until_mode(&self, mode: &str) -> anyhow::Result<()> {
        self.cluster
            .until_mode(&self.sale, mode, MOVES_WITHIN)
            .await
    }

    /// Until the maps of both instances show what PostgreSQL has.
    pub async fn until_shown(&self) -> anyhow::Result<()> {
        round::settle(self.cluster, &self.sale, TRIES_WITHIN).await
    }

    /// What must not be, now that the scene is over.
    pub async fn end(self) -> anyhow::Result<Ended> {
        let truth = round::read(self.cluster, &self.sale).await?;
        let calls = self.history.calls().clone();
        let excuses = self.history.excuses().clone();
        let breaches = checks::check(&self.sale, &calls, &excuses, &truth);
        let sale = self.sale;
        Ok(Ended { sale, breaches })
    }
}
