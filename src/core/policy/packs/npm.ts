import type { RulePack } from "./pack.ts";

/**
 * `npm ci`, `npm install`, `npm view`, and what pnpm, yarn and bun do alike. Measured with npm 11: `GET /NAME` and
 * `GET /@scope%2fname` for metadata, then the tarballs `/NAME/-/NAME-1.0.0.tgz`, without any query; `npm publish` is
 * `PUT /NAME` (github.com/npm/registry, docs/REGISTRY-API.md). Below `/-/` lie logins, tokens, users, search, audits and
 * the web of packages' owners: nothing that an install needs. The second host is another name of the first, which lock
 * files of yarn 1 hold.
 */
export const npm: RulePack = {
  name: "npm",
  allows: "npm ci, npm install, npm view; pnpm, yarn and bun alike",
  refuses: "publish, unpublish, login, tokens, search, audit",
  places: ["registry.npmjs.org", "registry.yarnpkg.com"].map((host) => ({ host, except: ["/-/*"], encoded: true })),
  risks: [],
};
