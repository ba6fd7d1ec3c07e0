import { DEFAULT_KEYS } from "../../src/core/model/dashboard-keys.ts";
import { type KeyHelp, keyHelp } from "../../src/dashboard/help.ts";
import type { Model } from "../../src/dashboard/model.ts";
import { textOf } from "../../src/dashboard/spans.ts";
import { update } from "../../src/dashboard/update.ts";
import { view } from "../../src/dashboard/view.ts";
import { FLEET, fleetModel, NOW, press } from "../../test/support/dashboard-models.ts";
import { GENERATED, type Page, table } from "../page.ts";

const picture = (model: Model) =>
  `\`\`\`text\n${view(model)
    .map((line) => textOf(line).trimEnd())
    .join("\n")}\n\`\`\``;
const keys = (all: readonly KeyHelp[]) =>
  table(
    ["key", "what it does"],
    all.map(([key, does]) => [`\`${key}\``, does]),
  );

/** docs/dashboard.md: the screen as its tests have it, and its keys. */
export function dashboardPages(): Page[] {
  const wide = fleetModel(110, 24);
  const [card] = press(wide, ["!"]);
  const risky = FLEET.map((bottle) => ({
    ...bottle,
    items: bottle.items.map((item) =>
      item.kind === "request"
        ? { ...item, flags: [{ code: "new-host-write", text: "write to a new host", stops: true }] as const }
        : item,
    ),
  }));
  const [typed] = press(fleetModel(110, 24, risky), ["!", "a", "c", "o"]);
  const [denied] = press(wide, [
    "!",
    "d",
    ..."use the mirror"
      .replaceAll(" ", "_")
      .split("")
      .map((c) => (c === "_" ? "space" : c)),
  ]);
  const egress = update(press(wide, ["e"])[0], {
    type: "egress",
    lines: [
      {
        bottle: "auth-fix",
        at: NOW - 3000,
        text: "ok   POST api.example.com:443/v1/messages  200  1.9s  2210 bytes",
        denied: false,
        passed: true,
      },
      {
        bottle: "perf-bench",
        at: NOW - 2000,
        text: "ok   GET  registry.example.com:443/left-pad  304  0.1s  0 bytes",
        denied: false,
        passed: true,
      },
      {
        bottle: "api-refactor",
        at: NOW,
        text: "DENY POST files.example.com:443/upload/report.xml  host-not-listed",
        denied: true,
        passed: false,
      },
    ],
  })[0];
  const help = keyHelp(DEFAULT_KEYS);
  const text = `# The dashboard

${GENERATED}

\`bottle\` alone on a terminal, or \`bottle dashboard\`, shows all bottles on one screen. It only observes: each key that acts
runs the command that you would type, and its words are shown. \`q\` leaves it; bottles run on. With \`--read-only\` no key acts.

${picture(wide)}

Bottles are grouped by need, in each group the oldest first. The list never moves under the cursor: what is new comes last, and
the order settles with your next key, or after two seconds without one. The shape says the state, and colour only adds:
\`!\` something waits for you, \`?\` the agent asks, \`*\` works, \`#\` done and not seen, \`o\` quiet, \`x\` failed or stopped,
\`~\` not known, which is never drawn as quiet.

## A request that waits

\`!\` goes to the card of the next one. It shows the rule that a yes makes, what the gateway saw itself, and the agent's words,
which nobody checked. A yes is taken only where the card shows all that it is for; where it has no room, Space shows it, and then it
counts. Keys count a moment after the card came, and Enter answers nothing.

${picture(card)}

\`a\` lets it go once, \`A\` for an hour. A card that has just come takes no answer for 400 ms, so that a key that was meant for
something else decides nothing; Enter answers nothing, and nothing is answered in bulk. \`d\` asks for a reason:

${picture(denied)}

What is risky is allowed only when the last label of the host was typed:

${picture(typed)}

## Live egress

${picture(egress)}

## Small terminals

Below 100 columns the card stands below the list, below 60 in its place.

${picture(press(fleetModel(80, 24), ["!"])[0])}

${picture(fleetModel(50, 16))}

## Keys of the list

${keys(help.list)}

## Keys of a card

${keys(help.card)}

## Keys of a page

${keys(help.page)}

## Removing

\`X\` wants the bottle's name, and removes it after 30 seconds: until then \`u\` keeps it, and so does leaving the dashboard, which
says so. What is removed leaves its log and unlanded work in \`bottle archive\`.

## What it keeps

\`dashboard.json\` in the state folder: muted bottles, which ends were seen, the last start, the theme (\`:theme dark\`, \`light\`,
\`none\`). \`NO_COLOR\` takes all colours away. A terminal that cannot move its cursor (\`TERM=dumb\`) is refused.
`;
  return [{ path: "docs/dashboard.md", text }];
}
