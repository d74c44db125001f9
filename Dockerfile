# syntax=docker/dockerfile:1
# A slim image that runs as a user without rights and needs no writable root. See docs/operations.md.
ARG PYTHON_VERSION=3.13

FROM python:${PYTHON_VERSION}-slim AS build
ARG EXTRAS=""
WORKDIR /source
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY segcli ./segcli
RUN python -m venv /opt/segcli \
    && /opt/segcli/bin/pip install --no-cache-dir --no-compile --disable-pip-version-check ".${EXTRAS:+[${EXTRAS}]}" \
    && /opt/segcli/bin/pip uninstall --yes pip
# Remove tests and sources of libraries, the parts of pyarrow that open connections, and its libraries under second names.
RUN find /opt/segcli -depth -type d -name tests -exec rm -rf {} + \
    && find /opt/segcli -type f -regex '.*\.\(pyx\|pxd\|pyi\|c\|h\|cpp\|a\)' -delete \
    && cd /opt/segcli/lib/python*/site-packages/pyarrow \
    && rm -rf include libarrow_flight* libarrow_python_flight* _flight* libarrow_s3* _s3fs* _azurefs* _gcsfs* _hdfs* \
        libarrow*.so libarrow*.so.*.*.*
# The demo fails if something is missing, and compiles the modules that commands use: only those are stored compiled.
RUN cd "$(mktemp -d)" && /opt/segcli/bin/segcli demo > demo.txt

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
