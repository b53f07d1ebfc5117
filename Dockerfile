# syntax=docker/dockerfile:1
FROM node:22-bookworm-slim AS pages
WORKDIR /build/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web .
# The template editor offers the built-in venues.
COPY venues /build/venues
RUN npm run build

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
ENV SQLX_OFFLINE=true

# The dependencies are a layer of their own: a change of the service does not build them again.
# Cargo looks for each program that Cargo.toml names, also where it is not to build it.
COPY Cargo.toml Cargo.lock ./
RUN mkdir -p src tests/faults && echo 'fn main() {}' | tee src/main.rs > tests/faults/main.rs \
    && touch src/lib.rs && cargo build --release --locked && rm -r src

COPY . .
COPY --from=pages /build/web/dist web/dist
RUN touch src/main.rs src/lib.rs && cargo build --release --locked --bin holdfast

FROM debian:bookworm-slim
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 holdfast
COPY --from=build /build/target/release/holdfast /usr/local/bin/holdfast
USER holdfast
ENV HOLDFAST_BIND=0.0.0.0:8080 MIMALLOC_PURGE_DELAY=20
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s \
    CMD ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:8080/healthz"]
ENTRYPOINT ["holdfast"]
CMD ["serve"]
