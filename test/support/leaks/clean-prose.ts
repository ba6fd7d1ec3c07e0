import type { Dice } from "./dice.ts";

const SENTENCES = [
  "The request is sent again when the server answers with 429 or 529.",
  "Set your API key in the environment before you start the program.",
  "I looked at the failing test: the token is read before the file is written, so it is undefined.",
  "Rotate the secret when someone leaves the team, and never commit it.",
  "`password` must be at least 12 characters; passwords are hashed with argon2id.",
  "Let me run the tests once more, then I will look at src/auth/token-store.ts.",
  "The bearer token goes into the Authorization header; a basic pair would do as well.",
  "Das Passwort steht nicht im Protokoll. 秘密は含まれていません。",
];

/** Keys as documentation prints them: templates, filling and the well-known samples. */
function sampleKey(dice: Dice): string {
  const filler = (text: string) => text.repeat(6).slice(0, 36);
  return dice.one([
    `ANTHROPIC_API_KEY=sk-ant-${dice.one(["...", "api03-...", `api03-${filler("x")}`, "your-key-here"])}`,
    `OPENAI_API_KEY=sk-${dice.one(["...", filler("X"), "proj-...", "your-api-key-here-replace-me", "1234567890abcdef1234567890abcdef"])}`,
    `export GITHUB_TOKEN=gh${"p_"}${dice.one([filler("x"), "xxxxxxxxxxxx", "yourtokenhere", filler("abcdef")])}`,
    `aws_access_key_id = AK${"IA"}IOSFODNN7EXAMPLE`,
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    `DATABASE_URL=postgres://${dice.one(["user:password", "postgres:postgres", "app:${DB_PASSWORD}", "app:<password>", "root:changeme"])}@${dice.one(["localhost:5432", "db.acme.io", "host:5432"])}/main`,
    "redis://:p4ssw0rd@127.0.0.1:6379/0",
    'curl -H "Authorization: Bearer $TOKEN" https://api.example.com/v1',
    `stripe.api_key = "sk_te${"st_"}4eC39HqLyjWDarjtT1zdp7dc"`,
    "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
    "grep -r -- '-----BEGIN RSA PRIVATE KEY-----' .",
    `https://hooks.slack.com/services/T${"00000000"}/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX`,
    `slack_token: xoxb-${dice.one(["...", "your-token", "xxxxxxxxxxxx-xxxxxxxxxxxx"])}`,
    "//registry.example/:_authToken=${NPM_TOKEN}",
    "git clone https://user:token@git.example/repo.git",
    `eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c`,
  ]);
}

function paragraph(dice: Dice): string {
  return dice.many(1 + dice.below(5), () => dice.one(SENTENCES)).join(" ");
}

function pieces(size: number, make: () => string): string[] {
  const made: string[] = [];
  for (let length = 0; length < size; ) length += made[made.push(make()) - 1]?.length ?? 1;
  return made;
}

export function documentation(dice: Dice, size: number): Buffer {
  return Buffer.from(
    pieces(
      size,
      () => `## ${dice.one(SENTENCES)}\n\n${paragraph(dice)}\n\n\`\`\`sh\n${sampleKey(dice)}\n\`\`\`\n`,
    ).join("\n"),
  );
}

export function chat(dice: Dice, size: number): Buffer {
  const turn = () =>
    `${dice.one(["User", "Assistant"])}: ${paragraph(dice)}${dice.below(4) === 0 ? ` For instance: ${sampleKey(dice)}` : ""}`;
  return Buffer.from(pieces(size, turn).join("\n\n"));
}

/** A request of the Claude Messages API as a coding agent sends it: system text, tool calls and what the tools printed. */
export function modelRequest(dice: Dice, size: number): Buffer {
  const source = () =>
    dice
      .many(
        20,
        (i) =>
          `${i + 1}\t${dice.one(["export const", "function", "  return", "  //", "if"])} ${dice.one(SENTENCES)} 0x${dice.hex(8)};`,
      )
      .join("\n");
  const messages = pieces(size, () => {
    const id = `toolu_01${dice.text("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789", 22)}`;
    return JSON.stringify([
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: paragraph(dice), signature: `Er${dice.bytes(300).toString("base64")}` },
          { type: "text", text: paragraph(dice) },
          { type: "tool_use", id, name: "Read", input: { file_path: `src/${dice.hex(6)}.ts` } },
        ],
      },
      {
        role: "user",
        content: [
          {
            type: "tool_result",
            tool_use_id: id,
            content: dice.one([source, () => sampleKey(dice), () => dice.hex(64)])(),
          },
        ],
      },
    ]).slice(1, -1);
  });
  const head = {
    model: "claude-sonnet-4-5",
    max_tokens: 32_000,
    stream: true,
    metadata: { user_id: `user_${dice.hex(64)}_account__session_${dice.hex(32)}` },
  };
  return Buffer.from(`${JSON.stringify(head).slice(0, -1)},"messages":[${messages.join(",")}]}`);
}
