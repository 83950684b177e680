# Stands for the official image of Rust: this machine's own toolchain, which the build mounts into it.
FROM scratch
ARG TOOLCHAIN
COPY root/ /
ENV PATH=${TOOLCHAIN}/bin:/tools/bin:/usr/bin:/bin CARGO_HOME=/cargo CARGO_INSTALL_ROOT=/tools
