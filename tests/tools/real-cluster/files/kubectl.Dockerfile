# Stands for an image with a shell and kubectl that a node would pull.
FROM scratch
COPY root/ /
ENV PATH=/bin
