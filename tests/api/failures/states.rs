//! F22: no pair of states of an event and of an entry in which an offer is made, or stands, that
//! should not.

use chrono::TimeDelta;
use holdfast::waitlist::link_token;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::waitlist::{promote, sold_out};
use crate::support::{Answer, Caller, Sale, TestApp};
use crate::waitlist::bytes;

/// The first takes time to bring about, in which offers of the others would run out.
const ENTRY_STATES: [&str; 7] = [
    "lapsed",
    "unverified",
    "waiting",
    "offered",
    "accepted",
    "left",
    "removed",
];

/// Somebody whose entry is in a state. Their own seat is the first; the second is sold.
struct Scene {
    sale: Sale,
    ana: Caller,
    seller: Caller,
    all: Answer,
    entry_id: String,
}

impl Scene {
    async fn of_each_state(app: &TestApp) -> Vec<Self> {
        let mut scenes = Vec::new();
        for state in ENTRY_STATES {
            scenes.push(Self::new(app, state).await);
        }
        scenes
    }

    async fn new(app: &TestApp, state: &str) -> Self {
        let (sale, seller, all) = sold_out(app, 2).await;
        sale.edit(json!({"sales_close_at": "2037-12-01T18:00:00Z"}))
            .await;
        if state == "unverified" {
            sale.set_waitlist(json!({"verification_required": true}))
                .await;
        }
        let ana = app.guest();
        let entry_id = ana.join(&sale, 1).await.expect(201).text_of("entry_id");
        let scene = Self {
            sale,
            ana,
            seller,
            all,
            entry_id,
        };
        scene.bring_to(app, state).await;
        scene
    }

    async fn bring_to(&self, app: &TestApp, state: &str) {
        if ["offered", "accepted", "lapsed"].contains(&state) {
            self.free("S-A-1").await;
            promote(app).await;
        }
        match state {
            "accepted" => {
                self.accept().await.expect(201);
                promote(app).await;
            }
            "lapsed" => self.run_out(app).await,
            "left" => {
                self.ana.leave(&self.sale).await.expect(204);
            }
            "removed" => {
                let reason = json!({"reason": "A tout"});
                self.own("remove", reason).await.expect(200);
            }
            _ => {}
        }
    }

    /// The offer's time is over, and no other's.
    async fn run_out(&self, app: &TestApp) {
        app.ctx.clock.advance(TimeDelta::minutes(15));
        app.run_jobs().await;
    }

    async fn free(&self, seat: &str) {
        self.seller
            .cancel_seats(&self.all, &[seat])
            .await
            .expect(200);
    }

    async fn accept(&self) -> Answer {
        let path = self.sale.path("/waitlist/mine/accept");
        self.ana.post(&path, json!({})).await
    }

    async fn own(&self, verb: &str, body: Value) -> Answer {
        self.sale.decide(verb, &self.entry_id, body).await
    }

    async fn apply(&self, app: &TestApp, verb: &str) -> Answer {
        match verb {
            "join" => self.ana.join(&self.sale, 1).await,
            "leave" => self.ana.leave(&self.sale).await,
            "accept" => self.accept().await,
            "move" => {
                self.own("move", json!({"priority": 1, "reason": "A"}))
                    .await
            }
            "remove" => self.own("remove", json!({"reason": "A"})).await,
            "verify" => {
                let entry_id = self.entry_id.parse().expect("an id");
                let token = link_token(&app.ctx, self.sale.id(), entry_id);
                let path = self.sale.path("/waitlist/mine/verify");
                self.ana.post(&path, json!({"token": token})).await
            }
            verb => panic!("{verb}"),
        }
    }

    async fn state(&self) -> String {
        self.ana.entry(&self.sale).await.text_of("state")
    }

    async fn n_live_offers(&self, app: &TestApp) -> i64 {
        let live = "SELECT count(*) FROM waitlist_offers WHERE event_id = $1 AND state = 'live'";
        let count = sqlx::query_scalar(live).bind(self.sale.id().0);
        count.fetch_one(&app.ctx.db).await.expect("a count")
    }
}

/// What becomes of an entry after its event has come to a state, and a seat was free all the time:
/// its own state, and the seats.
fn expected(event: &str, entry: &str) -> (&'static str, &'static str) {
    let goes_on = ["on_sale", "paused"].contains(&event);
    // The bookings of a cancelled event are cancelled with it.
    let rest = |seats: &'static str| if event == "cancelled" { ".." } else { seats };
    match entry {
        "unverified" if goes_on => ("unverified", "b."),
        "waiting" if event == "on_sale" => ("offered", "bh"),
        "waiting" if event == "paused" => ("waiting", "bw"),
        "offered" if goes_on => ("offered", "h."),
        "unverified" | "waiting" => ("lapsed", rest("b.")),
        "offered" => ("lapsed", rest("..")),
        "accepted" => ("accepted", rest("b.")),
        "lapsed" => ("lapsed", rest("..")),
        "left" => ("left", rest("b.")),
        _ => ("removed", rest("b.")),
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f22_after_each_pair_of_states_there_is_an_offer_where_there_should_be_one(db: PgPool) {
    let app = TestApp::start(db).await;
    let events = [
        ("on_sale", None),
        ("paused", Some("pause")),
        ("closed", Some("close")),
        ("cancelled", Some("cancel")),
        ("over", None),
    ];
    for (event, verb) in events {
        let scenes = Scene::of_each_state(&app).await;
        for scene in &scenes {
            scene.free("S-A-2").await;
            if let Some(verb) = verb {
                scene.sale.apply(verb).await;
            }
        }
        if event == "over" {
            app.ctx.clock.advance(TimeDelta::hours(6));
        }

        app.run_jobs().await;
        app.run_jobs().await;

        for (scene, entry) in scenes.iter().zip(ENTRY_STATES) {
            let (state, seats) = expected(event, entry);
            let found = (scene.state().await, bytes(&app, &scene.sale).await);
            assert_eq!(
                (found.0.as_str(), found.1.as_str()),
                (state, seats),
                "{event}, {entry}"
            );
            let n_live = scene.n_live_offers(&app).await;
            assert_eq!(n_live, i64::from(state == "offered"), "{event}, {entry}");
        }
    }
    app.finish().await;
}

/// Each verb with the status that it answers and the state that it leads to, by the entry's state
/// in the order of `ENTRY_STATES`.
const VERBS: [(&str, [(u16, &str); 7]); 6] = [
    (
        "join",
        [
            (201, "waiting"),
            (409, "unverified"),
            (409, "waiting"),
            (409, "offered"),
            (201, "waiting"),
            (201, "waiting"),
            (201, "waiting"),
        ],
    ),
    (
        "leave",
        [
            (204, "lapsed"),
            (204, "left"),
            (204, "left"),
            (204, "left"),
            (409, "accepted"),
            (204, "left"),
            (204, "removed"),
        ],
    ),
    (
        "accept",
        [
            (410, "lapsed"),
            (404, "unverified"),
            (404, "waiting"),
            (201, "accepted"),
            (200, "accepted"),
            (404, "left"),
            (404, "removed"),
        ],
    ),
    (
        "verify",
        [
            (200, "lapsed"),
            (200, "waiting"),
            (200, "waiting"),
            (200, "offered"),
            (200, "accepted"),
            (200, "left"),
            (200, "removed"),
        ],
    ),
    (
        "move",
        [
            (404, "lapsed"),
            (200, "unverified"),
            (200, "waiting"),
            (404, "offered"),
            (404, "accepted"),
            (404, "left"),
            (404, "removed"),
        ],
    ),
    (
        "remove",
        [
            (200, "lapsed"),
            (200, "removed"),
            (200, "removed"),
            (200, "removed"),
            (409, "accepted"),
            (200, "left"),
            (200, "removed"),
        ],
    ),
];

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f22_each_verb_leads_each_state_to_one_and_ends_its_offer_or_leaves_it(db: PgPool) {
    let app = TestApp::start(db).await;
    for (verb, outcomes) in VERBS {
        let scenes = Scene::of_each_state(&app).await;
        let scenes = scenes.iter().zip(ENTRY_STATES).zip(outcomes);
        for ((scene, entry), (status, state)) in scenes {
            if verb == "join" && entry == "lapsed" {
                // Otherwise there is a seat that can be had.
                app.guest().book(&scene.sale, &["S-A-1"]).await;
            }

            let answer = scene.apply(&app, verb).await;

            assert_eq!(answer.status, status, "{verb} {entry}: {}", answer.text);
            assert_eq!(scene.state().await, state, "{verb} {entry}");
            let n_live = scene.n_live_offers(&app).await;
            assert_eq!(n_live, i64::from(state == "offered"), "{verb} {entry}");
        }
    }
    app.finish().await;
}
