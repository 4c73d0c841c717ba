# The API, the scheduler, the workers and the emulator: one image, one command each.

FROM python:3.11.13-slim-bookworm AS built
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/web-scales
ENV PATH=/opt/web-scales/bin:$PATH
WORKDIR /build
# What changes seldom comes first, so that it is not installed again each time.
COPY requirements-run.lock .
RUN pip install --require-hashes --requirement requirements-run.lock
COPY setup.cfg pyproject.toml README.md LICENSE ./
COPY domain domain
COPY application application
COPY adapters adapters
COPY entrypoints entrypoints
RUN pip install --no-deps --no-build-isolation . \
    && pip uninstall --yes setuptools \
    && pip check

FROM python:3.11.13-slim-bookworm
# The folders belong to the user in the image, so that volumes put there do too.
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin web-scales \
    && install --directory --owner web-scales --group web-scales --mode 700 \
        /var/lib/web-scales /var/lib/web-scales-database
COPY --from=built /opt/web-scales /opt/web-scales
ENV PATH=/opt/web-scales/bin:$PATH PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
# Settings are read from .env here, where the environment does not say.
WORKDIR /var/lib/web-scales
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["web-scales"]
CMD ["serve", "--host", "0.0.0.0"]
