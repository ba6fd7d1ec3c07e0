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
      "bottle: 374429cd-f was settled before this answer came [APPROVAL_SETTLED]",
      "  bottle audit NAME tells how",
    ],
    causes: ["somebody answered in another terminal", "its time was over at that moment, or its client left"],
    mend: ["`bottle audit NAME` has the answer and who gave it; `bottle grants` lists what is granted"],
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
