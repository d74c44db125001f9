# syntax=docker/dockerfile:1
# A slim image that runs as a user without rights and needs no writable root. See docs/operations.md.
ARG PYTHON_VERSION=3.13

FROM python:${PYTHON_VERSION}-slim AS build
ARG EXTRAS=""
WORKDIR /source
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY segcli ./segcli
RUN python -m venv /opt/segcli \
    && /opt/segcli/bin/pip install --no-cache-dir --disable-pip-version-check ".${EXTRAS:+[${EXTRAS}]}" \
    && /opt/segcli/bin/pip uninstall --yes pip \
    && find /opt/segcli -depth -type d -name tests -exec rm -rf {} + \
    && cd /opt/segcli/lib/python*/site-packages/pyarrow \
    && rm -rf include libarrow_flight* libarrow_python_flight* _flight*

FROM python:${PYTHON_VERSION}-slim
LABEL org.opencontainers.image.title="segcli" \
      org.opencontainers.image.description="Customer segmentation from exports" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin segcli
COPY --from=build /opt/segcli /opt/segcli
ENV PATH="/opt/segcli/bin:${PATH}" \
    HOME=/tmp \
    LC_ALL=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /work
USER 10001:10001
ENTRYPOINT ["segcli"]
CMD ["--help"]
