# The web app on a CPU: no root, and a file system that may be read-only.
FROM debian:bookworm-slim

RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv libegl1 libgles2 libgl1 libxcb1 libglib2.0-0 ca-certificates && rm -rf /var/lib/apt/lists/*
COPY . /src
# Nothing but what docker.lock names by its hashes; .ci/lock writes it.
RUN python3 -m venv /opt/emojicam && /opt/emojicam/bin/pip install --no-cache-dir --require-hashes -r /src/docker.lock && /opt/emojicam/bin/pip install --no-cache-dir --no-deps --no-build-isolation /src && /opt/emojicam/bin/pip check && rm -rf /src
RUN useradd --system --uid 10001 --create-home --home-dir /home/emojicam emojicam
# The detector's files are fetched now: later nothing is written, and no connection is opened.
RUN XDG_CACHE_HOME=/opt/cache /opt/emojicam/bin/emojicam fetch && chmod -R a+rX /opt/cache
# matplotlib, which MediaPipe loads, would look for a folder to write to; it builds its list of fonts now.
RUN XDG_CACHE_HOME=/opt/cache MPLCONFIGDIR=/opt/cache/matplotlib /opt/emojicam/bin/python -c "import mediapipe" && chmod -R a+rX /opt/cache

USER emojicam
WORKDIR /home/emojicam
ENV XDG_CACHE_HOME=/opt/cache MPLCONFIGDIR=/opt/cache/matplotlib PYTHONDONTWRITEBYTECODE=1
EXPOSE 8000
# Without $EMOJICAM_TOKEN a token is made up and printed.
CMD ["/bin/sh", "-c", "exec /opt/emojicam/bin/emojicam web --host 0.0.0.0 --no-browser --token ${EMOJICAM_TOKEN:+\"$EMOJICAM_TOKEN\"}"]
