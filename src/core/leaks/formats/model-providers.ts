import type { TokenFormat } from "../token-format.ts";
import { digits } from "./invented.ts";
import { ALNUM, familyOf, HEX, LOWNUM, run, UUID, WORD } from "./shape.ts";

const row = familyOf("model-providers");
const ANTHROPIC = "platform.claude.com/docs: API keys; Claude Code, authentication";
const OPENAI = "platform.openai.com/docs: API keys, project keys and service accounts";
/** Words of prose and names of files join with these: `task-force`, `risk_sk-`. */
const APART = `${ALNUM}_\\-`;

export const MODEL_PROVIDERS: readonly TokenFormat[] = [
  row("anthropic-api-key", "Anthropic API key", ["sk-ant-api03-", run(80, WORD, 110)], ANTHROPIC),
  row("anthropic-admin-key", "Anthropic admin API key", ["sk-ant-admin01-", run(80, WORD, 110)], ANTHROPIC),
  row("anthropic-oauth-token", "Claude OAuth access token", ["sk-ant-oat01-", run(80, WORD, 120)], ANTHROPIC),
  row("anthropic-refresh-token", "Claude OAuth refresh token", ["sk-ant-ort01-", run(80, WORD, 120)], ANTHROPIC),
  row("anthropic-session-key", "Claude session key", ["sk-ant-sid01-", run(80, WORD, 120)], ANTHROPIC),
  row("openai-project-key", "OpenAI project key", ["sk-proj-", run(40, WORD, 220)], OPENAI, {
    left: APART,
    check: "entropy:4",
  }),
  row("openai-service-key", "OpenAI service account key", ["sk-svcacct-", run(40, WORD, 220)], OPENAI, {
    check: "entropy:4",
  }),
  row("openai-admin-key", "OpenAI admin key", ["sk-admin-", run(40, WORD, 220)], OPENAI, {
    left: APART,
    check: "entropy:4",
  }),
  row("openai-api-key", "OpenAI API key, older form", ["sk-", run(20, ALNUM), "T3BlbkFJ", run(20, ALNUM)], OPENAI, {
    left: APART,
  }),
  row(
    "sk-prefixed-key",
    "API key that begins with sk- (DeepSeek, Moonshot, Stability AI, Qwen and others)",
    ["sk-", run(32, ALNUM, 64)],
    "api-docs.deepseek.com, platform.moonshot.ai, platform.stability.ai, help.aliyun.com: API keys",
    { left: APART, right: APART, check: "entropy:3" },
  ),
  row("openrouter-key", "OpenRouter API key", ["sk-or-v1-", run(64, HEX)], "openrouter.ai/docs: Authentication"),
  row(
    "huggingface-token",
    "Hugging Face access token",
    ["hf_", run(34, ALNUM)],
    "huggingface.co/docs: User access tokens",
    {
      check: "entropy:3.5",
    },
  ),
  row(
    "huggingface-org-token",
    "Hugging Face organization token",
    ["api_org_", run(34, ALNUM)],
    "huggingface.co/docs: User access tokens",
  ),
  row("replicate-token", "Replicate API token", ["r8_", run(37, ALNUM)], "replicate.com/docs: API tokens"),
  row("groq-key", "Groq API key", ["gsk_", run(52, ALNUM)], "console.groq.com/docs: API keys"),
  row("xai-key", "xAI API key", ["xai-", run(80, ALNUM)], "docs.x.ai: API keys"),
  row("perplexity-key", "Perplexity API key", ["pplx-", run(48, ALNUM)], "docs.perplexity.ai: API keys"),
  row("fireworks-key", "Fireworks AI API key", ["fw_", run(22, ALNUM, 24)], "docs.fireworks.ai: API keys", {
    left: APART,
    check: "mixed",
  }),
  row("together-key", "Together AI API key", ["tgp_v1_", run(43, WORD)], "docs.together.ai: API keys"),
  row("cerebras-key", "Cerebras API key", ["csk-", run(48, LOWNUM)], "inference-docs.cerebras.ai: API keys"),
  row("nvidia-key", "NVIDIA API key", ["nvapi-", run(60, WORD, 72)], "docs.api.nvidia.com: API keys"),
  row("elevenlabs-key", "ElevenLabs API key", ["sk_", run(48, HEX)], "elevenlabs.io/docs: Authentication", {
    left: APART,
  }),
  row(
    "langsmith-key",
    "LangSmith API key",
    ["lsv2_pt_", run(32, HEX), "_", run(10, HEX)],
    "docs.langchain.com: LangSmith API keys",
    {
      prefixes: ["lsv2_pt_", "lsv2_sk_"],
    },
  ),
  row("langfuse-key", "Langfuse secret key", ["sk-lf-", ...UUID], "langfuse.com/docs: API keys"),
  row(
    "pinecone-key",
    "Pinecone API key",
    ["pcsk_", run(4, ALNUM, 8), "_", run(50, ALNUM, 70)],
    "docs.pinecone.io: API keys",
  ),
  row("voyage-key", "Voyage AI API key", ["pa-", run(43, WORD)], "docs.voyageai.com: API keys", {
    left: APART,
    check: "mixed",
  }),
  row("jina-key", "Jina AI API key", ["jina_", run(58, WORD, 70)], "jina.ai: API keys"),
  row("tavily-key", "Tavily API key", ["tvly-", run(32, ALNUM, 36)], "docs.tavily.com: API keys", {
    prefixes: ["tvly-", "tvly-dev-", "tvly-prod-"],
    check: "entropy:3.5",
  }),
  row("firecrawl-key", "Firecrawl API key", ["fc-", run(32, HEX)], "docs.firecrawl.dev: API keys", { left: APART }),
  row("e2b-key", "E2B API key", ["e2b_", run(40, HEX)], "e2b.dev/docs: API keys"),
  row("wandb-key", "Weights & Biases API key", ["wandb_v1_", run(60, `${ALNUM}_`, 90)], "docs.wandb.ai: API keys"),
  row("runpod-key", "RunPod API key", ["rpa_", run(36, ALNUM, 50)], "docs.runpod.io: API keys"),
  row(
    "helicone-key",
    "Helicone API key",
    ["sk-helicone-", run(7, LOWNUM), "-", run(7, LOWNUM), "-", run(7, LOWNUM), "-", run(7, LOWNUM)],
    "docs.helicone.ai: API keys",
  ),
  {
    ...row(
      "wandb-legacy-key",
      "Weights & Biases API key, older form",
      ["WANDB_API_KEY", run(40, HEX)],
      "docs.wandb.ai: API keys",
    ),
    pattern: /wandb_api_key["'\\]{0,3}[ \t]{0,4}[=:][ \t]{0,4}["'\\]{0,3}([0-9a-f]{40})/i,
    alphabet: "\\x20-\\x7e\\t",
    minBytes: 54,
    maxBytes: 70,
    samples: () => [`WANDB_API_KEY=${digits(HEX, 40, "wandb")}`],
    nearMisses: () => [`WANDB_API_KEY=${digits(HEX, 39, "wandb")}`, `WANDB_API_KEY=${digits(ALNUM, 40, "wandb")}`],
  },
];
