import { QUIRKS, type QuirkId } from "../../test/support/smolvm/quirks.ts";
import { GENERATED, type Page, table } from "../page.ts";
import { NOTHING_TO_DO, REMEDIES } from "../switch-off/remedies.ts";

/** docs/smolmachines-remedies.md: what the driver does about each quirk, and the test that fails without. */
export function remedyPages(): Page[] {
  const remedies = table(
    ["remedy", "without it", "quirk", "then this fails"],
    REMEDIES.map(({ id, off, quirks, test, only }) => [
      id,
      off,
      quirks.map((quirk) => `\`${quirk}\``).join(", ") || "-",
      `\`${test.replace(/^test\//, "")}\`: ${only}`,
    ]),
  );
  const about = (id: QuirkId) => {
    const { follows, ...rest } = QUIRKS[id];
    const found = REMEDIES.filter(({ quirks }) => quirks.includes(id)).map((remedy) => remedy.id);
    return [
      `\`${id}\``,
      "until" in rest ? `below ${rest.until}` : "all",
      follows,
      found.join(", ") || NOTHING_TO_DO[id] || "",
    ];
  };
  const quirks = table(
    ["quirk of the fake smolvm", "releases", "as read in", "remedy"],
    (Object.keys(QUIRKS) as QuirkId[]).map(about),
  );
  const text = `# The remedies of the smolmachines driver, switched off one by one

${GENERATED}

\`npm run switch-off\` (as root; words are remedies) takes each remedy out of a copy of this tree and runs the test that must fail then; with
the remedy the same test must pass. The fake smolvm of the tests has the quirks of its release on by default. A unit test holds that each
remedy is where this table says, and that no quirk is without one.

${remedies}

## Quirks

${quirks}
`;
  return [{ path: "docs/smolmachines-remedies.md", text }];
}
