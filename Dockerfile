# An image of either program, from the packages of this checkout:
#
#     deno task compile && deno task package
#     docker build --target airborne --tag gdn-airborne .
#     docker run --rm --read-only --network none --tmpfs /tmp --volume gdn:/var/lib/gdn gdn-airborne --help
#
# On a Jetson name NVIDIA's base: --build-arg BASE=nvcr.io/nvidia/l4t-base:r36.2.0. A base must be a Debian
# or Ubuntu with glibc 2.35 or newer.
ARG BASE=debian:bookworm-slim

# Only what the sums of the release name goes further.
FROM ${BASE} AS packages
COPY dist/SHA256SUMS dist/*.deb /packages/
RUN cd /packages && sha256sum --check --strict --ignore-missing SHA256SUMS

FROM ${BASE} AS airborne
COPY --from=packages /packages/gdn-airborne_*.deb /tmp/packages/
RUN dpkg --install /tmp/packages/*.deb && rm -r /tmp/packages
USER gdn
WORKDIR /var/lib/gdn
VOLUME /var/lib/gdn
ENTRYPOINT ["/usr/bin/airborne"]

FROM ${BASE} AS operator
COPY --from=packages /packages/gdn-operator_*.deb /tmp/packages/
RUN dpkg --install /tmp/packages/*.deb && rm -r /tmp/packages
USER gdn
WORKDIR /var/lib/gdn
VOLUME /var/lib/gdn
ENTRYPOINT ["/usr/bin/operator"]
