# Not built in CI: there is no container runtime there. A spec runs the program from the same files. The same steps without a
# container are "npm start".
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY . .
RUN npm ci --no-audit --no-fund && npm run build && npm prune --omit=dev --no-audit --no-fund && rm -rf dist/compiled

FROM node:24-bookworm-slim
# Production also with the embedded database: the network reaches this server, and development has a demo organization.
ENV NODE_ENV=production ENVIRONMENT=production HOST=0.0.0.0 DATA_DIR=/data
WORKDIR /app
# What runs, and no sources.
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/proto ./proto
COPY --from=build /app/third_party ./third_party
COPY --from=build /app/dist ./dist
# A volume that is mounted at one of these belongs to the user.
RUN mkdir /data /backups && chown node:node /data /backups
VOLUME /data
USER node
EXPOSE 8080
# node itself is process 1: signals reach the server, and it answers them.
ENTRYPOINT ["node", "--enable-source-maps", "dist/main.js"]
CMD ["serve"]
