//! Redis' sharded channels: one connection for each process (and node), on which listeners hear
//! what is published.
//!
//! Messages get lost: when the connection breaks, when a listener is slow, when a slot moves.
//! Listeners are told where it is known ([`Message::Lost`]) and check the rest themselves.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use fred::clients::SubscriberClient;
use fred::error::Error;
use fred::interfaces::{ClientLike, EventInterface, PubsubInterface};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use crate::redis;
use crate::tasks::Tasks;

/// Limit: messages that one listener has not taken up yet. What comes on top is dropped.
const MESSAGES_MAX: usize = 4_096;

#[derive(Clone)]
pub struct Channels(Arc<Parts>);

struct Parts {
    client: SubscriberClient,
    listeners: Mutex<HashMap<String, mpsc::Sender<Message>>>,
    is_started: AtomicBool,
    /// A channel is subscribed and left by one at a time, so that leaving never undoes a later
    /// subscribing.
    order: tokio::sync::Mutex<()>,
}

/// What a listener hears.
#[derive(Clone, Debug)]
pub enum Message {
    Published(Bytes),
    /// The connection broke: from here on messages are missing.
    Lost,
    /// The channel is heard again.
    Restored,
}

/// One channel, heard by one listener; left when this is dropped.
pub struct Listener {
    messages: mpsc::Receiver<Message>,
    channel: String,
    channels: Channels,
    tasks: Tasks,
}

impl Channels {
    /// Connects when the first listener comes.
    pub fn new(url: &str) -> Result<Self, Error> {
        Ok(Self(Arc::new(Parts {
            client: redis::subscriber(url)?,
            listeners: Mutex::default(),
            is_started: AtomicBool::new(false),
            order: tokio::sync::Mutex::default(),
        })))
    }

    /// Hears a channel. Everything that is published after this has returned will be heard, or
    /// [`Message::Lost`]. A second listener of the same channel takes it over from the first.
    pub async fn listen(&self, tasks: &Tasks, channel: String) -> Result<Listener, Error> {
        self.start(tasks).await?;
        let (sender, messages) = mpsc::channel(MESSAGES_MAX);
        let _one_at_a_time = self.0.order.lock().await;
        self.listeners().insert(channel.clone(), sender);
        let listener = Listener {
            messages,
            channel: channel.clone(),
            channels: self.clone(),
            tasks: tasks.clone(),
        };
        self.0.client.ssubscribe(channel).await?;
        Ok(listener)
    }

    fn listeners(&self) -> MutexGuard<'_, HashMap<String, mpsc::Sender<Message>>> {
        let listeners = self.0.listeners.lock();
        listeners.unwrap_or_else(PoisonError::into_inner)
    }

    async fn start(&self, tasks: &Tasks) -> Result<(), Error> {
        if !self.0.is_started.swap(true, Ordering::SeqCst) {
            tasks.spawn(self.clone().pump(tasks.clone()));
            self.0.client.connect();
        }
        let connected = self.0.client.wait_for_connect();
        match tokio::time::timeout(redis::COMMAND_TIMEOUT, connected).await {
            Ok(connected) => connected,
            Err(_) => Err(redis::not_connected()),
        }
    }

    /// Takes messages to their listeners, and subscribes anew after each connection.
    async fn pump(self, tasks: Tasks) {
        let client = &self.0.client;
        let mut published = client.message_rx();
        let (mut errors, mut connections) = (client.error_rx(), client.reconnect_rx());
        let stopping = tasks.stopping();
        loop {
            tokio::select! {
                biased;
                () = stopping.cancelled() => break,
                error = errors.recv() => match error {
                    Err(RecvError::Closed) => break,
                    _ => self.tell_all(&Message::Lost),
                },
                connection = connections.recv() => match connection {
                    Err(RecvError::Closed) => break,
                    _ => {
                        tasks.spawn(self.clone().restore());
                    }
                },
                message = published.recv() => match message {
                    Ok(message) => {
                        let bytes = message.value.into_owned_bytes().unwrap_or_default();
                        self.tell(&message.channel, Message::Published(bytes.into()));
                    }
                    Err(RecvError::Lagged(_)) => {
                        self.tell_all(&Message::Lost);
                        self.tell_all(&Message::Restored);
                    }
                    Err(RecvError::Closed) => break,
                },
            }
        }
        // What Redis answers to a goodbye does not matter.
        client.quit().await.ok();
    }

    async fn restore(self) {
        let _one_at_a_time = self.0.order.lock().await;
        let known: Vec<String> = self.listeners().keys().cloned().collect();
        for channel in known {
            match self.0.client.ssubscribe(channel.clone()).await {
                Ok(()) => self.tell(&channel, Message::Restored),
                Err(error) => tracing::warn!(cause = %error, "a channel is not heard"),
            }
        }
    }

    /// A listener that is too far behind misses the message.
    fn tell(&self, channel: &str, message: Message) {
        if let Some(listener) = self.listeners().get(channel) {
            listener.try_send(message).ok();
        }
    }

    fn tell_all(&self, message: &Message) {
        for listener in self.listeners().values() {
            listener.try_send(message.clone()).ok();
        }
    }

    async fn leave(self, channel: String) {
        let _one_at_a_time = self.0.order.lock().await;
        let is_left = {
            let mut listeners = self.listeners();
            let is_left = listeners.get(&channel).is_some_and(mpsc::Sender::is_closed);
            is_left.then(|| listeners.remove(&channel)).is_some()
        };
        if is_left {
            self.0.client.sunsubscribe(channel).await.ok();
        }
    }
}

impl Listener {
    /// Waits for the next message; none when somebody else has taken the channel over.
    pub async fn next(&mut self) -> Option<Message> {
        self.messages.recv().await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.messages.close();
        if self.tasks.stopping().is_cancelled() {
            return;
        }
        let leaving = self.channels.clone().leave(self.channel.clone());
        self.tasks.spawn(leaving);
    }
}
