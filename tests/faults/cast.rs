//! Everybody in a round: buyers, the event's owner, and viewers of its seat map.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::caller::Caller;
use super::checks::Breach;
use super::feed::SAME_MAP;
use super::history::History;
use super::owner::Owner;
use super::processes::background;
use super::round::Plan;
use super::sale::Sale;
use super::viewers::{HABITS, Viewer};
use super::workload::Buyer;

const LEARNS: &str = "once all is well, everybody learns what became of a call";

pub struct Cast {
    stop: CancellationToken,
    buyers: Vec<JoinHandle<Buyer>>,
    owner: JoinHandle<Owner>,
    leave: CancellationToken,
    viewers: Vec<JoinHandle<Viewer>>,
}

impl Cast {
    pub async fn begin(
        sale: &Arc<Sale>,
        history: &Arc<History>,
        plan: &Plan,
    ) -> anyhow::Result<Self> {
        let (stop, leave) = (CancellationToken::new(), CancellationToken::new());
        let names = Arc::new(AtomicU32::new(1));
        let mut callers = Vec::new();
        for number in 0..plan.n_buyers {
            callers.push(Caller::new(number, sale, history).await?);
        }
        let mut owner = Owner::new(Caller::owner(sale, history), plan.seed);
        owner.prepare().await;
        let buyers = callers.into_iter().map(|caller| {
            let mut buyer = Buyer::new(caller, plan.seed, &names, plan.abandons);
            let stop = stop.clone();
            background(async move {
                buyer.buy(&stop).await;
                buyer
            })
        });
        let buyers = buyers.collect();
        let viewers = HABITS.into_iter().enumerate().map(|(number, habit)| {
            let mut viewer = Viewer::new(number, habit, sale, history);
            let leave = leave.clone();
            background(async move {
                viewer.watch(&leave).await;
                viewer
            })
        });
        let viewers = viewers.collect();
        let stopping = stop.clone();
        let owner = background(async move {
            owner.run(&stopping).await;
            owner
        });
        Ok(Self {
            stop,
            buyers,
            owner,
            leave,
            viewers,
        })
    }

    /// Nobody wants anything new from now on; viewers watch on.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Once all is well again: everybody learns what became of their calls, and lets go of what
    /// they have.
    pub async fn settle(self) -> anyhow::Result<(Audience, Vec<Breach>)> {
        let mut owner = self.owner.await?;
        let mut settling = vec![background(async move { owner.settle().await })];
        for buyer in self.buyers {
            let mut buyer = buyer.await?;
            settling.push(background(async move { buyer.settle().await }));
        }
        let mut breaches = Vec::new();
        for settled in settling {
            let n_unsettled = settled.await?;
            if n_unsettled > 0 {
                breaches.push(Breach {
                    rule: LEARNS,
                    what: format!("{n_unsettled} did not"),
                });
            }
        }
        let audience = Audience {
            leave: self.leave,
            viewers: self.viewers,
        };
        Ok((audience, breaches))
    }
}

/// Those who watch on.
pub struct Audience {
    leave: CancellationToken,
    viewers: Vec<JoinHandle<Viewer>>,
}

impl Audience {
    /// They go, each with the map that it has.
    pub async fn leave(self) -> anyhow::Result<Vec<Viewer>> {
        self.leave.cancel();
        let mut viewers = Vec::new();
        for viewer in self.viewers {
            viewers.push(viewer.await?);
        }
        Ok(viewers)
    }
}

/// Each has been shown what is so in the end, or is when it comes back.
pub async fn arrive(viewers: Vec<Viewer>, states: &str) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for mut viewer in viewers {
        let late = viewer.arrive(states).await.err();
        breaches.extend(late.map(|what| Breach {
            rule: SAME_MAP,
            what: format!("{what}, and not {states}"),
        }));
    }
    breaches
}
