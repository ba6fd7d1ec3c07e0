/** Pages of what can go wrong when an operator answers. */
export const APPROVAL_PAGES = {
  APPROVAL_NOT_FOUND: {
    example: [
      "bottle: no request waits under 374429cd-f [APPROVAL_NOT_FOUND]",
      "  bottle approvals lists what waits now",
    ],
    causes: [
      "an id that is mistyped",
      "a request whose time was over, or whose client left: it was denied",
      "a bottle that has ended, or another XDG_STATE_HOME than when it was started",
    ],
    mend: ["`bottle approvals` lists what waits now; when the agent asks again, that is a new request with a new id"],
  },
  APPROVAL_SETTLED: {
    example: [
      "bottle: 374429cd-f was allowed (once) by ann (dashboard) at 2026-11-22T14:02:11.000Z [APPROVAL_SETTLED]",
      "  bottle audit NAME tells how; bottle undo takes a decision back",
    ],
    causes: ["somebody answered in another terminal", "its time was over at that moment, or its client left"],
    mend: ["`bottle audit NAME` has the answer and who gave it; `bottle grants` lists what is granted"],
  },
  APPROVAL_CHANGED: {
    example: [
      "bottle: 374429cd-f is not what was shown any more, and was not answered [APPROVAL_CHANGED]",
      "  look at it again: bottle approvals; its code is 5e1f09a7b2c4 now",
    ],
    causes: [
      "the rules of the bottle changed between the look and the answer, and with them the flags",
      "the agent asked again in other words",
      "the code of `--review` is that of another item",
    ],
    mend: ["look at it again: `bottle approvals`, or the same command once more, which shows what it answers"],
  },
  GRANT_NOT_FOUND: {
    example: ["bottle: no grant is called g-374429cd-f [GRANT_NOT_FOUND]", "  bottle grants lists them"],
    causes: [
      "an id that is mistyped",
      "a grant that has ended, was revoked, or went with its bottle",
      "a yes to one request alone, which is no grant",
    ],
    mend: ["`bottle grants` lists what is granted now"],
  },
} as const;
