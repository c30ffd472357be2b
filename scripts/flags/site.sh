# shellcheck shell=bash
# What the comparisons of flags share: this program, built; a folder that goes away; servers on free ports.
# To be sourced.

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
speedup=${SPEEDUP:-target/release/speedup}
[[ -n ${SPEEDUP:-} ]] || cargo build --release --locked --quiet
speedup=$(realpath "$speedup")

work=$(mktemp -d)
# The workers of nginx may belong to another user.
chmod 755 "$work"
servers=()
finish() {
    for server in "${servers[@]}"; do kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; done
    rm -rf "$work"
}
trap finish EXIT

free_port() {
    local port
    while port=$(shuf -i 20000-29999 -n 1) && (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
    echo "$port"
}

# Waits until the server at the URL answers.
await() {
    curl --silent --fail --retry 50 --retry-connrefused --retry-delay 1 --output /dev/null "$1/flags/ad/ad.gif"
}

# nginx with two workers over the exported flags, with a log of errors alone; sets $url.
start_nginx() {
    local port
    port=$(free_port)
    [[ -d $work/site ]] || "$speedup" serve --export "$work/site" >/dev/null
    cat >"$work/nginx.conf" <<CONF
worker_processes 2;
daemon off;
pid $work/nginx.pid;
error_log $work/nginx.log;
events { worker_connections 4096; }
http {
    access_log off;
    sendfile on;
    $1
    types { image/gif gif; application/json json; }
    keepalive_requests 1000000;
    server { listen 127.0.0.1:$port backlog=4096; root $work/site; }
}
CONF
    nginx -c "$work/nginx.conf" 2>>"$work/nginx.log" &
    servers+=($!)
    url=http://127.0.0.1:$port
    await "$url"
}

# This program with two threads; sets $url.
start_speedup() {
    local port
    port=$(free_port)
    "$speedup" serve --site local --port "$port" --threads 2 >"$work/serve.log" &
    servers+=($!)
    url=http://127.0.0.1:$port
    await "$url"
}
