/** The section "Your own providers" of docs/providers.md, with rows that its test reads as a user's file. */

/** A providers file with the rows that people ask for most. */
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
export const renderOwnProviders = (): string => `## Your own providers

Create \`providers.json\` in the config folder (\`aliyun-codex-bridge config\` shows it), or name another file with
\`--providers FILE\` (\`AI_PROVIDERS\`):

\`\`\`jsonc
{
  "providers": {
    "acme": {
      "extends": "openai-compatible",             // a row of this page or of your file
      "title": "Acme",
      "base_url": "https://api.acme.example/v1",
      "key_variables": ["ACME_KEY"],              // environment variables; [] for a provider without keys
      "headers": { "x-team": "$ACME_TEAM" },      // $NAME is a variable; values are never logged
      "body": { "top_k": 20 },                    // fields added to each request
      "drop": ["stream_options"],                 // fields removed from each request
      "dialect": { "toolChoice": "auto-only" },   // differences from the neutral request
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

- The file is JSON with comments and trailing commas. Mistakes are reported with their path and a suggestion.
  \`aliyun-codex-bridge providers schema\` prints its JSON Schema, which describes every field. The package contains it
  as \`docs/providers.schema.json\`; name it in \`"$schema"\` for completion in your editor.
- \`extends\` takes dialect, models and error rules from another row. A row with the name of a known provider changes
  that provider. A row at another host never inherits key variables or headers.
- A model has the same fields \`headers\`, \`body\`, \`drop\`, \`wire\` and \`dialect\` as a provider; they apply after
  those of the provider. A model without limits gets a context of 128,000 tokens and an output of 8,192.
- \`"wire": "responses"\` uses the provider's own Responses endpoint (\`responses\`) instead of Chat Completions.
- A running bridge takes over changes with the next turn. Running turns keep the rows they began with. If the file is
  invalid or missing, the previous rows stay in use and the log has a warning.
- \`--upstream-header NAME=VALUE\` adds headers for the current provider without a file.

Rows that people ask for most. They follow the providers' documentation and were not tested; the bridge learns fields
that a provider rejects by itself. Copy the ones you need: every variable that a header names must be set.

\`\`\`jsonc
${EXAMPLE_FILE}\`\`\`
`;
