/** Renders the section "Your own providers" of docs/providers.md. A test reads its example as a providers file. */

/** A providers file with the most requested rows. */
export const EXAMPLE_FILE = `{
  "providers": {
    "groq": {
      "base_url": "https://api.groq.com/openai/v1", "key_variables": ["GROQ_API_KEY"], "slashed_ids": true,
      "dialect": { "maxTokensField": "max_completion_tokens" }
    },
    "together": {
      "base_url": "https://api.together.xyz/v1", "key_variables": ["TOGETHER_API_KEY"], "slashed_ids": true
    },
    "fireworks": {
      "base_url": "https://api.fireworks.ai/inference/v1", "key_variables": ["FIREWORKS_API_KEY"], "slashed_ids": true
    },
    "mistral": {
      "base_url": "https://api.mistral.ai/v1", "key_variables": ["MISTRAL_API_KEY"], "drop": ["stream_options"]
    },
    "xai": { "base_url": "https://api.x.ai/v1", "key_variables": ["XAI_API_KEY"] },
    "gemini": {
      "base_url": "https://generativelanguage.googleapis.com/v1beta/openai", "key_variables": ["GEMINI_API_KEY"],
      "dialect": { "user": false, "logitBias": false }
    },
    "cerebras": {
      "base_url": "https://api.cerebras.ai/v1", "key_variables": ["CEREBRAS_API_KEY"],
      "dialect": { "maxTokensField": "max_completion_tokens" }
    },
    "nvidia": {
      "base_url": "https://integrate.api.nvidia.com/v1", "key_variables": ["NVIDIA_API_KEY"], "slashed_ids": true
    },
    // No Authorization header: the key has its own header.
    "azure": {
      "base_url": "https://YOUR-RESOURCE.openai.azure.com/openai/v1", "key_variables": [],
      "headers": { "api-key": "$AZURE_OPENAI_API_KEY" }, "dialect": { "maxTokensField": "max_completion_tokens" }
    },
    // A gateway in front of another provider: its own header, and the key of that provider.
    "cloudflare": {
      "base_url": "https://gateway.ai.cloudflare.com/v1/ACCOUNT/GATEWAY/compat", "key_variables": ["OPENAI_API_KEY"],
      "headers": { "cf-aig-authorization": "Bearer $CF_AIG_TOKEN" }, "slashed_ids": true
    }
  }
}
`;

/** Renders the section. */
export const renderUserProviders = (): string => `## Your own providers

Create \`providers.json\` in the config folder (\`aliyun-codex-bridge config\` shows it), or name another file with
\`--providers FILE\` (\`AI_PROVIDERS\`):

\`\`\`jsonc
{
  "providers": {
    "acme": {
      "extends": "openai-compatible",             // a row on this page or in your file
      "title": "Acme",
      "base_url": "https://api.acme.example/v1",
      "key_variables": ["ACME_KEY"],              // environment variables; [] for a provider without keys
      "headers": { "x-team": "$ACME_TEAM" },      // $NAME is a variable; values are never logged
      "body": { "top_k": 20 },                    // fields added to each request
      "drop": ["stream_options"],                 // fields removed from each request
      "dialect": { "toolChoice": "auto-only" },   // differences from the default request
      "models": {
        "acme-1": { "context": 128000, "output": 8192, "input": ["text", "image"], "efforts": ["low", "high"] }
      }
    }
  }
}
\`\`\`

\`\`\`sh
aliyun-codex-bridge providers             # all rows, yours first, with their origin
aliyun-codex-bridge providers test acme   # one turn with a tool call; costs a request
AI_PROVIDER=acme ACME_KEY=… aliyun-codex-bridge codex
\`\`\`

- The file is JSON with comments and trailing commas. Errors are reported with their path and a suggestion.
  \`aliyun-codex-bridge providers schema\` prints its JSON Schema, which describes every field. The package contains it
  as \`docs/providers.schema.json\`; name it in \`"$schema"\` for completion in your editor.
- \`extends\` copies dialect, models and error rules from another row. A row with the name of a known provider changes
  that provider. A row at another host never inherits key variables or headers.
- A model has the same fields \`headers\`, \`body\`, \`drop\`, \`wire\` and \`dialect\` as a provider; they apply after
  those of the provider. A model without limits gets a context of 128,000 tokens and an output of 8,192.
- \`"wire"\` chooses the protocol: \`"responses"\` (the provider's own Responses endpoint) or \`"chat"\`.
- A running bridge applies changes from the next turn on. Running turns keep the rows they began with. If the file is
  invalid or missing, the previous rows stay in use and the log has a warning.
- \`--upstream-header NAME=VALUE\` adds headers for the current provider without a file.

### Several keys, fallback models and limits

\`\`\`jsonc
{
  "providers": {
    "acme": {
      "base_url": "https://api.acme.example/v1",
      "keys": ["$ACME_WORK_KEY", "$ACME_HOME_KEY"],  // instead of key_variables
      "fallback": ["zai/glm-5.3", "deepseek/deepseek-v4-pro"],
      "max_concurrency": 2,
      "vision_model": "aliyun-payg/qwen3.7-plus",
      "proxy": "http://user:$PROXY_PASSWORD@proxy.example:3128",
      "ca": "/etc/ssl/company.pem",
      "models": { "acme-1": { "fallback": ["acme/acme-mini"] }, "acme-mini": {} }
    }
  }
}
\`\`\`

- **Keys.** Without a file, number the variable: \`ACME_KEY\`, \`ACME_KEY_1\`, \`ACME_KEY_2\`, … After status 401,
  402, 403 or an exhausted quota, the next key is used. The rejected key is skipped until the reset that the provider
  names, otherwise 15 minutes for a quota and an hour for an invalid key. A thread keeps its key, because the prompt
  cache belongs to it. The log warns if the terms of a plan forbid several keys.
- **Fallback models** answer while a model is out of quota, rejects all keys, does not exist, or is down after all
  retries. No part of an answer is repeated: they are used only before the first output. The list of a model replaces
  that of its provider, which replaces \`--fallback\`. The thread returns to its model when the reset time has passed.
  Codex shows one line per thread; the log line (\`substituted\`) and \`x-bridge-notes\` name the reason.
- **Limits.** With \`max_concurrency\`, further requests wait in a queue in which threads take turns; clients get
  keep-alive events meanwhile. Without it, the bridge learns the limit from the first rejection for too many requests at
  the same time.
- **Pictures.** With \`vision_model\` (or \`--vision-model\`), that model describes each picture once for models that
  accept none. It is off by default, because each description costs a request.
- **Connections.** \`HTTPS_PROXY\`, \`HTTP_PROXY\`, \`ALL_PROXY\` and \`NO_PROXY\` apply to all providers except
  those on this machine; \`proxy\` overrides them, \`"none"\` connects directly. URLs of both schemes are tunneled
  with CONNECT. \`ca\`, \`cert\` and \`cert_key\` name PEM files; for all providers, use \`--upstream-ca\` and
  \`--upstream-cert\`.
- **Explicit prompt caching.** \`"dialect": { "cacheControl": "ephemeral" }\` marks the instructions and the end of the
  conversation. It is on for Claude and Qwen at OpenRouter.

These are the most requested rows. They follow the providers' documentation but were not tested; the bridge learns by
itself which fields a provider rejects. A row is disabled until every variable that its headers name is set.

\`\`\`jsonc
${EXAMPLE_FILE}\`\`\`
`;
