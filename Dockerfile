# One file for both images.  CPU:  docker build -t solverhub .
# CUDA: docker build -t solverhub:cuda --build-arg EXTRAS=solvers,server,scip,cuda .
# TORCH_INDEX names a package index with CPU-only torch wheels, which makes the CPU image much smaller.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS build
ARG EXTRAS=solvers,server,scip
ARG TORCH_INDEX=
WORKDIR /src
RUN python -m venv /opt/solverhub
ENV PATH=/opt/solverhub/bin:$PATH
COPY constraints.txt ./
RUN if [ -n "$TORCH_INDEX" ]; then pip install --no-cache-dir --index-url "$TORCH_INDEX" torch -c constraints.txt; fi
COPY pyproject.toml README.md LICENSE ./
COPY solverhub solverhub
COPY api api
COPY models models
COPY kernels kernels
COPY instances instances
RUN pip install --no-cache-dir -c constraints.txt ".[$EXTRAS]"

FROM python:${PYTHON}-slim
RUN useradd --create-home --uid 10001 solverhub && install -d -o solverhub /var/lib/solverhub
COPY --from=build /opt/solverhub /opt/solverhub
ENV PATH=/opt/solverhub/bin:$PATH \
    SOLVERHUB_DATA_DIR=/var/lib/solverhub \
    SOLVERHUB_HOST=0.0.0.0 \
    SOLVERHUB_PORT=8080 \
    NUMBA_CACHE_DIR=/home/solverhub/.cache/numba
USER solverhub
RUN python -m solverhub.cli.warm
VOLUME /var/lib/solverhub
EXPOSE 8080
# A bind address beyond loopback needs SOLVERHUB_API_KEYS; the server refuses to start without.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
CMD ["solverhub", "serve"]
