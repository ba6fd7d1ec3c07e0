import type { TokenFormat } from "../token-format.ts";
import { named } from "./named.ts";
import { ALNUM, familyOf, HEX, LOWNUM, run, UUID, WORD } from "./shape.ts";

const FAMILY = "messaging";
const row = familyOf(FAMILY);
const SLACK = "docs.slack.dev: Tokens";
const APART = `${ALNUM}_\\-`;

export const MESSAGING: readonly TokenFormat[] = [
  row(
    "slack-bot-token",
    "Slack bot token",
    ["xoxb-", run(10, "0-9", 14), "-", run(10, "0-9", 14), "-", run(24, ALNUM)],
    SLACK,
  ),
  row(
    "slack-user-token",
    "Slack user token",
    ["xoxp-", run(10, "0-9", 14), "-", run(10, "0-9", 14), "-", run(10, "0-9", 14), "-", run(28, ALNUM, 34)],
    SLACK,
  ),
  row(
    "slack-app-token",
    "Slack app-level token",
    ["xapp-1-A", run(8, "A-Z0-9", 12), "-", run(10, "0-9", 14), "-", run(64, HEX)],
    SLACK,
  ),
  row(
    "slack-config-token",
    "Slack app configuration token",
    ["xoxe.xox", run(1, "bp"), "-1-", run(140, ALNUM, 180)],
    SLACK,
  ),
  row("slack-refresh-token", "Slack refresh token", ["xoxe-1-", run(140, ALNUM, 180)], SLACK),
  row("slack-legacy-token", "Slack legacy or workspace token", ["xoxa-", run(24, `${ALNUM}\\-`, 96)], SLACK, {
    prefixes: ["xoxa-", "xoxr-", "xoxs-", "xoxo-"],
    check: "entropy:3",
  }),
  row("slack-session-token", "Slack browser session token", ["xoxc-", run(40, `${ALNUM}\\-`, 180)], SLACK, {
    check: "entropy:3",
  }),
  row("slack-session-cookie", "Slack browser session cookie", ["xoxd-", run(60, `${ALNUM}%+/=\\-`, 300)], SLACK),
  row(
    "slack-webhook",
    "Slack incoming webhook",
    ["hooks.slack.com/services/T", run(8, "A-Z0-9", 12), "/B", run(8, "A-Z0-9", 12), "/", run(24, ALNUM)],
    "docs.slack.dev: Sending messages using incoming webhooks",
    { left: "" },
  ),
  row(
    "slack-workflow-webhook",
    "Slack workflow webhook",
    [
      "hooks.slack.com/workflows/T",
      run(8, "A-Z0-9", 12),
      "/A",
      run(8, "A-Z0-9", 12),
      "/",
      run(17, "0-9", 19),
      "/",
      run(24, ALNUM),
    ],
    "slack.com/help: Workflow Builder webhooks",
    { left: "" },
  ),
  row(
    "discord-webhook",
    "Discord webhook",
    ["discord.com/api/webhooks/", run(17, "0-9", 20), "/", run(60, WORD, 72)],
    "discord.com/developers/docs: Webhooks",
    { prefixes: ["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"], left: "" },
  ),
  named({
    family: FAMILY,
    id: "discord-bot-token",
    name: "Discord bot token",
    source: "discord.com/developers/docs: Reference, authentication",
    names: ["discord_token", "discord_bot_token", "discordtoken", "discord-token"],
    value: run(56, "A-Za-z0-9_.\\-", 80),
    check: "entropy:4",
  }),
  row(
    "telegram-bot-token",
    "Telegram bot token",
    [":AA", run(33, WORD)],
    "core.telegram.org/bots: Authorizing your bot",
    {
      lead: run(8, "0-9", 10),
      left: "0-9A-Za-z",
    },
  ),
  row(
    "teams-webhook",
    "Microsoft Teams incoming webhook",
    [".webhook.office.com/webhookb2/", ...UUID, "@", ...UUID, "/IncomingWebhook/", run(32, HEX), "/", ...UUID],
    "learn.microsoft.com: Teams, incoming webhooks",
    { left: "", right: ALNUM },
  ),
  row(
    "google-chat-webhook",
    "Google Chat webhook",
    [
      "chat.googleapis.com/v1/spaces/",
      run(8, WORD, 16),
      "/messages?key=",
      run(39, WORD),
      "&token=",
      run(30, `${WORD}%`, 60),
    ],
    "developers.google.com: Google Chat webhooks",
    { left: "" },
  ),
  row(
    "dingtalk-webhook",
    "DingTalk robot webhook",
    ["oapi.dingtalk.com/robot/send?access_token=", run(64, HEX)],
    "open.dingtalk.com: Custom robots",
    {
      left: "",
    },
  ),
  row(
    "feishu-webhook",
    "Feishu or Lark bot webhook",
    ["/open-apis/bot/v2/hook/", ...UUID],
    "open.feishu.cn: Custom bots",
    { left: "" },
  ),
  row(
    "wecom-webhook",
    "WeCom robot webhook",
    ["qyapi.weixin.qq.com/cgi-bin/webhook/send?key=", ...UUID],
    "developer.work.weixin.qq.com: Group robots",
    {
      left: "",
    },
  ),
  row(
    "zapier-webhook",
    "Zapier catch hook",
    ["hooks.zapier.com/hooks/catch/", run(5, "0-9", 9), "/", run(6, LOWNUM, 12)],
    "help.zapier.com: Webhooks",
    {
      left: "",
      nearMisses: () => ["hooks.zapier.com/hooks/catch/"],
    },
  ),
  row("sendgrid-key", "SendGrid API key", ["SG.", run(22, WORD), ".", run(43, WORD)], "docs.sendgrid.com: API keys"),
  row("mailgun-key", "Mailgun private API key", ["key-", run(32, HEX)], "documentation.mailgun.com: API keys", {
    left: APART,
    check: "entropy:3",
  }),
  row("mailchimp-key", "Mailchimp API key", ["-us", run(1, "0-9", 2)], "mailchimp.com/developer: API keys", {
    lead: run(32, HEX),
    nearMisses: () => ["-us1", "non-us12"],
  }),
  row("mandrill-key", "Mandrill API key", ["md-", run(22, WORD)], "mailchimp.com/developer: Transactional API", {
    left: APART,
    check: "mixed",
  }),
  row("brevo-key", "Brevo API key", ["xkeysib-", run(64, HEX), "-", run(16, ALNUM)], "developers.brevo.com: API keys"),
  row(
    "brevo-smtp-key",
    "Brevo SMTP key",
    ["xsmtpsib-", run(64, HEX), "-", run(16, ALNUM)],
    "developers.brevo.com: SMTP",
  ),
  row("resend-key", "Resend API key", ["re_", run(8, ALNUM), "_", run(24, ALNUM)], "resend.com/docs: API keys", {
    left: APART,
    check: "mixed",
  }),
  row(
    "onesignal-key",
    "OneSignal API key",
    ["os_v2_app_", run(103, LOWNUM)],
    "documentation.onesignal.com: Keys and ids",
    {
      prefixes: ["os_v2_app_", "os_v2_org_"],
    },
  ),
  row(
    "intercom-token",
    "Intercom access token",
    ["dG9rO", run(50, `${ALNUM}=`, 60)],
    "developers.intercom.com: Authentication",
    { left: `${ALNUM}+` },
  ),
  row(
    "firebase-server-key",
    "Firebase Cloud Messaging server key",
    [":APA91b", run(134, WORD)],
    "firebase.google.com: Cloud Messaging, legacy keys",
    {
      lead: run(11, WORD),
    },
  ),
  named({
    family: FAMILY,
    id: "twilio-auth-token",
    name: "Twilio auth token",
    source: "twilio.com/docs: Auth token",
    names: ["twilio_auth_token", "twilio_token", "twilioauthtoken", "twilio_api_secret"],
    value: run(32, ALNUM),
    check: "entropy:3",
  }),
];
