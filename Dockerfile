# One image for all of millrace: the services, the CLI and the dashboard differ only in the command they are started with.
# Node 22: what is compiled of better-sqlite3 12 for Node 24.19 and later aborts (docs/decisions/0028-containers.md).

FROM node:22-bookworm-slim AS packages
# better-sqlite3 is compiled when there is no prebuilt one to fetch.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends python3 make g++ \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
# Only what names packages: as long as that stays, so does this layer.
COPY package.json package-lock.json .npmrc ./
COPY packages/shared/package.json packages/shared/
COPY packages/sources/package.json packages/sources/
COPY packages/cli/package.json packages/cli/
COPY packages/cli/bin/ packages/cli/bin/
COPY services/extractor/package.json services/extractor/
COPY services/transformer/package.json services/transformer/
COPY services/loader/package.json services/loader/
COPY services/dashboard/package.json services/dashboard/
RUN npm ci --no-audit --no-fund

FROM packages AS build
COPY tsconfig.base.json tsconfig.build.json ./
COPY scripts/ scripts/
COPY packages/ packages/
COPY services/ services/
RUN npm run build
# The example's data is not kept in git, and a clean checkout should have something to run.
RUN node packages/cli/dist/demo/storefront-main.js --dir example-data
RUN npm prune --omit=dev --no-audit --no-fund \
  && find packages services -depth \( -name src -o -name web -o -name tsconfig.json -o -name '*.tsbuildinfo' -o -name '*.map' -o -name '*.d.ts' \) \
    -not -path '*/node_modules/*' -not -path '*/dist/web*' -exec rm -rf {} +

FROM node:22-bookworm-slim
# The user that all containers run as. Folders of this image give their owner to the volumes that are made from them.
ARG MILLRACE_UID=1000
ARG MILLRACE_GID=1000
RUN install --directory --owner="$MILLRACE_UID" --group="$MILLRACE_GID" \
    /millrace /millrace/pipelines /data /spill /run/millrace-secrets \
  && ln -s /app/packages/cli/bin/millrace.js /usr/local/bin/millrace
COPY docker/ /usr/local/bin/
COPY --from=build /app/package.json /app/package.json
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/packages /app/packages
COPY --from=build /app/services /app/services
COPY --from=build --chown=${MILLRACE_UID}:${MILLRACE_GID} /app/example-data /millrace/pipelines/storefront/data
ENV NODE_ENV=production
WORKDIR /millrace
USER ${MILLRACE_UID}:${MILLRACE_GID}
ENTRYPOINT ["millrace"]
