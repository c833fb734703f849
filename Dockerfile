# One image for the API, the worker and the migration job; the command says which.
# Debian, because Temporal's native bridge needs glibc.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No install script is needed for any package, and none may run.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
RUN npm run build

# The stand-ins for gateway, carrier and mail: for trying it out, never for production.
FROM build AS stand-ins
RUN mkdir /books && chown node /books
USER node
CMD ["node", "dist/counterparties/main.js", "gateway"]

FROM node:20-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
# The bridge ships a binary for every platform, and its Rust sources: 118 MB that never run here.
RUN cd node_modules/@temporalio/core-bridge \
  && find releases -mindepth 1 -maxdepth 1 ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} + \
  && test -n "$(ls releases)" \
  && rm -rf sdk-core

FROM node:20-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production \
    MAKEGOOD_ENV=production \
    WORKFLOW_BUNDLE=/app/dist/workflows.js
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
COPY migrations migrations
# What the type of a problem names: the API serves them.
COPY docs/problems docs/problems
RUN rm -rf dist/counterparties
USER node
EXPOSE 3000
# For the API. The operations listener is not exposed; it answers inside the container.
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.OPERATIONS_PORT || 3001}/health/ready`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/api.js"]
