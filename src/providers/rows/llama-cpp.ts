/** llama.cpp's server. Facts: upstreams.md, section 4, and the README of the server. */
import type { Provider } from '../provider';

/** Serves the model it was started with, whatever name is requested. */
export const llamaCpp: Provider = {
  name: 'llama-cpp',
  aliases: ['llama.cpp', 'llamacpp'],
  title: 'llama.cpp',
  baseUrls: ['http://127.0.0.1:8080/v1'],
  local: true,
  slashedIds: true,
  keyEnv: [],
  docs: 'https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md',
  responses: {
    // Templates accept one system message, at the beginning (openai/codex#36942).
    dialect: { lateInstructions: 'user' },
    rejects: 'Tools other than functions are dropped (llama.cpp#20156), and later instructions are rejected '
      + '(openai/codex#36942).',
    evidence: 'source',
  },
  remarks: ['Older versions need `--jinja` for tool calls.'],
  dialect: {
    // Documented: chat_template_kwargs, with {"enable_thinking": false} as its example.
    thinking: { kind: 'chat_template' },
    reasoningReplay: 'reasoning_content',
  },
  models: [],
};
