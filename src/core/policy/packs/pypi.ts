import type { RulePack } from "./pack.ts";

/**
 * `pip install` and `pip download`, uv, poetry. Measured with pip 23: `GET /simple/NAME/` (PEP 503, PEP 691), then files
 * and their `.metadata` (PEP 658) at the host that the index names. Poetry also reads `/pypi/NAME/VERSION/json`
 * (docs.pypi.org/api/json). Uploads go to upload.pypi.org, which is not listed; XML-RPC search is a POST.
 */
export const pypi: RulePack = {
  name: "pypi",
  allows: "pip install, pip download; uv and poetry alike",
  refuses: "uploads, XML-RPC, everything else of the site",
  places: [
    { host: "pypi.org", paths: ["/simple/*", "/pypi/*/json", "/pypi/*/*/json"] },
    { host: "files.pythonhosted.org", paths: ["/packages/*"], encoded: true },
  ],
  risks: [],
};
