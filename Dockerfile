# syntax=docker/dockerfile:1

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build

# What runs in production, and nothing else: no compiler, and no embedded PostgreSQL, which production refuses.
FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && npm cache clean --force

FROM node:24-bookworm-slim
ENV NODE_ENV=production PORT=8080
WORKDIR /app
# Owned by root and run by somebody else: the service cannot change its own code.
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY package.json LICENSE* ./
COPY migrations ./migrations
# What carts are priced by while the database is away; kept over a restart of the container by the volume.
RUN install --directory --owner=node --group=node /data
ENV DATA_DIR=/data
VOLUME /data
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# The same room for young objects as `npm start` has, with which everything was measured.
CMD ["node", "--enable-source-maps", "--max-semi-space-size=32", "dist/main.js"]
