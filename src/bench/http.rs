//! A route that does nothing: what the same machine, generator and HTTP library can do at best.

use std::net::Ipv4Addr;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use bytes::Bytes;
use clap::value_parser as bounded;
use tokio::net::TcpListener;

#[derive(Clone, Copy, Debug, clap::Args)]
pub struct BareRoute {
    /// The length of the body that every request gets.
    #[arg(long, default_value_t = 60_000, value_parser = bounded!(u32).range(..=10_000_000))]
    bytes: u32,
}

/// Serves the same body at `/` on a free port of this machine, and prints where; until it is ended.
pub fn serve_bare_route(route: BareRoute) -> anyhow::Result<()> {
    let body = Bytes::from(vec![b'.'; route.bytes as usize]);
    let answer = async move || ([(header::CONTENT_TYPE, "text/plain")], body);
    let router = Router::new().route("/", get(answer));
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("http://{}", listener.local_addr()?);
        Ok(axum::serve(listener, router).await?)
    })
}
