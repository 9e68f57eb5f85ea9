/** Lists the Codex runs whose requests are compared between versions of Codex. */
import { answer, type Step } from '../../support/upstream/scripted-upstream';
import { mcpServer, type CodexConfig, type ModelInfo } from '../codex/config';
import { shellCall } from '../codex/versions';

/** One run of Codex. */
export interface DiffScenario {
  /** The model's answers; Codex sends one request for each. */
  readonly script?: readonly Step[];
  readonly catalog?: ModelInfo;
  readonly config?: CodexConfig;
  /** Additional variables for Codex. */
  readonly env?: Readonly<Record<string, string>>;
  /** Codex's arguments, by default those of `exec`; receives the base URL. */
  readonly args?: (url: string) => readonly string[];
}

const PATCH = '*** Begin Patch\n*** Add File: new.txt\n+It is there.\n*** End Patch';
const DONE = answer({ reasoning: 'Done.', text: 'It is done.' });

/** Scenarios by name, in order of execution. */
export const SCENARIOS: Readonly<Record<string, DiffScenario>> = {
  'first turn': { script: [DONE] },
  'tool round': { script: [answer({ reasoning: 'Run it.', toolCalls: [shellCall('echo hi')] }), DONE] },
  'patch round': {
    catalog: { apply_patch_tool_type: 'freeform' },
    script: [answer({ toolCalls: [{ name: 'apply_patch', arguments: { input: PATCH } }] }), DONE],
  },
  'tool search': {
    catalog: { supports_search_tool: true },
    config: { tables: mcpServer('mini') },
    script: [answer({ toolCalls: [{ name: 'tool_search', arguments: { query: 'echo', limit: 1 } }] }), DONE],
  },
  'web search': {
    config: {
      settings: { suppress_unstable_features_warning: true },
      provider: { supports_standalone_web_search: true },
      tables: '[features]\nstandalone_web_search = true\n',
    },
    script: [answer({ toolCalls: [{ name: 'web__run', arguments: { search_query: [{ q: 'codex' }] } }] }), DONE],
  },
  compaction: {
    catalog: { context_window: 40_000 },
    script: [
      answer({ text: 'Saying hi.', toolCalls: [shellCall('echo hi')], usage: { prompt: 36_000, completion: 50 } }),
      answer({ text: 'Hi was said.' }),
      DONE,
    ],
  },
  'remote compaction': {
    catalog: { context_window: 40_000 },
    config: { provider: { name: 'OpenAI' } },
    script: [
      answer({ text: 'Saying hi.', toolCalls: [shellCall('echo hi')], usage: { prompt: 36_000, completion: 50 } }),
      answer({ text: 'Hi was said.' }),
      DONE,
    ],
  },
  'no model configured': {
    config: { builtIn: true, settings: { model: undefined } },
    env: { CODEX_API_KEY: 'sk-test-client' },
    script: [answer({ toolCalls: [{ name: 'exec', arguments: { input: 'text("hi\\n");' } }] }), DONE],
  },
  'model list': {
    args: (url) => [
      '-c', 'model_provider="own_auth"',
      '-c', `model_providers.own_auth={name="Bridge",base_url="${url}",auth={command="echo",args=["any"]}}`,
      'debug', 'models',
    ],
  },
};
