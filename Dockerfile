# The registry with the system's libpq, so that the connection to PostgreSQL can use TLS.
#
#     docker build -t qingdan .
#     docker run --rm -p 127.0.0.1:8080:8080 qingdan serve --demo

FROM rust:1.95-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpq-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --profile dist --locked --no-default-features --features system-libpq --bin qingdan \
    && install target/dist/qingdan /usr/local/bin/qingdan

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libpq5 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /data --shell /usr/sbin/nologin qingdan \
    && install -d -m 700 -o qingdan -g qingdan /data
COPY --from=build /usr/local/bin/qingdan /usr/local/bin/qingdan
COPY LICENSE assets/fonts/OFL.txt /usr/share/doc/qingdan/

ENV QINGDAN_LISTEN=0.0.0.0:8080 \
    QINGDAN_DATA_DIR=/data
USER qingdan
WORKDIR /data
VOLUME /data
EXPOSE 8080

# bash speaks enough HTTP for one status line; the image carries no client.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${QINGDAN_LISTEN##*:} && printf 'GET /health/ready HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r version status rest <&3 && [ \"$status\" = 200 ]"]

ENTRYPOINT ["qingdan"]
CMD ["serve"]
