import type { RulePack } from "./pack.ts";

/**
 * `go build`, `go mod download`, `go get` through the module proxy and the checksum database: The Go Modules Reference,
 * "GOPROXY protocol" and "Checksum database". Measured with go 1.26.8: `/MODULE/@v/list`, `.info`, `.mod`, `.zip`, capital
 * letters as `%21` and a small one; `/lookup/MODULE@VERSION` and `/tile/...`, at the proxy below `/sumdb/` too. Large zip
 * files are redirected to a bucket with a signed query (golang/go#52908). A module that is on no proxy is not fetched from
 * its own host.
 */
export const go: RulePack = {
  name: "go",
  allows: "go build, go get, go mod download through the public proxy",
  refuses: "modules fetched from their own host (GOPROXY=direct), other buckets",
  places: [
    { host: "proxy.golang.org", paths: ["/*"] },
    { host: "sum.golang.org", paths: ["/lookup/*", "/tile/*", "/latest"] },
    { host: "storage.googleapis.com", paths: ["/proxy-golang-org-prod/*"], queries: "any" },
  ],
  risks: [
    "the Go proxy fetches whatever module it is asked for: a module's name can carry data to the server that it names",
  ],
};
